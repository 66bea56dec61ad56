"""Which runs have ended: Dagster's event log is the queue that a watcher works off."""

import heapq
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dagster import RunStatusChangeRecordsFilter  # noqa: TID253  # only a Dagster loads this

from datatracing_dagster import compat
from datatracing_dagster.cursors import Cursor

if TYPE_CHECKING:
    from dagster import DagsterInstance

OVERLAP = 500
"""Numbers that are looked at again: on Postgres an event may be committed after one with a higher number."""
PAGE = 100
AHEAD = 60.0
"""Seconds. An end that is further in the future was stamped by a wrong clock, and holds up nothing."""


@dataclass(frozen=True)
class End:
    """Dagster says that a run has ended. `kind` and `number` are those of the event that says so, `at` its seconds."""

    run_id: str
    kind: str
    number: int
    at: float


def ends(instance: "DagsterInstance", cursor: Cursor, settle: float, look_back: float) -> Iterator[End]:
    """Ends behind the cursor in the order in which they were stored, each kind up to its first one that is not `settle`
    seconds old: steps may still be speaking."""
    now = time.time()
    places = [(kind, _behind(instance, kind, cursor, now - look_back)) for kind in compat.ENDS]
    kinds = [_of_kind(instance, kind, where, now - settle, now + AHEAD) for kind, where in places]
    return heapq.merge(*kinds, key=lambda end: end.number)


def _of_kind(
    instance: "DagsterInstance", kind: Any, where: RunStatusChangeRecordsFilter, settled: float, future: float
) -> Iterator[End]:
    while records := instance.fetch_run_status_changes(where, limit=PAGE, ascending=True).records:
        for record in records:
            entry = record.event_log_entry
            if settled < entry.timestamp < future:
                return
            yield End(entry.run_id, kind.name, record.storage_id, entry.timestamp)
        where = where._replace(after_storage_id=records[-1].storage_id)


def _behind(instance: "DagsterInstance", kind: Any, cursor: Cursor, look_back: float) -> RunStatusChangeRecordsFilter:
    """Where to go on. A log that ends before the cursor has been wiped and counts anew, or its last run was deleted."""
    where = RunStatusChangeRecordsFilter(event_type=kind, after_timestamp=cursor.since)
    seen = cursor.seen.get(kind.name)
    if seen is None:
        return where
    last = instance.fetch_run_status_changes(kind, limit=1).records
    if last and last[0].storage_id >= seen:
        return where._replace(after_storage_id=max(0, seen - OVERLAP))
    del cursor.seen[kind.name]
    return where._replace(after_timestamp=max(cursor.since, look_back))
