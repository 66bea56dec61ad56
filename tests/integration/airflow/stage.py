"""A real Airflow without components: a program of ours runs in it, and writes what it saw as JSON."""

import json
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.airflow_rig.home import REPOSITORY, Home
from tests.airflow_rig.metadata import sqlite_metadata

DAGS = Path(__file__).with_name("direct") / "dags"
TIMEOUT = 240


def stage(folder: Path, blank: Path, pipelines: str, settings: Mapping[str, str]) -> Home:
    """An AIRFLOW_HOME in this folder with one file of DAGs, which a program may rewrite."""
    (folder / "dags").mkdir(parents=True)
    shutil.copy(DAGS / pipelines, folder / "dags")
    # Without this, Airflow takes no second version of a DAG within half a minute.
    settings = {"AIRFLOW__CORE__MIN_SERIALIZED_DAG_UPDATE_INTERVAL": "0", **settings}
    home = Home(folder / "home", dags=folder / "dags", settings=settings).furnish()
    sqlite_metadata(home, blank)
    return home


def play(home: Home, program: str, *arguments: object, timeout: float = TIMEOUT) -> Any:
    """What `direct/<program>.py OUT ...` wrote to OUT. Everything it printed is in the error, if it fails."""
    out = home.folder.parent / f"{program}.json"
    command = [str(home.python), "-m", f"tests.integration.airflow.direct.{program}", str(out), *map(str, arguments)]
    done = subprocess.run(
        command, env=home.environment, cwd=REPOSITORY, capture_output=True, text=True, check=False, timeout=timeout
    )
    (home.folder.parent / f"{program}.log").write_text(done.stdout + done.stderr)
    assert done.returncode == 0, (done.stdout + done.stderr)[-5_000:]
    return json.loads(out.read_text())
