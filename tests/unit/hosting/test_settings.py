"""Settings of one watcher: the environment's, unless they are given."""

import pytest
from pydantic import Field
from pydantic_settings import SettingsConfigDict

from datatracing.errors import BadInputError
from datatracing.hosting.settings import OwnSettings


class Own(OwnSettings):
    model_config = SettingsConfigDict(env_prefix="DATATRACING_SAMPLE_")
    pause: float = Field(1.0, gt=0)


def test_what_is_given_wins_and_none_is_not_given(monkeypatch):
    monkeypatch.setenv("DATATRACING_SAMPLE_PAUSE", "2")
    assert (Own(pause=3).pause, Own(pause=None).pause) == (3, 2)
    monkeypatch.setenv("DATATRACING_SAMPLE_PAUSE", "")
    assert Own().pause == 1


@pytest.mark.parametrize("told", ["never", "-1"])
def test_what_does_not_fit_is_named_by_its_variable(monkeypatch, told):
    monkeypatch.setenv("DATATRACING_SAMPLE_PAUSE", told)
    with pytest.raises(BadInputError, match=r"^DATATRACING_SAMPLE_PAUSE does not fit: "):
        Own()
