"""Where the watcher's settings come from: the resource's fields, and the environment for what they leave empty."""

from dataclasses import dataclass
from typing import Any

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from datatracing.capture.settings import PREFIX as COMMON
from datatracing.hosting.settings import OwnSettings
from datatracing.settings import Settings

PREFIX = "DATATRACING_DAGSTER_"
BUDGET = 5.0
DAY = 86_400.0


class WatchVariables(OwnSettings):
    """What only the watcher of Dagster's runs can be told: `DATATRACING_DAGSTER_` and the name in capitals."""

    model_config = SettingsConfigDict(env_prefix=PREFIX)

    announce: bool = False
    budget: float = Field(BUDGET, gt=0)
    look_back: float = Field(DAY, ge=0)
    stale: float = Field(DAY, gt=0)


@dataclass(frozen=True)
class WatchSettings:
    """Seconds, unless a name says otherwise."""

    all: Settings
    announce: bool = False
    """Write a link to the trace into the log of each kept run."""
    budget: float = BUDGET
    """After which a tick ends; the next one goes on where it stopped."""
    look_back: float = DAY
    """How old the runs may be that a watcher finds when it has never run before."""
    stale: float = DAY
    """A run that Dagster does not call over, and of which nothing was heard for so long, is stored as lost."""

    @classmethod
    def read(cls, **given: Any) -> "WatchSettings":
        """Values that are empty, or None, are the environment's. BadInputError names what does not fit."""
        chosen = {name: value for name, value in given.items() if value not in {None, ""}}
        own = {name: chosen.pop(name) for name in WatchVariables.model_fields if name in chosen}
        return cls.of(Settings(**chosen), **own)

    @classmethod
    def of(cls, settings: Settings, **own: Any) -> "WatchSettings":
        """What is not given is the environment's. BadInputError names what does not fit."""
        return cls(settings, **WatchVariables(**own).model_dump())

    def environ(self) -> dict[str, str]:
        """The variables that say the same, for a process that is started from here."""
        common = {COMMON + name.upper(): getattr(self.all, name) for name in Settings.model_fields}
        own = {PREFIX + name.upper(): getattr(self, name) for name in WatchVariables.model_fields}
        return {name: _text(value) for name, value in {**common, **own}.items()}


def _text(value: Any) -> str:
    return str(value.get_secret_value() if isinstance(value, SecretStr) else value)
