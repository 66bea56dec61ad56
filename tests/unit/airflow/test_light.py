"""What a task's process loads of the plugin is standard library only: Airflow 3.0 could not even import our store."""

import subprocess
import sys

import pytest

HEAVY = ("sqlalchemy", "alembic", "pydantic", "pydantic_settings", "fastapi", "orjson", "typer")
LIGHT = ("agenda", "compat", "finalizer", "links", "mapping", "settings", "states", "tracer", "tries")

BLOCKER = """
import sys

class Blocked:
    def find_spec(self, name, *_rest):
        if name.partition(".")[0] in {heavy}:
            raise ImportError(name + " is not for a task's process")

sys.meta_path.insert(0, Blocked())
import datatracing_airflow.{module}
"""


@pytest.mark.parametrize("module", LIGHT)
def test_law_1_what_hooks_need_imports_nothing_heavy(module):
    program = BLOCKER.replace("{heavy}", repr(set(HEAVY) | {"airflow"})).replace("{module}", module)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
