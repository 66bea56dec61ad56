"""One trace, locked, inside one transaction."""

from collections.abc import Iterable
from dataclasses import asdict
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Table, delete, func, insert, select, update

from datatracing.errors import BadInputError
from datatracing.inbox.row import InboxRow
from datatracing.model.ids import is_trace_id
from datatracing.model.link import Access, AssetUse
from datatracing.model.run import RunRef
from datatracing.store.sealed import Sealed, SpanRow
from datatracing.store.sql import inbox, ledger
from datatracing.store.sql.database import Database
from datatracing.store.sql.edges import replace_links
from datatracing.store.sql.numbers import asset_numbers, pipeline_name, pipeline_numbers, run_numbers
from datatracing.store.sql.summaries import read_summary, summaries, summary_row
from datatracing.store.sql.tables import asset_events, details, runs, skeletons, task_spans, trace_aliases
from datatracing.store.summary import RunSummary
from datatracing.store.trace_key import trace_key


class SqlSealing:
    """See Sealing. It lives inside the transaction that holds the trace."""

    def __init__(self, database: Database, connection: Connection, trace_id: str) -> None:
        self._database = database
        self._connection = connection
        self._trace_id = trace_id

    def hold(self) -> None:
        """Wait for the trace. SQLite has it already: its writing transaction holds the whole file."""
        if self._database.postgres:
            with self._database.answering():
                self._connection.execute(select(func.pg_advisory_xact_lock(_lock_number(self._trace_id))))

    def inbox(self) -> list[InboxRow]:
        """See Sealing."""
        with self._database.answering():
            return inbox.rows_of(self._connection, self._trace_id)

    def summary(self) -> RunSummary | None:
        """See Sealing."""
        query = summaries().where(runs.c.trace_id == trace_key(self._trace_id))
        with self._database.answering():
            row = self._connection.execute(query).one_or_none()
            return read_summary(row) if row else None

    def open(self, summary: RunSummary) -> None:
        """See Sealing."""
        known = self.summary()
        if known is None or known.verdict is None:
            with self._database.answering():
                self._summarize(summary, [summary.run])

    def write(self, sealed: Sealed) -> None:
        """See Sealing."""
        run = sealed.summary.run
        with self._database.answering():
            numbers, pipeline_id = self._summarize(sealed.summary, [run, *(link.run for link in sealed.links)])
            number = numbers[run.trace_id]
            self._replace(skeletons, number, [{"spans": sealed.skeleton}])
            self._replace(details, number, [] if sealed.detail is None else [{"spans": sealed.detail}])
            self._replace(task_spans, number, [_span(span, pipeline_id) for span in sealed.spans])
            self._replace(trace_aliases, number, _aliases(sealed.aliases))
            replace_links(self._connection, number, sealed.links, numbers)
            self._replace(asset_events, number, self._asset_events(sealed))
            ledger.add(self._connection, sealed.ledger)

    def _summarize(self, summary: RunSummary, refs: list[RunRef]) -> tuple[dict[str, int], int]:
        """Write the run's own row; the numbers of `refs` by trace id, and the number of the run's pipeline."""
        if summary.trace_id != self._trace_id:
            raise BadInputError(f"run {summary.trace_id} cannot be written while {self._trace_id} is held")
        of_pipeline = pipeline_numbers(self._connection, refs)
        numbers = run_numbers(self._connection, refs, of_pipeline)
        pipeline_id = of_pipeline[pipeline_name(summary.run)]
        own = runs.c.run_no == numbers[summary.trace_id]
        self._connection.execute(update(runs).where(own).values(summary_row(summary, pipeline_id)))
        return numbers, pipeline_id

    def _replace(self, table: Table, number: int, rows: Iterable[dict[str, Any]]) -> None:
        self._connection.execute(delete(table).where(table.c.run_no == number))
        if numbered := [{"run_no": number, **row} for row in rows]:
            self._connection.execute(insert(table), numbered)

    def _asset_events(self, sealed: Sealed) -> list[dict[str, Any]]:
        known = asset_numbers(self._connection, {use.uri for _, use in sealed.assets})
        spans = {span.span_id: span for span in sealed.spans}
        return [
            {
                "span_id": bytes.fromhex(span_id),
                "asset_id": known[use.uri],
                "access": use.access.value,
                "at": _happened(use, spans.get(span_id)),
            }
            for span_id, use in dict.fromkeys(sealed.assets)
        ]


def _lock_number(trace_id: str) -> int:
    """A signed 64-bit number. Hashed with a name of ours, since others may use advisory locks in the same database."""
    return int.from_bytes(sha256(b"datatracing.sealing" + trace_key(trace_id)).digest()[:8], "big", signed=True)


def _span(span: SpanRow, pipeline_id: int) -> dict[str, Any]:
    return {
        "pipeline_id": pipeline_id,
        "span_id": bytes.fromhex(span.span_id),
        "task": span.task,
        "map_index": span.map_index,
        "attempt": span.attempt,
        "state": span.state.value,
        **asdict(span.times),
    }


def _aliases(aliases: Iterable[str]) -> list[dict[str, Any]]:
    """What is no trace id (OpenTelemetry's all-zero one, say) can never be asked for."""
    return [{"alias": trace_key(alias)} for alias in sorted(set(aliases)) if is_trace_id(alias)]


def _happened(use: AssetUse, span: SpanRow | None) -> int | None:
    """Data is read from a span's start on, and is there for others from its end on."""
    if span is None:
        return None
    return span.times.ended_at if use.access is Access.WRITE else span.times.started_at
