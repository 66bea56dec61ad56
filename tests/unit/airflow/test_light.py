"""What a task's process pays for us: standard library only, a few milliseconds, and nothing that outlives a hook."""

import json
import subprocess
import sys

import pytest

HEAVY = ("sqlalchemy", "alembic", "pydantic", "pydantic_settings", "fastapi", "orjson", "typer")
LIGHT = (
    "agenda", "attendance", "compat", "links", "mapping", "session", "settings", "states", "tracer", "tries", "watcher",
)  # fmt: skip
CPU = 0.010
"""Seconds that a task's process may pay in all."""
UNNOTICED = 0.05
"""Seconds, on a machine that has other things to do; on an idle one it is as long as the CPU is used."""
TASKS = 20

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
def test_law1_what_hooks_need_imports_nothing_heavy(module):
    program = BLOCKER.replace("{heavy}", repr(set(HEAVY) | {"airflow"})).replace("{module}", module)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def paid(tmp_path_factory):
    """What tasks saw of themselves, each a fork of a process that has loaded us, as in a scheduler."""
    folder = tmp_path_factory.mktemp("light")
    command = [sys.executable, "-m", "tests.unit.airflow.light", str(folder), str(TASKS)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_law1_a_task_imports_nothing_but_the_standard_library_for_us(paid):
    ours = {"datatracing", "datatracing_airflow"}
    assert {name.partition(".")[0] for name in paid["modules"]} <= ours | sys.stdlib_module_names
    assert {"asyncio", "http", "multiprocessing", "sqlite3", "ssl"}.isdisjoint(paid["modules"])


def test_law1_a_task_holds_one_file_for_us_and_no_thread(paid):
    for task in paid["tasks"]:
        assert task["threads"] == ["MainThread"]
        assert [file.rpartition(".")[2] for file in task["opened"]] == ["spool"]
        assert task["left"] == [], "when it exits the kernel has nothing of ours to close"


def test_law1_a_task_pays_a_few_milliseconds(paid, record_property):
    """The cheapest of many: the machine is busy with other things too."""
    cheapest = {what: min(task[what] for task in paid["tasks"]) for what in ("cpu", "wall", "imported")}
    record_property("seconds of CPU, seconds, modules", cheapest)
    assert cheapest["cpu"] < CPU
    assert cheapest["wall"] < UNNOTICED
    assert cheapest["imported"] == 0
