"""Where the watcher's settings come from."""

import pytest

from datatracing.errors import BadInputError
from datatracing_prefect.watch_settings import WatchSettings


def test_the_environment_says_how_a_watcher_behaves(monkeypatch):
    monkeypatch.setenv("DATATRACING_PREFECT_STALE", "60")
    monkeypatch.setenv("DATATRACING_PREFECT_ANNOUNCE", "true")
    monkeypatch.setenv("DATATRACING_STORE", "sqlite:///one.db")
    settings = WatchSettings()
    assert (settings.stale, settings.announce, settings.all.store) == (60, True, "sqlite:///one.db")


def test_what_is_given_wins(monkeypatch):
    monkeypatch.setenv("DATATRACING_PREFECT_GRACE", "60")
    monkeypatch.setenv("DATATRACING_STORE", "sqlite:///one.db")
    settings = WatchSettings(grace=0.0, store="sqlite:///other.db", settle=0.0, interval=None)
    assert (settings.grace, settings.interval) == (0, 10)
    assert (settings.all.store, settings.all.settle_seconds) == ("sqlite:///other.db", 0)


@pytest.mark.parametrize(("name", "value"), [("STALE", "soon"), ("INTERVAL", "0"), ("GRACE", "-1")])
def test_what_does_not_fit_is_named(monkeypatch, name, value):
    monkeypatch.setenv(f"DATATRACING_PREFECT_{name}", value)
    with pytest.raises(BadInputError, match=f"DATATRACING_PREFECT_{name}"):
        WatchSettings()
