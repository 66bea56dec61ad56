"""Airflow's own database. Migrating takes seconds, so it is done once per session and Airflow, and copied from then on.

A cluster gets a Postgres: on SQLite, Airflow's api-server can wait for itself (a write inside its event loop, for a
transaction that only the loop can end), and stands still until the lock times out.
"""

import re
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from tests.airflow_rig.home import Home
from tests.postgres_server import Server, locked


def sqlite_metadata(home: Home, cache: Path) -> None:
    """A file in the home. `cache` is a folder shared by everyone who tests this Airflow."""
    cache.mkdir(parents=True, exist_ok=True)
    blank = cache / f"{_blank_name(home)}.db"
    with locked(cache / "lock"):
        if not blank.exists():
            making = replace(home, folder=cache / "home").furnish()
            _migrate(making)
            (making.folder / "airflow.db").rename(blank)
    shutil.copyfile(blank, home.folder / "airflow.db")


@contextmanager
def postgres_metadata(home: Home, server: Server, cache: Path) -> Iterator[str]:
    """The URL of a database for the length of a block."""
    cache.mkdir(parents=True, exist_ok=True)
    name, blank = f"airflow_{uuid.uuid4().hex[:8]}", _blank_name(home)
    with server.connect() as admin:
        with locked(cache / "lock"):
            if not admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [blank]).fetchone():
                admin.execute(f"CREATE DATABASE making_{blank}")
                _migrate(replace(home, folder=cache / "home", metadata=server.url(f"making_{blank}")).furnish())
                admin.execute(f"ALTER DATABASE making_{blank} RENAME TO {blank}")
        admin.execute(f"CREATE DATABASE {name} TEMPLATE {blank} STRATEGY file_copy")
        yield server.url(name)
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _blank_name(home: Home) -> str:
    return "blank" + re.sub(r"\W+", "_", str(home.python.parent.parent)).lower()[-50:]


def _migrate(home: Home) -> None:
    command = [str(home.python), "-m", "airflow", "db", "migrate"]
    done = subprocess.run(command, env=home.environment, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
