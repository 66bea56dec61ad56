"""Every setting of DataTracing in one model. The command line, the agent and every plugin read it from the same places
in the same order (`datatracing.sources`): `DATATRACING_` and the name in capitals in the environment comes first.

Capture runs in users' tasks and takes the same names as plain values (`capture()`): no task pays for this model.
"""

import os
from contextlib import suppress
from dataclasses import fields
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, SecretStr, ValidationError

from datatracing.capture.settings import AGENT, SELF, CaptureSettings, default_ship, default_spool_dir
from datatracing.errors import BadInputError
from datatracing.sources import PREFIX, said

_CAPTURED = tuple(each.name for each in fields(CaptureSettings))


def default_store() -> str:
    """A SQLite file in the user's data directory, which is made; where it cannot be, opening the store says so."""
    data = os.environ.get("XDG_DATA_HOME") or os.path.join("~", ".local", "share")  # noqa: PTH118  # Path.home() raises where there is no home
    directory = Path(os.path.expanduser(data)) / "datatracing"  # noqa: PTH111  # Path.expanduser() raises too
    with suppress(OSError):
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    return f"sqlite:///{directory / 'traces.db'}"


class Settings(BaseModel):
    """What is given by name wins over every place. BadInputError names the place of a value that does not fit."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    _where: dict[str, str] = PrivateAttr(default_factory=dict)

    store: str = Field(
        default_factory=default_store,
        description="Where traces live: `sqlite:///path`, `postgresql+psycopg://user:password@host/database`, or a "
        "collector, `https://host/datatracing`.",
        json_schema_extra={"default": "a SQLite file in `~/.local/share/datatracing`"},
    )
    token: SecretStr = Field(
        default=SecretStr(""),
        description="Bearer token: what a collector asks for, and what is sent to a collector.",
    )
    namespace: str = Field(
        default="default",
        min_length=1,
        description="Names this installation of the orchestrator. Two installations that share a store need two names.",
    )
    sample_rate: float = Field(
        default=1.0,
        ge=0,
        le=1,
        description="Share of complete, successful runs whose detail is kept. Failed and partial runs are always kept.",
    )
    settle_seconds: float = Field(
        default=3.0,
        ge=0,
        description="How long a watcher waits after a run's end: hooks of its last tasks can arrive after it.",
    )
    sweep_seconds: float = Field(
        default=2.0,
        gt=0,
        description="How often `datatracing serve` looks for runs that have begun and for events that came late.",
    )
    ui_url: str = Field(
        default="",
        description="Where `datatracing serve` is reached by browsers: links from an orchestrator's own UI lead there.",
    )
    spool_dir: Path = Field(
        default_factory=default_spool_dir,
        description="Where events wait for the store. Installations with different stores need different directories.",
        json_schema_extra={"default": "`~/.local/state/datatracing/spool`"},
    )
    spool_limit: int = Field(
        default=CaptureSettings.spool_limit,
        gt=0,
        description="Bytes that the spool may hold. What does not fit is counted and reported as lost.",
    )
    event_limit: int = Field(
        default=CaptureSettings.event_limit,
        gt=0,
        description="Bytes of one event. A producer strips a bigger one to its skeleton, a collector refuses it.",
    )
    links_per_event: int = Field(default=1_000, gt=0, description="Links that one event may report.")
    spans_per_run: int = Field(
        default=200_000,
        gt=0,
        description="Spans per run that only events speak of. What the orchestrator's record names is never refused.",
    )
    ship: str = Field(
        default_factory=lambda: default_ship(os.environ),
        pattern=f"^({AGENT}|{SELF})$",
        description="Who sends what a process captures: the `agent` of its host, or the process it`self`, once, at its "
        "end, because its disk ends with it.",
        json_schema_extra={
            "default": "`agent`; `self` in a container that Airflow, Dagster or Prefect has made for one task or run"
        },
    )
    farewell_timeout: float = Field(
        default=CaptureSettings.farewell_timeout,
        gt=0,
        description="Seconds that a process which sends for itself may take for it.",
    )
    agent_idle_seconds: float = Field(
        default=60.0,
        gt=0,
        description="Seconds without anything to do after which an agent ends that was started on demand.",
    )
    connect_timeout: float = Field(
        default=CaptureSettings.connect_timeout,
        gt=0,
        description="Seconds to wait for a connection to the store or collector.",
    )
    send_timeout: float = Field(
        default=CaptureSettings.send_timeout,
        gt=0,
        description="Seconds that sending one batch may take, the answer included.",
    )
    answer_timeout: float = Field(
        default=30.0,
        gt=0,
        description="Seconds that a Postgres server may say nothing about a statement before it counts as away.",
    )
    retry_limit: float = Field(
        default=CaptureSettings.retry_limit,
        gt=0,
        description="Seconds of the longest pause between two attempts while the store does not answer.",
    )

    redact_names: str = Field(
        default="",
        description="More names whose values are secret, separated by commas: `badge number` also means `badgeNumber`.",
    )
    redact_patterns: str = Field(
        default="",
        description="More regular expressions for what is secret, one per line. A group `secret` is what gets masked.",
    )
    redact_key: SecretStr = Field(
        default=SecretStr(""),
        description="With it, equal secrets get equal tokens (`tok_...`, a keyed hash), not `***`, and can be joined.",
    )

    def __init__(self, **given: Any) -> None:
        names = type(self).model_fields
        found = {name: each for name, each in said().items() if name in names and name not in given}
        where = {name: each.where for name, each in found.items()}
        try:
            super().__init__(**{**{name: each.read() for name, each in found.items()}, **given})
        except ValidationError as error:
            first = error.errors()[0]
            name = "_".join(str(part) for part in first["loc"])
            place = where.get(name, f"{PREFIX}{name.upper()}")
            raise BadInputError(f"{place} does not fit: {first['msg']}") from error
        self._where = where

    def where(self, name: str) -> str:
        """The place that says this setting; empty for a default, and for what was given by name."""
        return self._where.get(name, "")

    def capture(self) -> CaptureSettings:
        """The part that runs inside users' tasks, as plain values."""
        values = {name: getattr(self, name) for name in _CAPTURED}
        secrets = {"token": self.token.get_secret_value(), "redact_key": self.redact_key.get_secret_value()}
        return CaptureSettings(**{**values, **secrets})

    def limits(self) -> dict[str, int]:
        """The fields of `collector.Limits` that can be set."""
        return {
            "event_bytes": self.event_limit,
            "links_per_event": self.links_per_event,
            "spans_per_run": self.spans_per_run,
        }


def reference() -> str:
    """The table of all settings, as docs/settings.md shows it."""
    rows = [
        f"| `{PREFIX}{name.upper()}` | {_default(field)} | {field.description} |"
        for name, field in Settings.model_fields.items()
    ]
    return "\n".join(["| variable | default | what it does |", "|---|---|---|", *rows]) + "\n"


def _default(field: Any) -> str:
    said = (field.json_schema_extra or {}).get("default")
    if said is not None:
        return str(said)
    value = field.default.get_secret_value() if isinstance(field.default, SecretStr) else field.default
    return f"`{value}`" if value != "" else "none"
