"""A whole Airflow: api-server, scheduler, dag-processor and triggerer as real processes."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import httpx

from tests import agents
from tests.airflow_rig.api import Api
from tests.airflow_rig.home import Home
from tests.airflow_rig.processes import EVERYWHERE, Component

START = 400.0
"""Seconds until it has to be healthy. Twenty are enough on an idle machine with two cores."""


class Cluster:
    """Running from `start` to `stop`. Its home outlives it, so its database and logs can be read afterwards."""

    def __init__(self, home: Home, names: Sequence[str] = EVERYWHERE) -> None:
        self.home = home
        self.names = names
        self.components: dict[str, Component] = {}
        self._api: Api | None = None

    def start(self, dags: int) -> "Cluster":
        """All of `names`, and back when each says it is healthy and `dags` DAGs are known."""
        for name in self.names:
            self.components[name] = Component.start(name, self.home)
        self.until(self._healthy, "Airflow is healthy", START)
        self.until(lambda: self._known() >= dags, f"{dags} DAGs are known", START)
        return self

    def stop(self) -> None:
        """The scheduler in order, for what it still has to deliver; nobody waits for the others any more."""
        if self._api:
            self._api.close()
        if "scheduler" in self.components:
            self.components["scheduler"].stop()
        for component in self.components.values():
            component.kill()
        agents.end(self.home.spool, *(component.home.spool for component in self.components.values()))

    def restart(self, name: str, settings: Mapping[str, str] | None = None) -> None:
        """Start a component again, perhaps with other DATATRACING settings, whether or not it still runs."""
        if self.components[name].alive:
            self.components[name].stop()
        home = self.home if settings is None else replace(self.home, settings=settings)
        self.components[name] = Component.start(name, home)

    @property
    def api(self) -> Api:
        """The REST API as the admin."""
        if self._api is None:
            self._api = Api(self.home.url)
        return self._api

    def until(self, reached: Callable[[], bool], what: str, timeout: float = 60) -> None:
        """Wait for something to become true; a component that died, or the clock, ends it with the end of the logs."""
        deadline = time.monotonic() + timeout
        while not reached():
            dead = [each.name for each in self.components.values() if not each.alive]
            assert not dead, f"died while waiting until {what}: {dead}\n{self.logs()}"
            assert time.monotonic() < deadline, f"not within {timeout} s: {what}\n{self.logs()}"
            time.sleep(0.2)

    def logs(self, lines: int = 25) -> str:
        """The last lines of every component."""
        return "\n".join(f"--- {each.name}\n{_tail(each.log, lines)}" for each in self.components.values())

    def _healthy(self) -> bool:
        try:
            parts = self.api.get("monitor/health")
        except httpx.TransportError:
            return False
        expected = {"metadatabase", *(name.replace("-", "_") for name in self.names)}
        return all(part["status"] == "healthy" for name, part in parts.items() if name in expected)

    def _known(self) -> int:
        problems = self.api.get("importErrors")["import_errors"]
        assert not problems, "\n".join(each["stack_trace"] for each in problems)
        return int(self.api.get("dags", limit=1)["total_entries"])


def _tail(path: Path, lines: int) -> str:
    return "\n".join(path.read_text("utf-8", "replace").splitlines()[-lines:])


@contextmanager
def running(home: Home, dags: int, names: Sequence[str] = EVERYWHERE) -> Iterator[Cluster]:
    """A cluster for the length of a block; nothing of it is left behind, also when the block or its start fails."""
    cluster = Cluster(home, names)
    try:
        yield cluster.start(dags)
    finally:
        cluster.stop()
