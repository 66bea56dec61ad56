"""The rules that the settings ask for reach what is written."""

import pytest

from datatracing.capture import CaptureSettings, redaction
from datatracing.errors import BadInputError


def settings(**more):
    return CaptureSettings.from_env({"store": "sqlite:///x.db", **more}, {})


def test_law_7_more_names_and_patterns_come_from_the_settings():
    redactor = redaction(settings(redact_names="badge number, shoe size", redact_patterns=r"ACME-\d+" + "\n" + r"zz\d"))
    found = redactor.attributes({"badgeNumber": "7", "shoe_size": 44, "note": "ACME-77 and zz9 stay out"})
    assert found == {"badgeNumber": "***", "shoe_size": "***", "note": "*** and *** stay out"}


def test_law_7_with_a_key_equal_secrets_stay_joinable_and_the_key_shows_nowhere():
    chosen = settings(redact_key="a key of ours")
    masked = redaction(chosen).attributes({"password": "hunter2", "token": "hunter2"})
    assert masked["password"] == masked["token"]
    assert masked["password"].startswith("tok_")
    assert "a key of ours" not in repr(chosen)


def test_a_pattern_that_is_none_is_refused():
    with pytest.raises(BadInputError):
        redaction(settings(redact_patterns="("))
