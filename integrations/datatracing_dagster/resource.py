"""What a user configures, and what a step may call."""

from typing import TYPE_CHECKING

from dagster import ConfigurableResource  # noqa: TID253  # only a Dagster loads this

from datatracing_dagster.steps import StepApi

if TYPE_CHECKING:
    from datatracing_dagster.settings import WatchSettings


class DataTracingResource(StepApi, ConfigurableResource):  # type: ignore[type-arg]  # generic only while it is checked
    """Pure configuration: to make it contacts nothing, and no field has to be set.

    A field that is empty is taken from the environment, `DATATRACING_STORE` and so on. `announce` writes a link to the
    trace, at `ui_url`, into the log of each kept run. `stale` and `look_back`: see WatchSettings. `ship` is "agent"
    or "self" where the disk dies with the process: it then sends once what it has said, when it ends.
    A container that Dagster makes for one run is recognised.
    """

    store: str = ""
    namespace: str = ""
    token: str = ""
    spool_dir: str = ""
    sample_rate: float | None = None
    redact_names: str = ""
    redact_patterns: str = ""
    redact_key: str = ""
    ui_url: str = ""
    announce: bool | None = None
    settle_seconds: float | None = None
    stale: float | None = None
    look_back: float | None = None
    ship: str = ""

    def watch_settings(self) -> "WatchSettings":
        """For the sensor. BadInputError names what does not fit."""
        from datatracing_dagster.settings import WatchSettings

        fields = (
            "store",
            "namespace",
            "token",
            "spool_dir",
            "sample_rate",
            "redact_names",
            "redact_patterns",
            "redact_key",
            "ui_url",
            "announce",
            "settle_seconds",
            "stale",
            "look_back",
        )
        return WatchSettings.read(**{name: getattr(self, name) for name in fields})
