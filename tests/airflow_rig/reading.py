"""The store of a home, read in this process: for what is asked often, where a command line would take a second."""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from datatracing import Connection, connect
from datatracing.errors import DataTracingError
from tests.airflow_rig.home import Home


@contextmanager
def reading(home: Home) -> Iterator["Reading"]:
    """The store, open for the length of a block."""
    connection = connect(home.settings["DATATRACING_STORE"])
    try:
        yield Reading(connection)
    finally:
        connection.close()


class Reading:
    """Answers about runs by their names."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def trace(self, run: str) -> dict[str, Any]:
        """The trace document."""
        return self.connection.trace(self.connection.find(run))

    def books(self, run: str) -> dict[str, Any]:
        """What `why` says about the run's events."""
        stages = self.connection.why(self.connection.find(run))["stages"]
        return next(stage["facts"] for stage in stages if stage["stage"] == "books")


def unsealed(store: Reading, runs: Iterable[str]) -> list[str]:
    """Those of the runs that have no verdict yet."""
    return [run for run in runs if not _sealed(store, run)]


def _sealed(store: Reading, run: str) -> bool:
    try:
        return store.trace(run)["run"]["verdict"] is not None
    except DataTracingError:
        return False


def settled(look: Callable[[], list[str]], patience: float) -> list[str]:
    """What is still wrong when nothing is, or when the patience (in seconds) is over: sealing takes a moment."""
    deadline = time.monotonic() + patience
    while True:
        found = look()
        if not found or time.monotonic() > deadline:
            return found
        time.sleep(0.2)
