"""Secrets that are recognised by the words in front of them, where no `=` or `:` stands between."""

from datatracing.redact.patterns import Pattern
from datatracing.redact.shapes import Shape, is_basic, is_bearer
from datatracing.redact.worth import PLACEHOLDER, is_mixed, is_random, is_word

_CHOSEN = (
    r"(?:passwords?|passwd|passwort|kennwort|passphrase|passcode|pwd|contraseña|contrasena|senha|mot de passe"
    r"|wachtwoord"
    r"|has[lł]o|parola|пароль|lösenord|passord|salasana|heslo)"
)
_DRAWN = (
    r"(?:(?:api|access|secret|auth|bearer|refresh|security|private|shared|account)[ _-]?(?:key|token)|token|secret"
    r"|pin|credentials?|key)"
)
_IS = (
    r"(?:(?:was |is |has been )?(?:set|reset|changed|updated|rotated) to|is now|is still|wurde auf|is|was|are|ist"
    r"|lautet|war|est|es"
    r"|é|è|jest|to|as|became|of|von|это)"
)
_QUOTED = r"""(?P<quote>["'`])(?P<secret>(?:(?P=quote){2}|(?!(?P=quote))[^\r\n])+)(?P=quote)"""
_BARE = r"""(?P<secret>[^\s"'`,;<>(){}\[\]]{4,200})"""
_REST = r"(?:[^\n|;&]{0,300}?[ \t])?"
_GIVEN = r"""["']?(?P<secret>(?![0-9]{2,5}(?:\s|:|$))[^\s"'|;&-][^\s"'|;&]{2,})"""
_GLUED = r"(?:mysql(?:dump|admin|import|check|show|binlog)?|mariadb(?:-\w{1,12})?|sshpass|7z[ar]?)"
_SPACED = (
    r"(?:sshpass|mongo(?:sh|dump|restore|import|export)?|beeline|cqlsh|rabbitmqadmin"
    r"|(?:docker|podman|nerdctl|helm registry|oc|az)[ \t](?:[^\n|;&]{0,100}?[ \t])?login)"
)


def _said(secret: str) -> bool:
    """`password is hunter2`, but not `password is required`."""
    return not is_word(secret) and not PLACEHOLDER.match(secret) and is_mixed(secret) and "://" not in secret


def _given(secret: str) -> bool:
    return not is_word(secret) and not PLACEHOLDER.match(secret) and not secret.startswith("-")


def _is_drawn(secret: str) -> bool:
    """Capitals, small letters and digits at random: no hash, no name, no word."""
    return secret.lower() != secret != secret.upper() and is_random(secret)


def _asian(secret: str) -> bool:
    return secret.isascii() and not is_word(secret)


