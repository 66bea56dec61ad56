"""A watcher over an instance, and what it has brought to a store."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

from dagster import DagsterInstance

from datatracing.connection import Connection, connect
from datatracing.hosting.tick import TickResult
from datatracing_dagster.poller import Poller
from datatracing_dagster.settings import WatchSettings


@dataclass
class Tracing:
    """Sees the runs that end after it was made. `given` are settings."""

    instance: DagsterInstance
    given: dict[str, Any]
    poller: Poller = field(init=False)
    cursor: str | None = None

    def __post_init__(self) -> None:
        given = {"settle_seconds": 0.0, "look_back": 0.0, **self.given}
        settings = WatchSettings.read(**given)
        self.poller = Poller(self.instance, connect(settings=settings.all), settings)
        self.watch()

    @property
    def connection(self) -> Connection:
        return self.poller.connection

    def watch(self) -> TickResult:
        """One tick, whatever it takes."""
        self.cursor, result = self.poller.tick(self.cursor)
        return result

    def trace(self, run_id: str) -> dict[str, Any]:
        return self.connection.trace(run_id.replace("-", ""))

    def links(self, run_id: str) -> set[tuple[str, str, str, str]]:
        """(kind, direction, other run, confidence)"""
        return {
            (link["kind"], link["direction"], link["run"], link["confidence"]) for link in self.trace(run_id)["links"]
        }

    def evidence(self, run_id: str, kind: str) -> str:
        [found] = [link["evidence"] for link in self.trace(run_id)["links"] if link["kind"] == kind]
        return found

    def assets(self, run_id: str) -> set[tuple[str, str]]:
        """(access, URI) of what the run's spans read and wrote."""
        query = """
            SELECT e.access, a.uri FROM asset_events e JOIN assets a ON a.id = e.asset_id JOIN runs r USING (run_no)
            WHERE lower(hex(r.trace_id)) = ?
        """
        with closing(sqlite3.connect(self.given["store"].removeprefix("sqlite:///"))) as store:
            return set(store.execute(query, [run_id.replace("-", "")]))
