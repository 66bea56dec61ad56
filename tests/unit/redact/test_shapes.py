"""Secrets that are known by their shape, and what only looks like one."""

import base64

import pytest

from datatracing.redact import Redactor

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgresql+psycopg2://a:s3cr3t@db.example.com:5432/x", "postgresql+psycopg2://a:***@db.example.com:5432/x"),
        ("redis://:hunter2@cache:6379/0", "redis://:***@cache:6379/0"),
        ("postgresql://u:p@ss/w0rd@db:5432/shop", "postgresql://u:***@db:5432/shop"),
        ("mongodb://u:p@h1:27017,h2:27017/x?authSource=admin", "mongodb://u:***@h1:27017,h2:27017/x?authSource=admin"),
        ("https://token:abc@github.com/x.git", "https://token:***@github.com/x.git"),
        ("https://bob@corp.example:pw@host/x", "https://***:***@host/x"),
        ("snowflake://bob%40corp.example:pw@account/db", "snowflake://***:***@account/db"),
        ("https://0123456789abcdef0123456789abcdef@o0.ingest.example/1", "https://***@o0.ingest.example/1"),
        ("jdbc:oracle:thin:scott/tiger@//db:1521/svc", "jdbc:oracle:thin:scott/***@//db:1521/svc"),
        ("first ftp://a:b@c then ftp://d:e@f", "first ftp://a:***@c then ftp://d:***@f"),
        ("postgresql://u@db/x?password=abc&sslmode=require", "postgresql://u@db/x?password=***&sslmode=require"),
        ("https://acct.blob.example/c?sv=2024&sig=abc%2B&se=1", "https://acct.blob.example/c?sv=2024&sig=***&se=1"),
        (
            "https://s3.example/k?X-Amz-Signature=abc&X-Amz-Date=1",
            "https://s3.example/k?X-Amz-Signature=***&X-Amz-Date=1",
        ),
        ("https://hooks.slack.com/services/T0/B0/abc", "https://hooks.slack.com/services/***"),
        ("shop:pa55@db.internal:5432/x", "shop:***@db.internal:5432/x"),
    ],
)
def test_a_url_loses_its_password_and_keeps_its_host_and_database(text, shown):
    assert Redactor().text(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Authorization: Bearer abc.def-123\nHost: x", "Authorization: Bearer ***\nHost: x"),
        ("{'Authorization': 'Bearer abc123'}", "{'Authorization': 'Bearer ***'}"),
        ("got Basic dXNlcjpodW50ZXIy back", "got Basic *** back"),
        ("sent bearer abcdef123456", "sent bearer ***"),
        ("Cookie: a=b; c=d", "Cookie: ***"),
        (f"jwt {JWT} end", "jwt *** end"),
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\nrest", "***\nrest"),
        ("-----BEGIN OPENSSH PRIVATE KEY-----\\nb3Bl\\n-----END OPENSSH PRIVATE KEY-----", "***"),
        ("-----BEGIN PRIVATE KEY-----\nMIIEvQ", "***"),
        ("log: MIIEvQIBADANBg\nkqhkiG9w0B=\n-----END PRIVATE KEY-----\nrest", "log:***\nrest"),
        ("mail ann.o-neil+x@mail.example.com.", "mail ***."),
        ("a1@mail.example%b2@mail.example-c3@mail.example", "***"),
        ("mail jörg@münchen.example now", "mail *** now"),
        ("CREATE USER x WITH PASSWORD 'it''s' LOGIN", "CREATE USER x WITH PASSWORD '***' LOGIN"),
        ("curl -u me:hunter2 https://x", "curl -u me:*** https://x"),
    ],
)
def test_headers_keys_and_addresses_are_masked_where_they_stand(text, shown):
    assert Redactor().text(text) == shown


