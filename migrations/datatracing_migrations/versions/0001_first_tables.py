"""The first tables.

Nothing is partitioned yet, because none of these tables can be large before there is retention, and a partition key
has to be in every primary key. Planned for the migration that brings retention, on Postgres only: `inbox` by
`received_at`, `details`, `skeletons` and `task_spans` by the day of the run, so that old rows leave by dropping a
partition and never by a mass DELETE. `runs`, `links` and `ledger` are kept for ever and stay whole.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
UNUSUAL = sa.text("state <> 'success'")
PACKED = (("inbox", "payload"), ("skeletons", "spans"), ("details", "spans"))
TABLES = (
    "pipelines",
    "runs",
    "inbox",
    "skeletons",
    "details",
    "task_spans",
    "links",
    "assets",
    "asset_events",
    "trace_aliases",
    "ledger",
    "tokens",
)


def upgrade() -> None:
    """Create everything."""
    _runs()
    _inbox()
    _spans()
    _links()
    _assets()
    _ledger()
    _tokens()
    if op.get_bind().dialect.name == "postgresql":
        # These bytes are compressed already: Postgres would only try again, and fail.
        for table, column in PACKED:
            op.execute(f"ALTER TABLE {table} ALTER COLUMN {column} SET STORAGE EXTERNAL")


def downgrade() -> None:
    """Drop everything, with all traces."""
    for table in TABLES:
        op.drop_table(table)


def _number(name: str) -> "sa.Column[int]":
    return sa.Column(name, NUMBER, sa.Identity(), primary_key=True)


def _key(name: str) -> "sa.Column[int]":
    return sa.Column(name, sa.BigInteger, primary_key=True, autoincrement=False)


def _integers(*names: str, nullable: bool = False) -> "list[sa.Column[int]]":
    return [sa.Column(name, sa.BigInteger, nullable=nullable) for name in names]


def _words(*names: str, nullable: bool = False) -> "list[sa.Column[str]]":
    return [sa.Column(name, sa.Text, nullable=nullable) for name in names]


def _bytes(name: str, *, nullable: bool = False) -> "sa.Column[bytes]":
    return sa.Column(name, sa.LargeBinary, nullable=nullable)


def _runs() -> None:
    op.create_table(
        "pipelines",
        _number("id"),
        *_words("orchestrator", "namespace", "name"),
        sa.UniqueConstraint("orchestrator", "namespace", "name", name="pipelines_name"),
    )
    op.create_table(
        "runs",
        _number("run_no"),
        _bytes("trace_id"),
        *_integers("pipeline_id"),
        *_words("run_id"),
        *_words("state", "raw_state", nullable=True),
        *_integers("scheduled_at", "queued_at", "started_at", "ended_at", nullable=True),
        *_integers("order_at"),
        *_integers("duration", nullable=True),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("verdict_keep", sa.Boolean),
        *_words("verdict_rule", "verdict_reason", nullable=True),
        sa.Column("verdict_rate", sa.Double),
        *_words("fate", nullable=True),
        *_words("fate_reason", "completeness"),
        *_integers("expected", "captured"),
        *_words("missing"),
        *_integers("emitted", "stored", "duplicate", "sampled_out", "rejected", "lost"),
        *_words("counts"),
        *_integers("sealed_at", nullable=True),
        *_integers("inbox_rows"),
        *_words("fingerprint", "unknown_fields"),
        sa.UniqueConstraint("trace_id", name="runs_trace_id"),
    )
    op.create_index("runs_newest", "runs", ["order_at", "run_no"])
    op.create_index("runs_of_pipeline", "runs", ["pipeline_id", "order_at", "run_no"])
    op.create_index("runs_slow", "runs", ["pipeline_id", "duration"])
    op.create_index("runs_run_id", "runs", ["run_id"], postgresql_using="hash")
    for name, first in (("runs_unusual", []), ("runs_unusual_of_pipeline", ["pipeline_id"])):
        columns = [*first, "state", "order_at", "run_no"]
        op.create_index(name, "runs", columns, postgresql_where=UNUSUAL, sqlite_where=UNUSUAL)
    op.create_table(
        "trace_aliases",
        sa.Column("alias", sa.LargeBinary, primary_key=True),
        _key("run_no"),
    )
    op.create_index("trace_aliases_of_run", "trace_aliases", ["run_no"])


def _inbox() -> None:
    op.create_table(
        "inbox",
        _number("id"),
        _bytes("trace_id"),
        *_words("producer"),
        *_integers("seq"),
        sa.Column("content", sa.SmallInteger, nullable=False),
        sa.Column("n", sa.Integer, nullable=False),
        _bytes("payload"),
        *_integers("received_at"),
        sa.UniqueConstraint("trace_id", "producer", "seq", "n", name="inbox_row"),
    )


def _spans() -> None:
    op.create_table("skeletons", _key("run_no"), _bytes("spans"))
    op.create_table("details", _key("run_no"), _bytes("spans"))
    op.create_table(
        "task_spans",
        *_integers("run_no", "pipeline_id"),
        _bytes("span_id"),
        *_words("task"),
        sa.Column("map_index", sa.Integer, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        *_words("state"),
        *_integers("scheduled_at", "queued_at", "started_at", "ended_at", nullable=True),
    )
    op.create_index("task_spans_of_run", "task_spans", ["run_no"])
    op.create_index("task_spans_of_task", "task_spans", ["pipeline_id", "task", "started_at"])


def _links() -> None:
    keys = [_key("src"), _key("dst")]
    codes = [sa.Column(name, sa.SmallInteger, primary_key=True, autoincrement=False) for name in ("kind", "said_by")]
    op.create_table("links", *keys, *codes, *_words("evidence", "confidence"))
    op.create_index("links_of_effect", "links", ["dst", "src"])


def _assets() -> None:
    op.create_table(
        "assets",
        _number("id"),
        _bytes("digest"),
        *_words("uri"),
        sa.UniqueConstraint("digest", name="assets_digest"),
    )
    op.create_table(
        "asset_events",
        *_integers("run_no"),
        _bytes("span_id"),
        *_integers("asset_id"),
        *_words("access"),
        *_integers("at", nullable=True),
    )
    op.create_index("asset_events_of_run", "asset_events", ["run_no"])
    op.create_index("asset_events_of_asset", "asset_events", ["asset_id", "at"])


def _ledger() -> None:
    op.create_table(
        "ledger",
        _number("id"),
        *_words("fate", "reason"),
        *_integers("count", "at"),
        _bytes("trace_id", nullable=True),
        *_words("producer", "namespace"),
        *_integers("told"),
        _bytes("reported", nullable=True),
        sa.UniqueConstraint("reported", name="ledger_reported"),
    )
    op.create_index("ledger_newest", "ledger", ["at", "id"])
    op.create_index("ledger_of_run", "ledger", ["trace_id", "at", "id"])


def _tokens() -> None:
    op.create_table(
        "tokens",
        sa.Column("name", sa.Text, primary_key=True),
        *_words("namespace", "scopes", "digest"),
        *_integers("made_at"),
    )
