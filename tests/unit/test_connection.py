"""A host that forks loads everything first."""

import subprocess
import sys

import pytest

LOADED = """
import sys
from datatracing.connection import connect, load
load({url!r})
before = set(sys.modules)
connection = connect({url!r}, migrate={migrate})
heavy = {{"datatracing", "sqlalchemy", "alembic", "psycopg", "pydantic"}}
print(sorted(name for name in set(sys.modules) - before if name.split(".")[0] in heavy))
"""


@pytest.mark.parametrize(
    ("url", "migrate"),
    [
        ("sqlite:///{folder}/traces.db", True),
        ("postgresql+psycopg://nobody@127.0.0.1:1/traces", False),
        ("http://127.0.0.1:1/datatracing", False),
    ],
)
def test_law_1_after_load_a_connection_imports_nothing_more(url, migrate, tmp_path):
    code = LOADED.format(url=url.format(folder=tmp_path), migrate=migrate)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