@pytest.mark.parametrize(
    "token",
    [
        "AKIAIOSFODNN7EXAMPLE",
        "ASIAIOSFODNN7EXAMPLE",
        "AIza" + "Sy0123456789abcdefghijklmnopqrstuvw",
        "ya29.a0AfH6SMBx-0123456789abcdef",
        "ghp_" + "a1" * 18,
        "github_pat_" + "A1b2" * 6,
        "glpat-" + "abcd1234" * 3,
        "xoxb-12345678901-abcdefghij",
        "xapp-1-A0123-456",
        "sk_live_" + "a1b2c3d4e5f6",
        "sk-" + "proj-0123456789abcdefghij",
        "SG." + "a" * 22 + "." + "b" * 43,
        "npm_" + "a1" * 18,
        "hf_" + "aB" * 17,
        "dapi" + "0123456789abcdef" * 2,
        "hvs." + "CAESI" * 6,
        "FwoGZXIvYXdz" + "A1/+" * 20,
        JWT,
        JWT[:30],
    ],
)
def test_a_token_with_a_known_beginning_is_masked_by_itself(token):
    redactor = Redactor()
    assert redactor.text(f"used {token}, then failed") == "used ***, then failed"
    assert redactor.counts == {"token": 1}


@pytest.mark.parametrize(
    "number",
    [
        *("4111111111111111", "4111 1111 1111 1111", "4111-1111-1111-1111", "5555555555554444", "378282246310005"),
        *("3782 822463 10005", "6011111111111117", "3530111333300000", "30569309025904", "2223003122003222"),
    ],
)
def test_a_card_number_is_masked_as_text_and_as_a_number(number):
    assert Redactor().text(f"card {number} declined") == "card *** declined"
    digits = int("".join(filter(str.isdigit, number)))
    assert Redactor().attributes({"n": digits, "run": {"n": [digits]}}) == {"n": "***", "run": {"n": ["***"]}}


@pytest.mark.parametrize(
    "text",
    [
        "4111111111111112",  # the check digit is wrong
        "1700000000004",  # milliseconds; like the next ones with a valid check digit
        "1700000000000001",  # microseconds
        "1700000000000000004",  # nanoseconds
        "manual__2024-01-01T00:00:00.123456+00:00",
        "411111111111116",  # no Visa card has 15 digits
        "12345678-4111-1111-1111-123456789012",
        "0192f0c4-1c1b-7a4e-9d0e-4111111111111111a",
        "3.4111111111111111",
        "7111111111111114",  # no card begins like this
    ],
)
def test_timestamps_and_ids_are_not_taken_for_cards(text):
    assert Redactor().text(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "http://host:8080/a/b@c",
        "http://[::1]:8080/a@b",
        "postgresql://ann@db.example.com/x",
        "kafka://h1:9092,h2:9092",
        "git@github.com:org/repo.git",
        "python:3.11@sha256:0123456789abcdef",
        "npm install left-pad@1.3.0",
        "Bearer authentication failed",
        "Basic authentication failed, basic configuration missing",
        'password authentication failed for user "airflow"',
        "Unexpected token: {",
        "session started: 5",
        "password=None token=null secret: true",
        "max_tokens=4096 token_count: 12",
        "scheduled__2024-01-01T00:00:00+00:00",
        "s3://bucket/key=1/part-0000.parquet",
        "-----BEGIN CERTIFICATE-----\nMIIE\n-----END CERTIFICATE-----",
        "the keyboard: us, the tokenizer: bert",
        "0123456789abcdef0123456789abcdef",
        "SELECT a.b, c AS d FROM e WHERE f = 'g' AND h > 1",
        'File "/opt/dags/x.py", line 3, in f\n    conn = engine.connect()',
    ],
)
def test_what_only_looks_like_a_secret_is_left_alone(text):
    redactor = Redactor()
    assert redactor.text(text) == text
    assert not redactor.counts


def test_basic_credentials_are_recognised_by_what_they_decode_to():
    encoded = base64.b64encode("ann:pässword".encode()).decode()
    assert Redactor().text(f"Basic {encoded}") == "Basic ***"


def test_a_pattern_of_the_users_own_masks_its_group_or_all_of_it():
    redactor = Redactor(patterns=[r"EMP-\d{6}", r"badge=(?P<secret>\w+)"])
    assert redactor.text("EMP-123456 badge=77 door=1") == "*** badge=*** door=1"
    assert redactor.counts == {"pattern": 2}


def test_a_pattern_of_the_users_own_leaves_masks_alone():
    redactor = Redactor(patterns=[r"[0-9a-f]{8}"], tokenise_key=b"k")
    once = redactor.text("id 0123abcd")
    assert redactor.text(once) == once
