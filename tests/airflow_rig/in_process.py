"""Plays DAGs one after the other with dag.test(), all in this process: run by the tests, not imported.

Usage: python -m tests.airflow_rig.in_process DAG_ID...
"""

import sys
from contextlib import suppress
from functools import cache
from importlib import import_module
from typing import Any

from tests.airflow_rig.home import DAGS

DAG_BAGS = ("airflow.dag_processing.dagbag", "airflow.models.dagbag")
"""Where Airflow has its reader of DAG files; 3.1 has only the second."""


def main(names: list[str]) -> None:
    """Each once, whatever comes of it: a run that fails is a run like any other."""
    dags = _dags()
    _keep_the_server()
    for name in names:
        with suppress(Exception):
            dags[name].test()


def _dags() -> dict[str, Any]:
    for module in DAG_BAGS:
        with suppress(ImportError):
            return import_module(module).DagBag(str(DAGS)).dags
    raise ImportError("this Airflow has its DagBag somewhere else")


def _keep_the_server() -> None:
    """Airflow 3.3 makes its in-process API server once, as this does; before, every task made one for seconds."""
    supervisor = import_module("airflow.sdk.execution_time.supervisor")
    supervisor.in_process_api_server = cache(supervisor.in_process_api_server)


if __name__ == "__main__":
    main(sys.argv[1:])
