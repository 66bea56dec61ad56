"""How a watcher is to behave: DataTracing's settings, and a few of its own that begin with `DATATRACING_PREFECT_`."""

from functools import cached_property

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from datatracing.hosting.settings import OwnSettings
from datatracing.settings import Settings

PREFIX = "DATATRACING_PREFECT_"


class WatchSettings(OwnSettings):
    """Seconds, unless a name says otherwise. BadInputError names the variable that does not fit."""

    model_config = SettingsConfigDict(env_prefix=PREFIX)

    announce: bool = Field(default=False, description="Write an artifact with the trace into each run that is kept.")
    interval: float = Field(default=10.0, gt=0, description="Seconds between two looks for what no event told of.")
    grace: float = Field(
        default=30.0,
        ge=0,
        description="How long a run's end is held back, after the last sign of it, for tasks that outlive their flow.",
    )
    look_back: float = Field(
        default=86_400.0, gt=0, description="How old the runs may be that a watcher finds when it first runs."
    )
    stale: float = Field(
        default=86_400.0, gt=0, description="A run of which nothing was heard for so long is stored as lost."
    )
    store: str = Field(default="", exclude=True, repr=False)
    settle: float | None = Field(default=None, ge=0, exclude=True)

    @cached_property
    def all(self) -> Settings:
        """Those of DataTracing; a store that was given here wins."""
        given = {"store": self.store, "settle_seconds": self.settle}
        return Settings(**{name: value for name, value in given.items() if value not in {None, ""}})
