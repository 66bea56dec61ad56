"""What the watcher is told: by the resource's fields, or else by the environment."""

import pytest

from datatracing.errors import BadInputError
from datatracing_dagster import DataTracingResource


@pytest.fixture
def environment(monkeypatch):
    def put(**values):
        for name, value in values.items():
            monkeypatch.setenv(f"DATATRACING_{name}", value)

    return put


def test_what_is_not_given_is_the_environments(environment):
    environment(STORE="sqlite:///there.db", NAMESPACE="shop", DAGSTER_STALE="60", DAGSTER_ANNOUNCE="true")
    settings = DataTracingResource().watch_settings()
    assert (settings.all.store, settings.all.namespace) == ("sqlite:///there.db", "shop")
    assert (settings.stale, settings.announce, settings.look_back) == (60.0, True, 86_400.0)


def test_what_is_given_wins(environment):
    environment(STORE="sqlite:///there.db", DAGSTER_STALE="60", DAGSTER_ANNOUNCE="true")
    settings = DataTracingResource(store="sqlite:///here.db", stale=5.0, announce=False).watch_settings()
    assert (settings.all.store, settings.stale, settings.announce) == ("sqlite:///here.db", 5.0, False)


BAD = {"DAGSTER_STALE": "0", "DAGSTER_LOOK_BACK": "a day", "DAGSTER_BUDGET": "-1", "SAMPLE_RATE": "2"}


@pytest.mark.parametrize(("name", "value"), BAD.items())
def test_what_does_not_fit_is_named(environment, name, value):
    environment(**{name: value})
    with pytest.raises(BadInputError, match=f"DATATRACING_{name} does not fit"):
        DataTracingResource().watch_settings()
