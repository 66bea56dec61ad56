"""The tables with every index on `runs`, as migrations compare them with a database.

Apart from the tables, because an option of one database makes SQLAlchemy import all of it: 0.1 s for each command.
"""

from sqlalchemy import Index

from datatracing.store.sql.tables import UNUSUAL, metadata, runs

Index("runs_newest", runs.c.order_at, runs.c.run_no)
Index("runs_of_pipeline", runs.c.pipeline_id, runs.c.order_at, runs.c.run_no)
Index("runs_slow", runs.c.pipeline_id, runs.c.duration)
Index("runs_run_id", runs.c.run_id, postgresql_using="hash")
Index(
    "runs_unusual",
    runs.c.state,
    runs.c.order_at,
    runs.c.run_no,
    postgresql_where=UNUSUAL,
    sqlite_where=UNUSUAL,
)
Index(
    "runs_unusual_of_pipeline",
    runs.c.pipeline_id,
    runs.c.state,
    runs.c.order_at,
    runs.c.run_no,
    postgresql_where=UNUSUAL,
    sqlite_where=UNUSUAL,
)

__all__ = ["metadata"]
