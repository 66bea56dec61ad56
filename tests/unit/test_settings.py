"""One model for all settings."""

from dataclasses import fields
from pathlib import Path

import pytest

from datatracing.capture import CaptureSettings
from datatracing.errors import BadInputError
from datatracing.inbox.limits import Limits
from datatracing.settings import Settings, reference
from datatracing_dagster.settings import WatchVariables
from datatracing_prefect.watch_settings import WatchSettings

DOCUMENTED = Path(__file__).parents[2] / "docs" / "settings.md"


@pytest.fixture(autouse=True)
def own_home(monkeypatch, tmp_path):
    """The defaults are folders in the user's home."""
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("XDG_DATA_HOME", "XDG_STATE_HOME", "DATATRACING_STORE"):
        monkeypatch.delenv(name, raising=False)


def test_every_setting_is_in_the_table_with_its_default_and_what_it_does():
    assert reference() in DOCUMENTED.read_text(encoding="utf-8"), (
        "docs/settings.md does not hold the table that datatracing.settings.reference() writes"
    )


def test_every_setting_has_a_description():
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []


def test_settings_come_from_the_environment(monkeypatch):
    monkeypatch.setenv("DATATRACING_STORE", "postgresql+psycopg://somewhere/traces")
    monkeypatch.setenv("DATATRACING_SAMPLE_RATE", "0.25")
    assert (Settings().store, Settings().sample_rate) == ("postgresql+psycopg://somewhere/traces", 0.25)


def test_an_empty_variable_counts_as_not_set(monkeypatch, tmp_path):
    monkeypatch.setenv("DATATRACING_STORE", "")
    assert Settings().store == f"sqlite:///{tmp_path}/.local/share/datatracing/traces.db"


def test_a_value_that_does_not_fit_names_its_variable(monkeypatch):
    monkeypatch.setenv("DATATRACING_SAMPLE_RATE", "often")
    with pytest.raises(BadInputError, match=r"DATATRACING_SAMPLE_RATE does not fit: .*valid number"):
        Settings()


def test_the_token_does_not_show_in_a_repr(monkeypatch):
    monkeypatch.setenv("DATATRACING_TOKEN", "s3cret-token")
    assert "s3cret-token" not in repr(Settings())
    assert Settings().token.get_secret_value() == "s3cret-token"


def test_capture_gets_the_same_values_from_the_model_as_from_the_environment(monkeypatch):
    monkeypatch.setenv("DATATRACING_STORE", "https://host/datatracing")
    monkeypatch.setenv("DATATRACING_TOKEN", "s3cret-token")
    monkeypatch.setenv("DATATRACING_SPOOL_LIMIT", "1000000")
    assert Settings().capture() == CaptureSettings.from_env()


def test_every_setting_of_capture_can_be_set():
    assert {each.name for each in fields(CaptureSettings)} <= set(Settings.model_fields)


def test_the_collectors_limits_start_from_the_same_defaults():
    assert Limits(**Settings().limits()) == Limits()


@pytest.mark.parametrize("collector", [WatchVariables, WatchSettings])
def test_every_setting_of_a_collector_is_documented_with_its_default(collector):
    prefix = collector.model_config["env_prefix"]
    settings = {name: field.default for name, field in collector.model_fields.items() if not field.exclude}
    for name, default in settings.items():
        assert f"| `{prefix}{name.upper()}` | `{default}` |" in DOCUMENTED.read_text()
