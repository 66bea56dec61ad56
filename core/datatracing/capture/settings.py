"""The few settings of capture as plain values, so that a task process pays for no settings library."""

import os
import stat
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from datatracing.context.address import anchored
from datatracing.errors import BadInputError

PREFIX = "DATATRACING_"
ELSEWHERE = "elsewhere"
"""Stands for a store that a command or a vault tells: the agent asks, and no process of a user."""
AGENT, SELF = "agent", "self"
"""Who brings a process's events to the store."""
PODS = ("AIRFLOW_IS_K8S_EXECUTOR_POD", "DAGSTER_RUN_JOB_NAME")
"""Variables that orchestrators set in the containers that they make for one task or one run, and nowhere else."""
RUN_OF_A_PROCESS = "PREFECT__FLOW_RUN_ID"
"""Prefect sets it for each flow run's process; a container that is made for one run was itself begun with it."""
MEBIBYTE = 1024 * 1024


def default_spool_dir(environ: Mapping[str, str] = os.environ) -> Path:
    """The user's state directory, or a private one under the temporary directory when that cannot be written.

    BadInputError when the temporary one belongs to somebody else, who could read and forge what is spooled there.
    """
    if chosen := environ.get(f"{PREFIX}SPOOL_DIR"):
        return Path(chosen)
    state = environ.get("XDG_STATE_HOME") or os.path.join(environ.get("HOME") or "~", ".local", "state")  # noqa: PTH118  # Path.home() raises where there is no home
    preferred = Path(os.path.expanduser(state)) / "datatracing" / "spool"  # noqa: PTH111  # Path.expanduser() raises too
    if preferred.is_absolute() and _writable(preferred):
        return preferred
    import tempfile

    return _private(Path(tempfile.gettempdir()) / f"datatracing-{os.geteuid()}")


def _writable(directory: Path) -> bool:
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(directory, os.W_OK | os.X_OK)


def _private(directory: Path) -> Path:
    directory.mkdir(mode=0o700, exist_ok=True)
    found = directory.lstat()
    ours = stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() and not found.st_mode & 0o077
    if not ours:
        raise BadInputError(
            f"{directory} can be opened by somebody else: set {PREFIX}SPOOL_DIR to a directory of yours"
        )
    return directory


@dataclass(frozen=True)
class CaptureSettings:
    """Where events go and how much they may claim. Sizes are bytes, times are seconds.

    `store`, `token` and `redact_key` are secrets, so they are not part of the repr.
    """

    store: str = field(repr=False)
    """sqlite:///path, postgresql+psycopg://..., http(s)://host/datatracing. Empty: events stay in the spool."""
    namespace: str = "default"
    """Names the installation of the orchestrator."""
    spool_dir: Path = field(default_factory=default_spool_dir)
    """Shared by all processes that send to one store; installations with different stores need different ones."""
    token: str = field(default="", repr=False)
    """Bearer token for a collector."""
    spool_limit: int = 256 * MEBIBYTE
    """Of all files in the spool directory together."""
    event_limit: int = 256 * 1024
    """Of one event as JSON; a bigger one is stripped to its skeleton. The collector accepts no more either."""
    ship: str = AGENT
    """`agent`: the agent of this host sends. `self`: the process sends once, at its end, because its disk ends too."""
    farewell_timeout: float = 5.0
    """How long that may take."""
    connect_timeout: float = 2.0
    send_timeout: float = 10.0
    """For one batch, answer included."""
    retry_limit: float = 60.0
    """The longest pause between two attempts while the store does not answer."""
    redact_names: str = ""
    """More names that promise a secret, separated by commas."""
    redact_patterns: str = ""
    """More regular expressions for secrets, one per line."""
    redact_key: str = field(default="", repr=False)
    """A secret of ours: with it, equal secrets get equal tokens instead of `***`."""

    @classmethod
    def from_env(
        cls, overrides: Mapping[str, Any] | None = None, environ: Mapping[str, str] = os.environ
    ) -> "CaptureSettings":
        """`DATATRACING_` and the field's name in capitals; `overrides` win. BadInputError names what is wrong."""
        texts = {each.name: environ.get(PREFIX + each.name.upper()) for each in fields(cls)}
        values = {**_set(texts), **_set(overrides or {})}
        if unknown := values.keys() - texts.keys():
            raise BadInputError(f"capture has no setting {min(unknown)!r}")
        read = {name: _value(name, value) for name, value in values.items()}
        return cls(**{"store": "", "ship": default_ship(environ), **read})

    def anchored(self) -> "CaptureSettings":
        """With absolute paths: a task may go to another directory."""
        return replace(self, store=anchored(self.store), spool_dir=self.spool_dir.absolute())

    def environ(self) -> dict[str, str]:
        """The variables that say the same, for a process that is started from here."""
        given = {each.name: getattr(self, each.name) for each in fields(self)}
        return {PREFIX + name.upper(): str(value) for name, value in given.items() if value != ELSEWHERE}


def default_ship(environ: Mapping[str, str] = os.environ) -> str:
    """Processes that have a container of their own take its disk along."""
    own = any(environ.get(name) for name in PODS) or (environ.get(RUN_OF_A_PROCESS) and _begun_for_a_run())
    return SELF if own else AGENT


def _begun_for_a_run(first: Path = Path("/proc/1/environ")) -> bool:
    """Whether the first process of this container knows of the run. On a host nobody may look at the first process."""
    try:
        return f"{RUN_OF_A_PROCESS}=".encode() in first.read_bytes()
    except OSError:
        return False


def _set(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value not in {None, ""}}


def _value(name: str, value: Any) -> Any:
    kind = _KINDS[name]
    try:
        read = kind(value)
    except (TypeError, ValueError) as error:
        raise BadInputError(f"{PREFIX}{name.upper()} must be a number") from error
    if name == "ship" and read not in {AGENT, SELF}:
        raise BadInputError(f"{PREFIX}SHIP must be {AGENT} or {SELF}")
    if kind in {int, float} and not 0 < read < float("inf"):
        raise BadInputError(f"{PREFIX}{name.upper()} must be a number above 0")
    return read


_KINDS: dict[str, type] = {
    each.name: Path if each.name == "spool_dir" else str if each.default is MISSING else type(each.default)
    for each in fields(CaptureSettings)
}
