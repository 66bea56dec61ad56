"""Law 7: what has the shape of a secret is masked, wherever it stands. One template for each shape."""

import pytest

from datatracing.redact import Redactor
from tests.unit.redact.made import lines, planted, survives

TOKENS = {
    "aws key id": "AKIA{b32:16}",
    "aws temporary id": "ASIA{b32:16}",
    "aws session token": "IQoJ{b64:120}",
    "google api key": "AIza{url:35}",
    "google client secret": "GOCSPX-{url:28}",
    "google refresh token": "1//0{url:60}",
    "azure client secret": "{an:3}8Q~{url:34}",
    "azure storage key": "{b64:86}==",
    "digitalocean": "dop_v1_{hex:64}",
    "heroku": "HRKU-{url:60}",
    "github": "ghp_{an:36}",
    "github fine-grained": "github_pat_{an:22}_{an:59}",
    "gitlab": "glpat-{url:20}",
    "gitlab runner": "glrt-{url:20}",
    "bitbucket app password": "ATBB{an:32}",
    "atlassian": "ATATT3xFfGF0{url:100}={HEX:8}",
    "npm": "npm_{an:36}",
    "pypi": "pypi-AgEIcHlwaS5vcmc{url:100}",
    "docker": "dckr_pat_{url:27}",
    "slack bot": "xoxb-{digits:12}-{digits:12}-{an:24}",
    "slack app": "xapp-1-{AN:11}-{digits:12}-{hex:64}",
    "discord bot": "M{an:23}.{an:6}.{url:38}",
    "telegram bot": "{n:10}:AA{url:33}",
    "stripe key": "sk_live_{an:24}",
    "stripe restricted": "rk_test_{an:24}",
    "stripe webhook": "whsec_{an:32}",
    "twilio key": "SK{hex:32}",
    "twilio account": "AC{hex:32}",
    "sendgrid": "SG.{url:22}.{url:43}",
    "mailgun": "key-{hex:32}",
    "mailgun domain key": "{hex:32}-{hex:8}-{hex:8}",
    "mailchimp": "{hex:32}-us12",
    "brevo": "xkeysib-{hex:64}-{an:16}",
    "shopify": "shpat_{hex:32}",
    "square": "sq0atp-{url:22}",
    "new relic": "NRAK-{AN:27}",
    "new relic ingest": "{hex:36}NRAL",
    "grafana": "glsa_{an:32}_{hex:8}",
    "grafana cloud": "glc_{b64:60}==",
    "sentry": "sntrys_{b64:80}",
    "datadog client": "pub{hex:32}",
    "dynatrace": "dt0c01.{AN:24}.{AN:64}",
    "postman": "PMAK-{hex:24}-{hex:34}",
    "pulumi": "pul-{hex:40}",
    "terraform cloud": "{an:14}.atlasv1.{url:67}",
    "vault": "hvs.{url:90}",
    "vault of old": "s.{an:24}",
    "doppler": "dp.pt.{an:43}",
    "linear": "lin_api_{an:40}",
    "notion": "ntn_{an:46}",
    "notion of old": "secret_{an:43}",
    "figma": "figd_{url:40}",
    "airtable": "pat{an:14}.{hex:64}",
    "asana": "1/{n:16}:{hex:32}",
    "hubspot": "pat-eu1-{uuid}",
    "databricks": "dapi{hex:32}",
    "dbt cloud": "dbtc_{url:40}",
    "planetscale": "pscale_tkn_{url:43}",
    "supabase": "sbp_{hex:40}",
    "prefect": "pnu_{an:36}",
    "openai": "sk-proj-{url:48}",
    "anthropic": "sk-ant-api03-{url:93}AA",
    "hugging face": "hf_{an:34}",
    "groq": "gsk_{an:52}",
    "replicate": "r8_{an:37}",
    "langsmith": "lsv2_pt_{hex:32}_{hex:10}",
    "sonarqube": "squ_{hex:40}",
    "artifactory": "AKCp{an:69}",
    "age": "AGE-SECRET-KEY-1{AN:58}",
    "tailscale": "tskey-auth-{an:12}-{an:32}",
    "openshift": "sha256~{url:43}",
    "json web token": "eyJhbGciOiJIUzI1NiJ9.eyJ{url:60}.{url:43}",
    "bcrypt": "$2b$12${an:53}",
    "iban": "{iban}",
    "iban in groups": "{ibans}",
    "card": "{card}",
    "e-mail": "{low:10}@mail.example.com",
}
"""What is a secret by itself, in a sentence, in JSON, and as an attribute under a name that says nothing."""

CONTEXTS = (
    "used «{}» for the call",
    '{{"value": "«{}»", "rows": 3}}',
    "https://api.test/v1/{{word}}?k=«{}»&page=2",
    "INFO loading, x=«{}», done",
)

