"""Airflow's own database session in a process that is none of Airflow's components.

Airflow's settings are taken piece by piece: an ordinary `import airflow` would also rewrite the logging of this
process, start OpenTelemetry's threads, and open the connection at an address that it may make up.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from datatracing.errors import StoreUnreachableError
from datatracing_airflow import compat

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

DATABASE = "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"
FORBIDDEN = "airflow-db-not-allowed"
"""What Airflow puts there in a task's process, and so for all that a task starts."""


def reachable(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether this process may read Airflow's database, as far as can be told without importing Airflow.

    Without a configuration Airflow would make one, and an empty database beside it.
    """
    from datatracing_airflow.airflow_cfg import configuration

    installed = compat.version()
    if installed is None or installed < compat.FULL or forbidden(environ):
        return False
    named = any(environ.get(DATABASE + ending) for ending in ("", "_CMD", "_SECRET"))
    return named or configuration(environ).is_file()


def forbidden(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether Airflow has taken its database away from this process, as it does from every worker's."""
    return environ.get(DATABASE, "").startswith(FORBIDDEN)


def begin() -> None:
    """Import Airflow and make its engine, which connects when it is first used."""
    from datatracing_airflow import tracer

    tracer.silence()
    compat.initialize()


@contextmanager
def reading() -> Iterator["Session"]:
    """A session of our own, for the length of a block. StoreUnreachableError when the database does not answer."""
    from airflow.utils.session import create_session
    from sqlalchemy.exc import InterfaceError, OperationalError

    try:
        with create_session(scoped=False) as session:
            yield session
    except (InterfaceError, OperationalError) as error:
        # Without the message, which shows a statement and its values.
        raise StoreUnreachableError(f"Airflow's database does not answer ({type(error.orig).__name__})") from None


def end() -> None:
    """Give back the connections."""
    from airflow.settings import dispose_orm

    dispose_orm()
