"""What airflow.cfg does not hold itself: `store_cmd` prints it, `store_secret` is its name in a secrets backend."""

import shlex
import subprocess
from dataclasses import dataclass, field

from datatracing.errors import BadInputError

PATIENCE = 30.0
"""Seconds that a command may take."""


@dataclass(frozen=True)
class Elsewhere:
    """Called for its value, by the command line and the agent. Never in a hook: that starts no process, asks no server.

    `where` is for people. What a command says is not repeated in an error: it may be half a secret.
    """

    text: str = field(repr=False)
    where: str

    def __call__(self) -> str:
        """BadInputError when there is no value to be had."""
        raise NotImplementedError


class Command(Elsewhere):
    """Its output, without the line's end."""

    def __call__(self) -> str:
        try:
            ended = subprocess.run(  # noqa: S603  # the administrator's own command, as Airflow runs it
                shlex.split(self.text), capture_output=True, timeout=PATIENCE, check=True, encoding="utf-8"
            )
        except (OSError, ValueError, subprocess.SubprocessError) as error:
            raise BadInputError(f"{self.where} gave no value: {_reason(error)}") from error
        return ended.stdout.rstrip("\r\n")


class Secret(Elsewhere):
    """What Airflow's secrets backend has under this name; only for this is Airflow imported."""

    def __call__(self) -> str:
        from airflow.configuration import get_custom_secret_backend

        try:
            backend = get_custom_secret_backend()
            value = backend and backend.get_config(self.text)
        except Exception as error:
            raise BadInputError(f"{self.where}: the secrets backend failed ({type(error).__name__})") from error
        if not value:
            raise BadInputError(f"{self.where}: no secrets backend knows it")
        return str(value)


def _reason(error: Exception) -> str:
    if isinstance(error, subprocess.CalledProcessError):
        return f"the command ended with {error.returncode}"
    if isinstance(error, subprocess.TimeoutExpired):
        return f"the command took longer than {PATIENCE:g} s"
    return getattr(error, "strerror", None) or type(error).__name__