PHRASES = (
    Shape("bearer", ("bearer",), Pattern(r"(?i)\bbearer[ \t]+(?P<secret>[\w.~+/=-]{8,})"), is_bearer),
    Shape("basic", ("basic",), Pattern(r"(?i)\bbasic[ \t]+(?P<secret>[A-Za-z0-9+/=]{6,})"), is_basic),
    Shape(
        "bearer",
        ("ssws", "apikey", "token"),
        Pattern(r"(?i)\b(?:ssws|apikey|(?<=: )token)[ \t]+(?P<secret>[\w.~+/=-]{20,})"),
    ),
    Shape(
        "quoted",
        ("passw", "pwd", "identified", "secret", "access_key", "private_key", "encryption", "kennwort"),
        Pattern(
            rf"(?i)(?:{_CHOSEN}|identified\s{{1,9}}by(?:\s{{1,9}}values)?|secret_access_key|secret_key"
            rf"|private_key|account_key"
            rf"|client_secret|secret_access_key_id|sas_token|encryption\s{{1,9}}key|aws_secret_key"
            rf"|(?<=, )secret)\s{{1,9}}{_QUOTED}"
        ),
        _given,
    ),
    Shape(
        "quoted",
        ("identified",),
        Pattern(rf"(?i)\bidentified\s{{1,9}}by\s{{1,9}}(?!values\b|password\b){_BARE}"),
        _given,
    ),
    Shape(
        "said",
        ("pass", "pwd", "wort", "contrase", "senha", "wachtw", "has", "parola", "парол", "lösen", "salas", "heslo"),
        Pattern(
            rf"(?i)(?<![\w-]){_CHOSEN}(?:[ \t]+(?:for|of|für|de|para|del|per|dla|для"
            rf"|voor)[ \t]+[^\s:=]{{1,60}}(?:[ \t]+[^\s:=]{{1,40}})?)?"
            rf"[ \t]+{_IS}[ \t]*:?[ \t]+[\"'`]?{_BARE}"
        ),
        _said,
    ),
    Shape(
        "said",
        ("pass", "pwd", "wort", "contrase", "senha", "wachtw", "has", "parola", "парол"),
        Pattern(
            rf"(?i)(?<![\w-]){_CHOSEN}[ \t]+(?:for|of|do|da|de|del|du|della|von|der|des|für|para|pour|per|dla"
            rf"|для|voor)"
            rf"(?:[ \t]+[^\s=]{{1,80}}){{1,3}}?[ \t]*[:=][ \t]*[\"'`]?{_BARE}"
        ),
        _said,
    ),
    Shape(
        "said",
        ("key", "token", "secret", "pin", "credential"),
        Pattern(
            rf"(?i)(?<![\w-]){_DRAWN}(?:[ \t]+(?:for|of|für|de|para)[ \t]+[^\s:=]{{1,60}})?"
            rf"[ \t]+(?:is|was|ist|lautet|est|es|is now|is still|set to|changed to|rotated to"
            rf"|is set to)[ \t]*:?[ \t]+[\"'`]?{_BARE}"
        ),
        lambda secret: _said(secret) and any(map(str.isdigit, secret)) and "/" not in secret[:1],
    ),
    Shape(
        "said",
        ("pass", "wort", "pwd"),
        Pattern(
            rf"(?i)(?<![\w-]){_CHOSEN}[ \t]+(?!{_IS}\b){_BARE}(?=[ \t]*(?:$|[\r\n,;]|@|(?:for|to|when|as|and|on"
            rf"|in|at|instead)\b))"
        ),
        lambda secret: _said(secret) and any(map(str.isdigit, secret)) and any(map(str.isalpha, secret)),
    ),
    Shape(
        "pair",
        (
            "mot de",
            "clave",
            "chave",
            "palavra",
            "palabra",
            "parola",
            "chiave",
            "clé",
            "clef",
            "jeton",
            "code",
            "ключ",
            "код",
            "kod",
            "klucz",
            "schl",
        ),
        Pattern(
            r"(?i)(?<!\w)(?:mot de passe|palabra de paso|clave de acceso|clave secreta|chave de acesso"
            r"|chave secreta|palavra[- ]passe"
            r"|parola d['’]ordine|chiave segreta|chiave d['’]accesso|cl(?:é|ef) (?:secrète|d['’]api|privée"
            r"|d['’]accès)|jeton d['’]accès"
            r"|code (?:secret|d['’]accès)|geheimer schlüssel|privater schlüssel|kod dostępu|klucz (?:tajny"
            r"|prywatny|dostępu)"
            r"|ключ доступа|секретный ключ|код доступа|zugangs-?code|zugriffsschlüssel)"
            rf"[^\S\n]{{0,9}}[\"']?[^\S\n]{{0,9}}(?:[:=：]|est|es|é|è|ist|jest)[^\S\n]{{0,9}}[\"'«]?{_BARE}"
        ),
        _given,
    ),
    Shape(
        "pair",
        ("密", "口令", "令牌", "パス", "暗証", "秘密", "トーク", "비밀", "암호", "토큰"),
        Pattern(
            r"(?:密码|密碼|口令|密钥|密鑰|令牌|パスワード|パスフレーズ|暗証番号|秘密鍵|トークン|비밀번호|암호|토큰)"
            r"""[ \t]{0,3}(?:是|为|為|は|는|은|:|：|=|＝)?[ \t]{0,3}["'「『“]?(?P<secret>[!-~]{4,200})"""
        ),
        _asian,
    ),
    Shape(
        "userinfo",
        ("-u", "--user"),
        Pattern(r"""(?<!\S)(?:-u|--(?:proxy-)?user)[ =]?["']?[^\s:"']+:(?P<secret>[^\s"']+)"""),
        _given,
    ),
    Shape("flag", (" -p",), Pattern(rf"(?i)(?<![\w.-]){_GLUED}[ \t]{_REST}(?-i:-p){_GIVEN}"), _given),
    Shape("flag", (" -p",), Pattern(rf"(?i)(?<![\w.-]){_SPACED}[ \t]{_REST}(?-i:-p)[ \t]{{1,4}}{_GIVEN}"), _given),
    Shape(
        "flag",
        (" -p", " -a", " -w"),
        Pattern(
            rf"(?<![\w.-])(?:(?:sqlcmd|bcp|isql|unzip|zip)[ \t]{_REST}-P|redis-cli[ \t]{_REST}-a|(?:ldap\w{{3,8}}"
            rf"|vsql)[ \t]{_REST}-w)"
            rf"[ \t]{{1,4}}{_GIVEN}"
        ),
        _given,
    ),
    Shape(
        "flag",
        ("sqlplus", "userid=", "sqlldr", "expdp", "impdp", "rman", "exp ", "imp "),
        Pattern(
            r"(?i)(?:(?:sqlplus|expdp|impdp|exp|imp|rman target)[ \t](?:-\w[ \t])?"
            r"|userid=)[\"']?[\w$#]{1,64}/(?P<secret>[^\s@/\"']{3,})(?=@|\s|[\"']|$)"
        ),
    ),
    Shape("said", ("unseal key",), Pattern(r"(?i)unseal key(?: [0-9])?: (?P<secret>\S{10,})")),
    Shape(
        "said",
        ("secret ", "token ", "key "),
        Pattern(r"(?i)(?<![\w-])(?:secret|token|key)[ \t]+(?P<secret>[A-Za-z0-9+/_=-]{20,})(?![\w.])"),
        _is_drawn,
    ),
    Shape(
        "pair",
        (":5432:", ":5439:", ":6432:", ":5433:", ":*:"),
        Pattern(r"(?<!\S)[\w.*-]+:(?:5432|5433|5439|6432|\*):[\w*-]+:[\w.*-]+:(?P<secret>\S+)"),
        _given,
    ),
    Shape("flag", ("%",), Pattern(r"""(?<!\S)-U[ =]?["']?[^\s%"']{1,64}%(?P<secret>[^\s"']{3,})"""), _given),
    Shape(
        "flag",
        ("echo ", "printf "),
        Pattern(
            r"""(?:echo|printf)[ \t]+(?:-\w[ \t]+)?["']?(?P<secret>[^\s"'|$][^\s"'|]{3,100})["']?[ \t]*\|[ \t]*"""
            r"(?:sudo[ \t]+-S|passwd|chpasswd|(?:docker|podman|helm registry)[ \t]+login|gpg|kinit)"
        ),
    ),
    Shape("flag", ("pass:",), Pattern(r"(?i)-pass(?:in|out)?[ \t]+pass:(?P<secret>[^\s\"']+)")),
    Shape(
        "said",
        ("login ", "machine "),
        Pattern(r"(?i)\b(?:login|user)[ \t]+\S{1,100}[ \t]+(?:password|pass)[ \t]+(?P<secret>\S{3,})"),
        _given,
    ),
    Shape(
        "digits",
        ("ssn", "social security", "phone", "tel", "mobile", "mobil", "handy", "iban", "fax", "cell", "whatsapp"),
        Pattern(
            r"(?i)(?<![\w-])(?:ssn|social security(?: number| no\.?)?|(?:tele|cell)?phone(?: number| no\.?)?"
            r"|tel(?:efon|\.)?|mobile?(?: number)?"
            r"|handy|iban|fax|whatsapp)[ \t.#]{1,3}(?:is |was |number |ist )?(?P<secret>(?:\+|\("
            r"|00)?[0-9A-Z]{1,4}[0-9A-Z ()./-]{5,34}[0-9])(?!\w)"
        ),
        lambda secret: sum(map(str.isdigit, secret)) >= 7,
    ),
)
_LITERAL = r"""[bruBRU]?(?P<quote>["'])(?P<secret>[^"'\n]{1,200})(?P=quote)"""
CALLS = (
    Shape(
        "call",
        ("login(", "auth", "connect(", "credential"),
        Pattern(
            rf"""(?i)(?:\blogin|auth\w{{0,14}}|\bconnect|credentials?"""
            rf"""|auth["']?[ \t]{{0,3}}[=:][ \t]{{0,3}})\([ \t]{{0,4}}"""
            rf"""[bruBRU]?(?P<open>["'])[^"'\n]{{1,100}}(?P=open)[ \t]{{0,4}},[ \t]{{0,4}}{_LITERAL}"""
        ),
        is_mixed,
    ),
    Shape(
        "call",
        ("connect(", "login("),
        Pattern(rf"(?i)\b(?:connect|login)\([^()\n]{{1,200}}?,[ \t]{{0,4}}{_LITERAL}[ \t]{{0,4}}\)"),
        is_mixed,
    ),
    Shape(
        "call",
        ("password(", "secretstr(", "decrypt(", "secret("),
        Pattern(rf"(?i)(?:\bpassword|secretstr|\bdecrypt|\bsecret)\([ \t]{{0,4}}{_LITERAL}[ \t]{{0,4}}\)"),
        is_mixed,
    ),
)
"""A user and a password as two texts, or a password alone, as libraries take them."""
