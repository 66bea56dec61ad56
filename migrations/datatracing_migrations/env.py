"""Runs the migrations over a connection that `datatracing.store.sql.schema` has opened and locked."""

from alembic import context

from datatracing.store.sql.indexes import metadata
from datatracing.store.sql.revision import VERSION_TABLE


def _ours(name: str | None, kind: str, _parents: object) -> bool:
    """The database may be an orchestrator's: its tables are none of our business."""
    return kind != "table" or name in metadata.tables


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    include_name=_ours,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
