"""Words that people call secrets by, in the languages that people write settings and logs in."""

PASSWORD_ENDINGS = (
    *("password", "passwords", "passwd", "pwd", "pswd", "passwrd", "passphrase", "passcode", "storepass", "keypass"),
    *("passwort", "passwörter", "kennwort", "kennwörter", "passord", "lösenord", "losenord", "adgangskode", "salasana"),
    *("motdepasse", "contraseña", "contrasena", "contrasenya", "senha", "wachtwoord", "paswoord", "haslo", "hasło"),
    *("пароль", "пароля", "паролем", "jelszó", "jelszo", "şifre", "sifre", "heslo", "geslo", "lozinka", "κωδικός"),
    *(
        "密码",
        "密碼",
        "口令",
        "パスワード",
        "パスフレーズ",
        "暗証番号",
        "비밀번호",
        "암호",
        "รหัสผ่าน",
        "סיסמה",
        "dbpass",
        "userpass",
    ),
)
"""Also when glued to what stands before them: `PGPASSWORD`. No harmless word ends like this."""
SECRET_ENDINGS = (
    *("secret", "secrets", "token", "tokens", "apikey", "apikeys", "accesskey", "secretkey", "privatekey"),
    *("credential", "credentials", "geheimnis", "zugangsdaten", "anmeldedaten", "geheimschlüssel", "zugriffstoken"),
    *(
        "segreto",
        "segreta",
        "segredo",
        "secreto",
        "secreta",
        "секрет",
        "токен",
        "密钥",
        "密鑰",
        "令牌",
        "秘密鍵",
        "トークン",
        "토큰",
        "identifiants",
    ),
    *("apischlüssel", "authtoken", "authkey", "tajne", "wachtwoordzin", "clientsecret", "webhook"),
)
PASSWORD_WORDS = frozenset(
    {"pass", "pw", "psw", "passe", "pwrd", "mdp", "parola", "pin", "cvv", "cvc", "otp", "pincode", "psk", "passw"}
)
"""Only as the last word, or all of it: `smtp_pass`, but not `pass_count`."""
SECRET_WORDS = frozenset(
    {"authorization", "cred", "creds", "bearer", "jwt", "accountkey", "sharedaccesskey", "signingkey", "encryptionkey"}
    | {
        "fernetkey",
        "keyfile",
        "jeton",
        "apitoken",
        "licensekey",
        "sharedkey",
        "connectionpassword",
        "sastoken",
        "cookie",
        "cookies",
    }
)
WEAK_WORDS = frozenset(
    {"session", "sessionid", "auth", "sid", "jsessionid", "phpsessid", "csrf", "xsrf", "nonce"}
    | {
        "signature",
        "code",
        "assertion",
        "hmac",
        "webhooks",
        "csrftoken",
        "schlüssel",
        "userinfo",
        "llave",
        "clave",
        "chave",
        "chiave",
    }
    | {
        "klucz",
        "sleutel",
        "ключ",
        "clé",
        "ticket",
        "salt",
        "seed",
        "mnemonic",
        "apisecret",
        "verifier",
        "sas",
        "sharedsecret",
    }
)
"""As the last word: secret when what stands behind them looks like one."""
KEY_OWNERS = (
    *("api", "access", "private", "secret", "account", "service", "master", "encryption", "signing", "fernet", "ssh"),
    *("hmac", "storage", "subscription", "auth", "app", "application", "license", "licence", "deploy", "integration"),
    *("consumer", "shared", "cipher", "aes", "rsa", "admin", "root", "functions", "function", "ingest", "ingestion"),
    *("instrumentation", "writing", "write", "host", "client", "session", "decryption", "crypto", "wrapping", "clave"),
)
WEAK_OWNERS = frozenset(
    {
        "routing",
        "data",
        "unseal",
        "recovery",
        "device",
        "developer",
        "partner",
        "merchant",
        "user",
        "server",
        "site",
        "project",
        "personal",
        "customer",
        "read",
        "host",
        "app",
        "application",
        "write",
    }
    | {"session", "function", "functions", "client", "admin", "root", "service", "account", "access", "integration"}
)
"""Their keys are just as often names: `routing_key`, `client_key`."""
PHRASES = frozenset(
    {(owner, key) for owner in KEY_OWNERS if owner not in WEAK_OWNERS for key in ("key", "keys")}
    | {("access", "key"), ("account", "key"), ("access", "keys"), ("account", "keys")}
    | {("amz", "signature"), ("goog", "signature"), ("access", "signature"), ("client", "assertion")}
    | {
        ("auth", "header"),
        ("auth", "code"),
        ("account", "json"),
        ("clave", "api"),
        ("chave", "api"),
        ("api", "schlüssel"),
    }
    | {
        ("clé", "api"),
        ("llave", "api"),
        ("klucz", "api"),
        ("chiave", "api"),
        ("sleutel", "api"),
        ("ключ", "api"),
        ("service", "account"),
    }
)
WEAK_PHRASES = frozenset({("user", "info"), ("session", "id"), ("unseal", "key")})
VENDORS = frozenset(
    {
        "datadog",
        "cloudflare",
        "fastly",
        "heroku",
        "twilio",
        "okta",
        "pagerduty",
        "mailgun",
        "mailchimp",
        "asana",
        "airtable",
    }
    | {
        "algolia",
        "snyk",
        "wandb",
        "cohere",
        "mistral",
        "confluent",
        "segment",
        "amplitude",
        "mixpanel",
        "newrelic",
        "opsgenie",
    }
)
"""`cloudflare_global=0123...`: their keys have no mark of their own."""
DIGIT_NAMES = frozenset(
    {
        "ssn",
        "phone",
        "phones",
        "telephone",
        "tel",
        "mobile",
        "cellphone",
        "fax",
        "handy",
        "telefon",
        "telefono",
        "msisdn",
    }
    | {
        "teléfono",
        "téléphone",
        "telefone",
        "telefoon",
        "iban",
        "nino",
        "bsn",
        "cpf",
        "dni",
        "nif",
        "nie",
        "passport",
        "aadhaar",
    }
    | {
        "phonenumber",
        "mobilenumber",
        "telefonnummer",
        "handynummer",
        "sozialversicherungsnummer",
        "steuernummer",
        "whatsapp",
    }
    | {"телефон", "电话", "手机", "手机号", "電話番号", "전화번호", "pesel", "creditcard", "cardnumber", "kreditkarte"}
)
DIGIT_PHRASES = frozenset(
    {
        ("social", "security"),
        ("phone", "number"),
        ("mobile", "number"),
        ("tax", "id"),
        ("national", "id"),
        ("card", "number"),
    }
    | {("credit", "card"), ("account", "number"), ("passport", "number"), ("passport", "no"), ("security", "number")}
    | {
        ("insurance", "number"),
        ("driver", "license"),
        ("drivers", "license"),
        ("phone", "no"),
        ("tax", "number"),
        ("bank", "account"),
    }
)
"""People's numbers: masked when what stands behind them has the digits."""
METERS = frozenset(
    {
        "count",
        "counts",
        "total",
        "max",
        "min",
        "limit",
        "length",
        "size",
        "used",
        "usage",
        "per",
        "remaining",
        "num",
        "avg",
    }
    | {
        "ttl",
        "expiry",
        "expires",
        "expiration",
        "expire",
        "duration",
        "timeout",
        "age",
        "seconds",
        "minutes",
        "days",
        "quota",
    }
    | {
        "prompt",
        "completion",
        "input",
        "output",
        "cached",
        "budget",
        "rate",
        "window",
        "at",
        "ms",
        "sec",
        "lifetime",
        "validity",
        "interval",
        "retries",
        "iterations",
    }
)
"""What stands behind them is a number or a date."""
DESCRIBING = frozenset(
    (
        "type types kind policy policies name names ids path paths file files filename dir directory url uri urls "
        "endpoint host "
        "server service provider providers backend backends manager store stores format field fields column "
        "columns status "
        "state mode version enabled disabled required optional rotation rotated reset method methods strategy "
        "algorithm alg "
        "scheme prefix suffix arn ref refs reference env var variable class handler parser generator validator "
        "checker helper "
        "factory callback hook hooks cache table tables issuer audience scope scopes index position pos iterator "
        "stream "
        "bucket filter filters validation verification hint help label title config settings options kwargs args "
        "management "
        "engine timezone zone created updated changed modified source target region location owner user username "
        "role roles "
        "group mechanism protocol auth plugin extension module package driver adapter resolver loader reader "
        "writer namespace "
        "label labels tag tags template schema mount mounts volume volumes sync operator controller rules rule "
        "events event "
        "logger level logging metrics metric test tests mock fixture example description comment note docs header "
        "headers "
        "encoder encoders decoder cipher validators hasher hashers samesite secure httponly domain separator "
        "delimiter splitter counter limiter bucketing bytes chars exchange storage revision registry vault "
    ).split()
)
"""Behind a secret's name: something about it. `password_policy`, `token_type`, `secrets_backend`."""
HOLDING = frozenset("access auth api refresh bearer session service personal user csrf secret valid invalid".split())
"""`access_tokens` are secrets, `tokens` are words that somebody counts."""
ELSEWHERE = frozenset({"pull", "ref", "from"})
"""`imagePullSecrets`, `secretKeyRef.PASSWORD`: the name of where it is."""
FAULTS = frozenset({"errors", "exceptions", "exc", "exception"})
"""`psycopg.errors.InvalidPassword` is a kind of error."""
HARMLESS_ENDS = frozenset(
    "error errors exception warning failure failed found missing invalid expired required needed mismatch leak scanner "
    "scanning detection revoked denied py scala java sql go js ts rb kt yml yaml algorithm algorithms alg type "
    "types class "
    "enabled version".split()
)
CONNECTIONS = frozenset((one, two) for one in ("connection", "conn") for two in ("string", "str", "uri", "url"))
PARSERS_WORDS = frozenset(
    {"unexpected token", "invalid token", "next token", "current token", "syntax token", "end token"}
)
"""What parsers say about other people's text."""
