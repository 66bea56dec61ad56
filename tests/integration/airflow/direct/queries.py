"""Which statements reach Airflow's database from inside one of our hooks."""

import sys
from contextlib import contextmanager

HOOKS = "datatracing_airflow/listener.py"


@contextmanager
def queries_of_hooks():
    """A list that fills with the SQL of hooks: of the thread that the hook runs on, however deep below it."""
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    found: list[str] = []

    def note(_connection, _cursor, statement, *_rest):
        if _inside_a_hook():
            found.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def _inside_a_hook() -> bool:
    frame = sys._getframe()
    while frame is not None:
        if frame.f_code.co_filename.endswith(HOOKS):
            return True
        frame = frame.f_back
    return False