SAID = {
    "pair": "connecting with password=«{pw}» timeout=3",
    "colon": "password: «{pw}»",
    "plain word": "db_password=«{phrase}»",
    "json": '{"user": "ann", "db_password": "«{pw}»", "port": 5432}',
    "json in json": '"{\\"client_secret\\": \\"«{an:40}»\\", \\"a\\": 1}"',
    "repr": "{'api_key': '«{an:32}»', 'retries': 3}",
    "tuple": "[('user', 'ann'), ('password', '«{pw}»')]",
    "bytes tuple": "(b'x-api-key', b'«{an:32}»')",
    "name and value": "{'name': 'DB_PASSWORD', 'value': '«{pw}»'}",
    "value and name": '{"value": "«{pw}»", "name": "DB_PASSWORD"}',
    "yaml name and value": "- name: API_TOKEN\n  value: «{an:30}»",
    "cloudformation": "ParameterKey=DbPassword,ParameterValue=«{pw}»",
    "xml element": "<config><password>«{pw}»</password></config>",
    "xml attribute": '<add key="Password" value="«{pw}»" />',
    "hadoop": "<property><name>fs.s3a.secret.key</name><value>«{b64:40}»</value></property>",
    "xml connection": '<datasource user="sa" password="«{pw}»"/>',
    "next line": "password:\n  «{pw}»",
    "next line in json": '{"token":\n    "«{an:32}»"}',
    "block": "private_key: |\n  «{b64:60}»",
    "export": "export SNOWFLAKE_PASSWORD=«{pw}»",
    "environment": "os.environ['OKTA_API_TOKEN'] = '«{url:42}»'",
    "flag": "tool --password «{pw}» --verbose",
    "flag in a list": "['tool', '--api-key', '«{an:32}»']",
    "mysql": "mysql -h db -u root -p«{pw}» shop",
    "sshpass": "sshpass -p «{pw}» ssh etl@host",
    "sshpass glued": "sshpass -p'«{pw}»' ssh etl@host",
    "docker login": "docker login -u ann -p «{pw}» registry.example.com",
    "redis": "redis-cli -h cache -a «{pw}» ping",
    "sqlcmd": "sqlcmd -S db -U sa -P «{pw}» -Q 'select 1'",
    "sqlplus": "sqlplus scott/«{pw}»@orcl",
    "curl": "curl -u ann:«{pw}» https://api.example.com",
    "openssl": "openssl enc -aes-256-cbc -pass pass:«{pw}» -in a",
    "said": "the password is «{pw}»",
    "said with a place": "password for ann is «{pw}»",
    "said as changed": "password was changed to «{pw}»",
    "netrc": "machine db.example.com login ann password «{pw}»",
    "url": "postgresql://shop:«{pw}»@db:5432/shop",
    "url query": "https://api.example.com/v1?access_token=«{an:40}»&page=2",
    "sentry dsn": "https://«{hex:32}»@o12345.ingest.sentry.io/42",
    "shared access signature": "https://acct.blob.core.windows.net/c?sv=2024&sig=«{b64:43}»%3D&se=1",
    "odbc": "Driver={ODBC Driver 18};Server=db;Uid=sa;Pwd=«{pw}»;Encrypt=yes",
    "jdbc": "jdbc:sqlserver://db:1433;user=sa;password=«{pw}»;encrypt=true",
    "azure connection": "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=«{b64:86}»==;EndpointSuffix=core",
    "service bus": "Endpoint=sb://x/;SharedAccessKeyName=k;SharedAccessKey=«{b64:43}»=",
    "sql user": "CREATE USER etl IDENTIFIED BY '«{pw}»'",
    "sql user without quotes": "ALTER USER etl IDENTIFIED BY «{pw}»",
    "sql role": "ALTER ROLE etl WITH ENCRYPTED PASSWORD '«{pw}»'",
    "sql secret": "CREATE SECRET s (TYPE s3, KEY_ID 'k', SECRET '«{b64:40}»')",
    "redshift": "COPY t FROM 's3://b' CREDENTIALS 'aws_access_key_id=x;aws_secret_access_key=«{b64:40}»'",
    "aws secret behind its id": "aws configure: AKIA{b32:16} «{b64:40}»",
    "aws secret in csv": "Access key ID,Secret access key\nAKIA{b32:16},«{b64:40}»",
    "aws signature": "AWS4-HMAC-SHA256 Credential=x, SignedHeaders=host, Signature=«{hex:64}»",
    "spark account key": "fs.azure.account.key.acct.dfs.core.windows.net=«{b64:86}»==",
    "bearer": "Authorization: Bearer «{url:40}»",
    "basic": "proxy-authorization: Basic «{b64:32}»",
    "token header": "Authorization: Token «{hex:40}»",
    "okta header": "Authorization: SSWS «{url:42}»",
    "cookie": "Cookie: theme=dark; sessionid=«{low:32}»",
    "set cookie": "Set-Cookie: JSESSIONID=«{HEX:32}»; Path=/",
    "session cookie": "GET /x sessionid=«{low:32}» 200",
    "slack webhook": "https://hooks.slack.com/services/«T{AN:8}/B{AN:8}/{an:24}»",
    "slack webhook in urllib3": "HTTPSConnectionPool(host='hooks.slack.com', port=443): Max retries exceeded with url: "
    "/services/«T{AN:8}/B{AN:8}/{an:24}» (Caused by",
    "discord webhook": "https://discord.com/api/webhooks/{n:18}/«{url:68}»",
    "teams webhook": "https://x.webhook.office.com/webhookb2/«{uuid}@{uuid}/IncomingWebhook/{hex:32}/{uuid}»",
    "telegram url": "https://api.telegram.org/bot«{n:10}:AA{url:33}»/sendMessage",
    "pagerduty": "https://events.pagerduty.com/integration/«{hex:32}»/enqueue",
    "vendor by name": "DD_API_KEY=«{hex:32}»",
    "datadog app key": "DD_APP_KEY: «{hex:40}»",
    "cloudflare": "cloudflare_global = «{hex:37}»",
    "fastly": "FASTLY_API_TOKEN=«{url:32}»",
    "auth0": "AUTH0_CLIENT_SECRET=«{url:64}»",
    "heroku by name": "HEROKU_API_KEY=«{uuid}»",
    "short name": "pw='«{pw}»'",
    "glued name": "PGPASSWORD=«{pw}» psql -h db",
    "comparison": "if password == '«{pw}»': pass",
    "requests": "requests.get(url, auth=('ann', '«{pw}»'))",
    "smtp": "server.login('ann', '«{pw}»')",
    "boto": "boto3.client('s3', aws_secret_access_key='«{b64:40}»')",
    "fernet": "AIRFLOW__CORE__FERNET_KEY=«{url:43}»=",
    "npmrc": "//npm.acme.example/:_authToken=«{uuid}»",
    "german": "Passwort: «{pw}»",
    "german said": "das Passwort lautet «{pw}»",
    "french": "mot de passe : «{pw}»",
    "french key": "clé API: «{an:32}»",
    "spanish": "contraseña=«{pw}»",
    "portuguese": "senha: «{pw}»",
    "italian": "parola d'ordine: «{pw}»",
    "dutch": "wachtwoord: «{pw}»",
    "polish": "hasło: «{pw}»",
    "russian": "пароль: «{pw}»",
    "chinese": "数据库密码：«{pw}»",
    "japanese": "パスワードは「«{pw}»」です",
    "korean": "비밀번호: «{pw}»",
    "swedish": "lösenord=«{pw}»",
    "turkish": "şifre: «{pw}»",
    "ssn": "ssn: «{ssn}»",
    "ssn without a sign": "social security number «{ssn}»",
    "phone": "phone: «{phone}»",
    "phone in json": '{"mobile_number": "«{phone}»"}',
    "iban under its name": "IBAN: «GB00 {AN:4} {n:4} {n:4} {n:4} {n:2}»",
    "pin": "pin: «{n:4}»",
    "pem": "-----BEGIN RSA PRIVATE KEY-----\n«{b64:64}»\n-----END RSA PRIVATE KEY-----",
    "pgp": "-----BEGIN PGP PRIVATE KEY BLOCK-----\n«{b64:64}»\n-----END PGP PRIVATE KEY BLOCK-----",
    "service account": '{"type": "service_account", "private_key": "-----BEGIN PRIVATE KEY-----\\n«{b64:64}»\\n"}',
}

