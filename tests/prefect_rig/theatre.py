"""Flow runs that were played, as one store was told of them; and the ways in which a store can be told."""

import sqlite3
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from datatracing import connect
from tests import agents
from tests.conformance.account import Account, Attempt
from tests.conformance.shapes import Shape
from tests.prefect_rig.home import Home
from tests.prefect_rig.oracle import Oracle
from tests.prefect_rig.shapes import MUTE

Document = Mapping[str, Any]
NOT_COMPARED = {"source", "attributes", "error", "records"}
"""What one source may know more of than another, in a span."""
BEFORE = {"scheduled_at", "queued_at"}
"""What happened before a process had a task run, of which it need not know."""
TIMES = {"scheduled_at", "queued_at", "started_at", "ended_at"}


@dataclass
class Theatre:
    """`runs` are ids by shape. `traced`: the flow's own process has told of them. `overheard`: and nobody else has."""

    home: Home
    runs: Mapping[str, str]
    overheard: bool = False
    traced: bool = True

    @property
    def oracle(self) -> Oracle:
        return Oracle(self.home.database)

    def account(self, shape: Shape) -> Account:
        """What Prefect says, but for what only one of the two knows. The process knows of errors that Prefect could not
        note down; the server, which run had last written an asset, and by when it had noted that a subflow went on."""
        run_id = self.runs[shape.name]
        account = self.oracle.account(run_id)
        if self.traced:
            account = replace(account, attempts=tuple(map(_as_seen, account.attempts)))
        if not self.overheard:
            return account
        ran = self.oracle.called(run_id)
        attempts = (replace(each, times=replace(each.times, **ran.get(each.map_key, {}))) for each in account.attempts)
        links = frozenset(link for link in account.links if link.kind != "asset")
        return replace(account, attempts=tuple(attempts), links=links)

    def name(self, shape: Shape) -> str:
        """As the command line takes it."""
        return f"prefect:{shape.pipeline}/{self.runs[shape.name]}"


def _as_seen(attempt: Attempt) -> Attempt:
    return replace(attempt, state="failed") if attempt.task in MUTE else attempt


def ship(home: Home) -> None:
    """What the spool of a home holds, into its store, and fold it. Agents that its flows have started end."""
    agents.end(home.spool)
    home.datatracing("spool", "ship")
    connection = connect(home.settings["DATATRACING_STORE"])
    while connection.sweep():
        pass
    connection.close()


def watch_once(home: Home, *options: str, since: float) -> str:
    """What has ended since then (seconds since the epoch) and not what other tests played."""
    aged = home.beside(DATATRACING_PREFECT_LOOK_BACK=str(time.time() - since))
    return aged.datatracing("prefect", "watch", "--once", *options)


def read(theatre: Theatre, shape: Shape) -> dict[str, Any]:
    """The trace document."""
    connection = connect(theatre.home.settings["DATATRACING_STORE"])
    try:
        return connection.trace(connection.find(theatre.name(shape)))
    finally:
        connection.close()


def copied(store: Path, to: Path) -> str:
    """The URL of a copy of a SQLite store."""
    with closing(sqlite3.connect(store)) as source, closing(sqlite3.connect(to)) as target:
        source.backup(target)
    return f"sqlite:///{to}"


def differences(one: Document, other: Document, besides: frozenset[str] = frozenset()) -> list[str]:
    """What two traces of one run tell differently, to the span id; operations inside of spans are detail.
    `besides`: instances whose times are not compared."""
    spans = [
        {span["span_id"]: span for span in document["spans"] if span["level"] != "operation"}
        for document in (one, other)
    ]
    found = [f"only one has {key}" for key in spans[0].keys() ^ spans[1].keys()]
    for key in spans[0].keys() & spans[1].keys():
        left, right = (of_document[key] for of_document in spans)
        fields = left.keys() - NOT_COMPARED - (TIMES if left["map_key"] in besides else set())
        fields -= {f for f in BEFORE if left[f] is None}
        found += [f"{left['task']} {f}: {left[f]} or {right[f]}" for f in fields if left[f] != right[f]]
    links = [
        {(link["kind"], link["direction"], link["run"]) for link in document["links"]} for document in (one, other)
    ]
    found += [f"only one has {link}" for link in links[0] ^ links[1] if link[0] != "asset"]
    said = [document["run"]["completeness"] for document in (one, other)]
    return found + ([f"completeness: {said[0]} or {said[1]}"] if said[0] != said[1] else [])
