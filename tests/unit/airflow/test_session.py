"""Whether Airflow's database may be read from here is known before Airflow, which takes seconds, is imported."""

import os
import subprocess
import sys

import pytest

from datatracing_airflow.session import reachable


def home(folder):
    (folder / "airflow.cfg").write_text("[core]\n")
    return {"AIRFLOW_HOME": str(folder)}


def test_with_airflows_file_it_is(tmp_path):
    assert reachable(home(tmp_path))


@pytest.mark.parametrize("ending", ["", "_CMD", "_SECRET"])
def test_with_a_variable_that_names_the_database_it_is(tmp_path, ending):
    assert reachable({"AIRFLOW_HOME": str(tmp_path), f"AIRFLOW__DATABASE__SQL_ALCHEMY_CONN{ending}": "something"})


def test_where_nothing_is_configured_it_is_not_and_no_airflow_is_made_there(tmp_path):
    assert not reachable({"AIRFLOW_HOME": str(tmp_path)})
    assert not list(tmp_path.iterdir())


def test_in_what_a_task_has_started_it_is_not(tmp_path):
    assert not reachable({**home(tmp_path), "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": "airflow-db-not-allowed:///"})


def test_asking_imports_neither_airflow_nor_a_database_library(tmp_path):
    program = (
        "import sys; from datatracing_airflow.watcher import open_watcher; print(open_watcher(None, None));"
        "print([name for name in ('airflow', 'sqlalchemy') if name in sys.modules])"
    )
    environ = {**os.environ, "AIRFLOW_HOME": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", program], env=environ, capture_output=True, text=True, check=True)
    assert done.stdout.split("\n") == ["None", "[]", ""]
