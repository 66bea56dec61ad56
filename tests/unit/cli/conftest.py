"""The command line in this process, over a SQLite store of the test's own."""

from types import SimpleNamespace

import pytest

from datatracing.cli.app import run
from datatracing.connection import connect


@pytest.fixture
def home(tmp_path, monkeypatch):
    """Nothing of this machine's own settings, and a terminal of 80 cells without colour."""
    for name in (
        "XDG_DATA_HOME",
        "XDG_STATE_HOME",
        "DATATRACING_STORE",
        "DATATRACING_TOKEN",
        "AIRFLOW_HOME",
        "AIRFLOW_CONFIG",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("DATATRACING_SPOOL_DIR", str(tmp_path / "spool"))
    return tmp_path


@pytest.fixture
def store(home, sqlite_url, monkeypatch):
    """A store of the test's own, named by the environment."""
    monkeypatch.setenv("DATATRACING_STORE", sqlite_url)
    connection = connect(sqlite_url)
    yield connection
    connection.close()


@pytest.fixture
def datatracing(home, capsys, monkeypatch):
    """`datatracing("runs", "--json")` answers with exit code, output, errors, and the line that names the store."""

    def call(*arguments, **environment):
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        code = run(arguments)
        printed = capsys.readouterr()
        lines = printed.err.splitlines(keepends=True)
        named = [line for line in lines if line.startswith("store ")]
        errors = "".join(line for line in lines if line not in named)
        return SimpleNamespace(code=code, out=printed.out, err=errors, store="".join(named))

    return call
