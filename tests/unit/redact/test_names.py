"""Which names promise a secret."""

import pytest

from datatracing.redact import Redactor


def shown(name, value="value"):
    return Redactor().attributes({name: value})[name]


@pytest.mark.parametrize(
    "name",
    [
        *(
            "password",
            "Password",
            "PASSWD",
            "db_password",
            "dbPassword",
            "passwordHash",
            "password2",
            "PGPASSWORD",
            "pwd",
        ),
        *("secret", "client_secret", "clientSecret", "aws_secret_access_key", "token", "access_token", "authToken"),
        *(
            "refresh-token",
            "api_key",
            "apiKey",
            "APIKey",
            "X-API-Key",
            "apikey",
            "authorization",
            "Proxy-Authorization",
        ),
        *(
            "private_key",
            "privateKey",
            "credentials",
            "google_credential",
            "Set-Cookie",
            "cookies",
            "Passwort",
            "contraseña",
        ),
        *("jwt", "webhook", "passphrase", "smtp_pass", "keyfile_dict", "fernet_key", "AccountKey", "пароль"),
        *("service_account_json", "Ocp-Apim-Subscription-Key", "otp", "prod.warehouse.password", "sig"),
    ],
)
def test_a_name_that_promises_a_secret_hides_what_it_holds(name):
    assert shown(name) == "***"


@pytest.mark.parametrize(
    "name",
    [
        *("tokenizer", "tokenize", "keyboard", "key", "keys", "monkey", "primary_key", "partition_key", "secretary"),
        *("author", "authority", "auth_backend", "pass_count", "compass", "bypass", "passenger", "passed", "conn_id"),
        *("aws_conn_id", "connection_id", "connections", "assignee", "signal", "service_account_name", "obsession"),
        *("map_index", "owner", "pool", "operator", "cookiecutter", "dsnap", "signature"),
    ],
)
def test_a_name_that_only_looks_like_one_hides_nothing(name):
    assert shown(name) == "value"


@pytest.mark.parametrize("name", ["max_tokens", "token_count", "prompt_tokens", "password_length", "secret_timeout"])
def test_a_number_about_secrets_is_shown_and_a_text_under_that_name_is_not(name):
    assert shown(name, 4096) == 4096
    assert shown(name, "hunter2") == "***"
    assert shown(name, "eight") == "eight"


@pytest.mark.parametrize("name", ["session", "sessionId", "webhook_url", "proxy_auth", "signature", "code"])
def test_a_name_that_mostly_holds_something_else_hides_what_looks_like_a_secret(name):
    assert shown(name, "value") == "value"
    assert shown(name, "prod/warehouse") == "prod/warehouse"
    assert shown(name, "0192f0c4-1c1b-7a4e-9d0e-3d0d2f3b8c11") == "0192f0c4-1c1b-7a4e-9d0e-3d0d2f3b8c11"
    assert shown(name, "8Kd7sPq2Xz9LmN4v") == "***"


@pytest.mark.parametrize("name", ["phone", "mobile_number", "ssn", "iban", "Telefonnummer"])
def test_a_name_of_somebodys_number_hides_what_has_its_digits(name):
    assert shown(name, "+49 170 1234567") == "***"
    assert shown(name, 1701234567) == "***"
    assert shown(name, "string") == "string"
    assert shown(name, 3) == 3


def test_a_number_under_a_secret_name_is_hidden_and_what_is_not_there_is_shown():
    given = {"password": 1234, "token": None, "secret": "", "cookie": False, "credentials": {}, "api_key": []}
    assert Redactor().attributes(given) == {**given, "password": "***"}


def test_everything_inside_a_secret_name_is_hidden_whatever_its_shape():
    given = {"credentials": {"user": "ann", "parts": ["one", b"two"]}, "api_tokens": ["a", "b"], "secret": b"\xff\x00"}
    assert Redactor().attributes(given) == {"credentials": "***", "api_tokens": "***", "secret": "***"}


@pytest.mark.parametrize("name", ["connection_string", "dsn", "sql_alchemy_conn", "AIRFLOW_CONN_SHOP", "connUri"])
def test_a_connection_keeps_host_and_database_when_its_password_was_found(name):
    assert shown(name, "postgresql://shop:hunter2@db:5432/orders") == "postgresql://shop:***@db:5432/orders"
    assert shown(name, "Server=db;Database=shop;Uid=sa;Pwd=x;") == "Server=db;Database=shop;Uid=sa;Pwd=***;"
    assert shown(name, "sqlite:////var/lib/shop.db") == "sqlite:////var/lib/shop.db"


@pytest.mark.parametrize("value", ["AQ8FJ3kd", "scott/tiger", "https://hooks.example.com/x?code=12", ["a"], b"abc"])
def test_a_connection_in_which_no_password_was_recognised_is_hidden_whole(value):
    assert shown("connection_string", value) == "***"


def test_a_connection_in_parts_is_judged_by_the_names_of_its_parts():
    given = {"conn": {"host": "db", "login": "ann", "password": "x", "port": 5432}}
    assert Redactor().attributes(given) == {"conn": {"host": "db", "login": "ann", "password": "***", "port": 5432}}


def test_a_name_of_the_users_own_is_matched_by_word_pieces_too():
    redactor = Redactor(names=["badge number", "salary"])
    given = {"badgeNumber": "1", "BADGE_NUMBER_OLD": "2", "number": "3", "base_salary": 4, "salaryman": "5"}
    assert redactor.attributes(given) == {
        "badgeNumber": "***",
        "BADGE_NUMBER_OLD": "***",
        "number": "3",
        "base_salary": "***",
        "salaryman": "5",
    }
    assert redactor.text("salary=100 badge number: 7") == "salary=*** badge number: ***"


def test_secrets_named_beside_them_are_hidden():
    given = {
        "env": [{"name": "DB_PASSWORD", "value": "x"}, {"name": "DB_HOST", "value": "db"}],
        "headers": [("Authorization", "Bearer x"), ("Accept", "text/html")],
        "argv": ["tool", "--password", "x", "--verbose", "--api-key", "--dry-run"],
    }
    assert Redactor().attributes(given) == {
        "env": [{"name": "DB_PASSWORD", "value": "***"}, {"name": "DB_HOST", "value": "db"}],
        "headers": [["Authorization", "***"], ["Accept", "text/html"]],
        "argv": ["tool", "--password", "***", "--verbose", "--api-key", "--dry-run"],
    }