CASES = {
    **{
        f"{name}, {at}": context.format(token).replace("{{", "{")
        for name, token in TOKENS.items()
        for at, context in enumerate(CONTEXTS)
    },
    **SAID,
}
SEEDS = range(4)


@pytest.mark.parametrize("shape", [*TOKENS, *SAID])
def test_law_7_a_secret_of_this_shape_is_masked(shape):
    templates = [SAID[shape]] if shape in SAID else [CASES[f"{shape}, {at}"] for at in range(len(CONTEXTS))]
    redactor = Redactor()
    for text, secret in (planted(template, 0) for template in templates):
        assert not survives(secret, redactor.text(text)), text


def test_law_7_of_secrets_of_common_shapes_97_percent_are_masked():
    redactor = Redactor()
    drawn = [planted(template, seed) for template in CASES.values() for seed in SEEDS]
    shown = [text for text, secret in drawn if survives(secret, redactor.text(text))]
    assert len(TOKENS) + len(SAID) >= 64
    assert len(shown) <= 0.03 * len(drawn), shown[:20]


def test_law_7_of_secrets_in_a_data_engineers_everyday_97_percent_are_masked():
    """Logs, commands, settings and code, of many tools: 500 templates and more."""
    redactor, templates = Redactor(), lines("everyday.txt")
    drawn = [planted(template, seed) for template in templates for seed in SEEDS]
    shown = [text for text, secret in drawn if survives(secret, redactor.text(text))]
    assert len(templates) > 500
    assert len(shown) <= 0.03 * len(drawn), shown[:20]


def test_masking_what_is_masked_changes_nothing():
    redactor = Redactor()
    once = [redactor.text(planted(template, 7)[0]) for template in (*CASES.values(), *lines("everyday.txt"))]
    assert [redactor.text(text) for text in once] == once
