"""The caveat in the README: any listener makes Airflow refuse DAGs that use `end_from_trigger`, ours too."""

import subprocess
from pathlib import Path

import pytest

from tests.airflow_rig.home import Home
from tests.airflow_rig.metadata import sqlite_metadata

DAGS = Path(__file__).with_name("caveat") / "dags"

pytestmark = pytest.mark.xdist_group("airflow-dag-test")


def import_errors(folder: Path, blank: Path, store: str) -> str:
    settings = {"DATATRACING_STORE": store, "DATATRACING_SPOOL_DIR": f"{folder}/spool"}
    home = Home(folder / "home", dags=DAGS, settings=settings).furnish()
    sqlite_metadata(home, blank)
    command = [str(home.python), "-m", "airflow", "dags", "list-import-errors", "--local", "-o", "plain"]
    done = subprocess.run(command, env=home.environment, capture_output=True, text=True, check=False, timeout=120)
    return done.stdout


def test_a_dag_with_end_from_trigger_is_refused_where_datatracing_listens(tmp_path: Path, blank: Path):
    assert "end_from_trigger" in import_errors(tmp_path, blank, f"sqlite:///{tmp_path}/traces.db")


def test_it_is_loaded_where_no_store_is_configured(tmp_path: Path, blank: Path):
    assert import_errors(tmp_path, blank, "").strip().endswith("No data found")
