"""Secrets behind their names in free text."""

import pytest

from datatracing.redact import Redactor


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("host=db user=u password=hunter2 dbname=x", "host=db user=u password=*** dbname=x"),
        ("Uid=sa;Pwd={a;b c};Encrypt=yes", "Uid=sa;Pwd=***;Encrypt=yes"),
        ("UID=me;PWD=ab;cd;Port=1", "UID=me;PWD=***;Port=1"),
        ("{'password': 'hunter2', 'n': 1}", "{'password': '***', 'n': 1}"),
        ('{"api_key": "abc \\" def", "ok": "yes"}', '{"api_key": "***", "ok": "yes"}'),
        (r'"{\"token\": \"abc\", \"a\": \"b\"}"', r'"{\"token\": \"***\", \"a\": \"b\"}"'),
        ("run --password hunter2 --verbose", "run --password *** --verbose"),
        ("run --api-key=hunter2 --verbose", "run --api-key=*** --verbose"),
        ("run --token 'a b' -v", "run --token '***' -v"),
        ("['cli', '--api-key', 'hunter2', 'x']", "['cli', '--api-key', '***', 'x']"),
        ("f(user='a', password=\"hun'ter2\", n=1)", "f(user='a', password=\"***\", n=1)"),
        ("credentials={'aws': {'k': [1]}}, region='eu'", "credentials=***, region='eu'"),
        ("environ[\"PGPASSWORD\"] = 'x'", "environ[\"PGPASSWORD\"] = '***'"),
        ("odbc_connect=UID%3Dme%3BPWD%3Dsecret", "odbc_connect=UID%3Dme%3BPWD%3D***"),
        ("password=abc token=def", "password=*** token=***"),
        ("api key: abc, private key = def", "api key: ***, private key = ***"),
        ("a=1&access_token=abc&b=2", "a=1&access_token=***&b=2"),
        ("Password : hunter2", "Password : ***"),
        ("password := 'x'", "password := '***'"),
        ("secret => x", "secret => ***"),
        ('password="', 'password="'),
        ("password=***;Database [cut 9 characters] x=1", "password=***;Database [cut 9 characters] x=1"),
        ('"password": "*** [cut 9 characters] x=1', '"password": "*** [cut 9 characters] x=1'),
        ("password=", "password="),
        ("token: b'abc'", "token: b'***'"),
        ("log 'token=abc' end", "log 'token=***' end"),
    ],
)
def test_the_value_is_masked_and_what_follows_it_is_shown(text, shown):
    redactor = Redactor()
    assert redactor.text(text) == shown
    assert redactor.text(shown) == shown


def test_quotes_and_brackets_that_are_not_closed_hide_everything_behind_them():
    assert Redactor().text('failed: password="hunter2 and\nmore') == 'failed: password="***'
    assert Redactor().text("failed: credentials={'a': 'b',\n'c': 'd'") == "failed: credentials=***"


def test_marks_inside_a_password_do_not_end_it():
    for password in ("a)b", "a]b", "a;b", "a,b", "a&b", "a'b", 'a"b', "a}b", "a>b", "(a)b", "[ab", "a=b", "a:b"):
        assert Redactor().text(f"password={password} x") in {"password=*** x", "password=***"}
