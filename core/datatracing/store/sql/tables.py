"""The tables, as queries see them. The migrations create them; a test holds the two together.
Indexes on `runs` are in `indexes`, which no query needs.

No foreign keys: a run's rows are written in one transaction, so a key would only cost a look-up per row, and it would
stand in the way of dropping old rows a partition at a time. Trace ids are 16 raw bytes, span ids 8, times microseconds.
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from datatracing.store.sql.types import Json, Number, Words

metadata = MetaData()


def _number(name: str) -> "Column[int]":
    return Column(name, Number, Identity(), primary_key=True)


def _times() -> "list[Column[int]]":
    return [Column(name, BigInteger) for name in ("scheduled_at", "queued_at", "started_at", "ended_at")]


def _required(name: str, kind: Any) -> "Column[Any]":
    return Column(name, kind, nullable=False)


pipelines = Table(
    "pipelines",
    metadata,
    _number("id"),
    _required("orchestrator", Words),
    _required("namespace", Words),
    _required("name", Words),
    UniqueConstraint("orchestrator", "namespace", "name", name="pipelines_name"),
)

# A run without a state has only been named by a link of another run. It has a number, so that the link has two ends,
# and is nobody's answer until something of its own comes. `order_at`: see `paging`.
runs = Table(
    "runs",
    metadata,
    _number("run_no"),
    _required("trace_id", LargeBinary),
    _required("pipeline_id", BigInteger),
    _required("run_id", Words),
    Column("state", Text),
    Column("raw_state", Words),
    *_times(),
    _required("order_at", BigInteger),
    Column("duration", BigInteger),
    _required("revision", Integer),
    Column("verdict_keep", Boolean),
    Column("verdict_rule", Words),
    Column("verdict_reason", Words),
    Column("verdict_rate", Double),
    Column("fate", Text),
    _required("fate_reason", Words),
    _required("completeness", Text),
    _required("expected", BigInteger),
    _required("captured", BigInteger),
    _required("missing", Json),
    _required("unknown_edges", Json),
    _required("emitted", BigInteger),
    _required("stored", BigInteger),
    _required("duplicate", BigInteger),
    _required("sampled_out", BigInteger),
    _required("rejected", BigInteger),
    _required("lost", BigInteger),
    _required("counts", Json),
    Column("sealed_at", BigInteger),
    _required("inbox_rows", BigInteger),
    _required("fingerprint", Words),
    _required("unknown_fields", Json),
    UniqueConstraint("trace_id", name="runs_trace_id"),
)

UNUSUAL = text("state <> 'success'")
"""Most runs succeed, so the others have small indexes of their own. A query that says the same may use them."""

inbox = Table(
    "inbox",
    metadata,
    _number("id"),
    _required("trace_id", LargeBinary),
    _required("producer", Words),
    _required("seq", BigInteger),
    _required("content", SmallInteger),
    _required("n", Integer),
    _required("payload", LargeBinary),
    _required("received_at", BigInteger),
    UniqueConstraint("trace_id", "producer", "seq", "n", name="inbox_row"),
)

skeletons = Table(
    "skeletons",
    metadata,
    Column("run_no", BigInteger, primary_key=True, autoincrement=False),
    _required("spans", LargeBinary),
)

details = Table(
    "details",
    metadata,
    Column("run_no", BigInteger, primary_key=True, autoincrement=False),
    _required("spans", LargeBinary),
)

# No primary key: the spans of a run are only replaced together, and an index on the run alone is a tenth of the size.
task_spans = Table(
    "task_spans",
    metadata,
    _required("run_no", BigInteger),
    _required("pipeline_id", BigInteger),
    _required("span_id", LargeBinary),
    _required("task", Words),
    _required("map_index", Integer),
    _required("attempt", Integer),
    _required("state", Text),
    *_times(),
    Index("task_spans_of_run", "run_no"),
    Index("task_spans_of_task", "pipeline_id", "task", "started_at"),
)

# src is the cause, dst the effect. Both ends may tell of one edge, and each replaces only what it said itself.
links = Table(
    "links",
    metadata,
    Column("src", BigInteger, primary_key=True, autoincrement=False),
    Column("dst", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", SmallInteger, primary_key=True, autoincrement=False),
    Column("said_by", SmallInteger, primary_key=True, autoincrement=False),
    _required("evidence", Words),
    _required("confidence", Text),
    Index("links_of_effect", "dst", "src"),
)

# A URI may be longer than an index entry, so it is found by its digest.
assets = Table(
    "assets",
    metadata,
    _number("id"),
    _required("digest", LargeBinary),
    _required("uri", Words),
    UniqueConstraint("digest", name="assets_digest"),
)

asset_events = Table(
    "asset_events",
    metadata,
    _required("run_no", BigInteger),
    _required("span_id", LargeBinary),
    _required("asset_id", BigInteger),
    _required("access", Text),
    Column("at", BigInteger),
    Index("asset_events_of_run", "run_no"),
    Index("asset_events_of_asset", "asset_id", "at"),
)

# Runs may share a foreign trace id: one OpenTelemetry trace can cover a run and those it triggered.
trace_aliases = Table(
    "trace_aliases",
    metadata,
    Column("alias", LargeBinary, primary_key=True),
    Column("run_no", BigInteger, primary_key=True, autoincrement=False),
    Index("trace_aliases_of_run", "run_no"),
)

# `reported` is a digest of all but the count of an entry that may be told again; what is told once has none.
ledger = Table(
    "ledger",
    metadata,
    _number("id"),
    _required("fate", Text),
    _required("reason", Words),
    _required("count", BigInteger),
    _required("at", BigInteger),
    Column("trace_id", LargeBinary),
    _required("producer", Words),
    _required("namespace", Words),
    _required("told", BigInteger),
    Column("reported", LargeBinary),
    UniqueConstraint("reported", name="ledger_reported"),
    Index("ledger_newest", "at", "id"),
    Index("ledger_of_run", "trace_id", "at", "id"),
)

tokens = Table(
    "tokens",
    metadata,
    Column("name", Words, primary_key=True),
    _required("namespace", Words),
    _required("scopes", Json),
    _required("digest", Text),
    _required("made_at", BigInteger),
)
