"""The tries of one task instance, as Airflow's rows have them, become attempts. Pure.

Airflow keeps one live row per task instance and archives it before the next try. It does not clean the live row: until
the next try begins, it carries the times and the process of the one before. So a value that a row shares with the row
archived before it is not its own.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from datatracing.model.clock import micros
from datatracing.model.event import Times
from datatracing.model.link import AssetUse
from datatracing.model.manifest import Attempt
from datatracing.model.run import SpanKey
from datatracing.model.states import State
from datatracing_airflow.states import NO_STATE, raw, task_state

DECIDED = frozenset({"skipped", "upstream_failed"})
"""States that Airflow gives a task without running it. It then stamps one moment as start and end."""
ATTRIBUTES = ("pool", "queue", "hostname", "executor", "rendered_map_index")


@dataclass(frozen=True)
class Try:
    """A row of task_instance or, archived, of task_instance_history. `first_look` is when a sensor that was rescheduled
    first gave its place back: the row itself only knows the start of the last look."""

    task_id: str
    map_index: int
    try_number: int
    state: str | None
    scheduled_dttm: datetime | None = None
    queued_dttm: datetime | None = None
    start_date: datetime | None = None
    end_date: datetime | None = None
    pid: int | None = None
    operator: str | None = None
    custom_operator_name: str | None = None
    pool: str | None = None
    queue: str | None = None
    hostname: str | None = None
    executor: str | None = None
    rendered_map_index: str | None = None
    dag_version_id: Any = None
    archived: bool = False
    first_look: datetime | None = None


def attempts(tries: Iterable[Try], written: Sequence[AssetUse] = ()) -> Iterator[Attempt]:
    """Of one task instance. `written` are the assets it wrote, which only its live row can have done."""
    rows = sorted(tries, key=lambda row: (row.try_number, not row.archived))
    last = max(row.try_number for row in rows)
    before: Try | None = None
    for row in rows:
        if not _waiting(row, before):
            yield _attempt(row, before, last, () if row.archived else tuple(written))
        before = row


def _waiting(row: Try, before: Try | None) -> bool:
    """The archived try is over and the next one was only planned."""
    return _untried(row, before) and row.state == "up_for_retry"


def _untried(row: Try, before: Try | None) -> bool:
    """The live row still bears the number of a try that is archived: it was cleared, or is to be retried, and what
    happened to it since (skipped, upstream failed, marked by hand) happened to a next try that never began."""
    return not row.archived and before is not None and before.try_number == row.try_number


def _attempt(row: Try, before: Try | None, last: int, written: tuple[AssetUse, ...]) -> Attempt:
    untried = _untried(row, before)
    times = _times(row, before)
    ran = not untried and row.pid is not None and times.started_at is not None and not _decided(row)
    return Attempt(
        key=SpanKey(row.task_id, row.map_index, row.try_number + untried),
        state=_state(row, last),
        raw_state=raw(row.state) or NO_STATE,
        times=times,
        reports=ran,
        attributes=_attributes(row, ran=ran),
        assets=written,
    )


def _decided(row: Try) -> bool:
    return row.state in DECIDED and row.start_date == row.end_date


def _state(row: Try, last: int) -> State:
    """What failed and was followed by another try is retried. A try 0 cannot fail: a task was cleared before it was
    ever tried, and Airflow archives as failed whatever is not over."""
    state = task_state(row.state)
    if state is State.FAILED and row.archived:
        if not row.try_number:
            return State.CANCELLED
        return State.RETRIED if row.try_number < last else State.FAILED
    return state


def _times(row: Try, before: Try | None) -> Times:
    started = _own(row, before, "start_date")
    if row.first_look is not None and started is not None:
        started = min(started, micros(row.first_look))
    return Times(
        scheduled_at=_own(row, before, "scheduled_dttm"),
        queued_at=_own(row, before, "queued_dttm"),
        started_at=started,
        ended_at=_own(row, before, "end_date"),
    )


def _own(row: Try, before: Try | None, column: str) -> int | None:
    moment = getattr(row, column)
    inherited = before is not None and getattr(before, column) == moment
    return None if moment is None or inherited else micros(moment)


def _attributes(row: Try, *, ran: bool) -> dict[str, Any]:
    """A host and an executor belong to a try that ran; the row may still name those of the one before."""
    names = ATTRIBUTES if ran else ("pool", "queue", "rendered_map_index")
    found = {name: getattr(row, name) for name in names}
    found["operator"] = row.custom_operator_name or row.operator
    return {f"airflow.{name}": value for name, value in found.items() if value}
