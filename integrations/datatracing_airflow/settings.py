"""Where the plugin's settings come from: the environment, and `[datatracing]` in airflow.cfg, under the same names.

`DATATRACING_STORE` wins over `AIRFLOW__DATATRACING__STORE`, which wins over `store` in the file. Nothing but the store
has to be set.
"""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from datatracing.capture import CaptureSettings
from datatracing.errors import BadInputError

if TYPE_CHECKING:
    from datatracing.settings import Settings

SECTION = "datatracing"
PREFIX = "DATATRACING_"


@dataclass(frozen=True)
class PluginSettings:
    """What every Airflow process knows from the start, as plain values: a task pays for no settings library."""

    capture: CaptureSettings
    settle_seconds: float = 3.0
    """Between the end of a run and its completion."""
    sweep_seconds: float = 2.0
    """Between two looks at what has begun or come late, in the scheduler."""

    @classmethod
    def read(cls, environ: Mapping[str, str] = os.environ) -> "PluginSettings":
        """BadInputError names what does not fit."""
        names = [each.name for each in fields(CaptureSettings)]
        capture = CaptureSettings.from_env(from_airflow(names, environ), environ)
        return cls(capture, *(_seconds(name, environ) for name in ("settle_seconds", "sweep_seconds")))


def all_settings(environ: Mapping[str, str] = os.environ) -> "Settings":
    """The whole model, for the long-lived processes. BadInputError names what does not fit."""
    from datatracing.settings import Settings

    return Settings(**from_airflow(Settings.model_fields, environ))


def from_airflow(names: Iterable[str], environ: Mapping[str, str]) -> dict[str, str]:
    """What airflow.cfg says where the environment says nothing. Airflow lets a task read everything but the URL of its
    own database, so this holds in a worker too."""
    from airflow.configuration import conf

    asked = [name for name in names if not environ.get(PREFIX + name.upper())]
    found = {name: conf.get(SECTION, name, fallback=None) for name in asked}
    return {name: value for name, value in found.items() if value}


def _seconds(name: str, environ: Mapping[str, str]) -> float:
    text = environ.get(PREFIX + name.upper()) or from_airflow([name], environ).get(name)
    default: float = getattr(PluginSettings, name)
    try:
        value = default if text is None else float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise BadInputError(f"{PREFIX}{name.upper()} must be a number of seconds, not {text!r}")
    return value
