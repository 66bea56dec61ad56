"""Plays jobs one after the other, in a process of its own: run by the tests, not imported.

Usage: DAGSTER_HOME=... python -m tests.dagster_rig.play in_process|apart JOB...
Prints a line `JOB RUN_ID` for each run.
"""

import os
import sys
from contextlib import suppress

from dagster import DagsterInstance, execute_job, reconstructable

from tests.dagster_rig import jobs


def main(executor: str, names: list[str]) -> None:
    """Each once, whatever comes of it: a run that fails is a run like any other."""
    os.environ["RIG_RUN_PROCESS"] = str(os.getpid())
    with DagsterInstance.get() as instance:
        for name in names:
            with suppress(KeyboardInterrupt):
                play(instance, executor, name)
            [record] = instance.get_run_records(limit=1)
            print(name, record.dagster_run.run_id, flush=True)


def play(instance: DagsterInstance, executor: str, name: str) -> None:
    config = {"execution": {"config": {"in_process": {}}}} if executor == "in_process" else None
    execute_job(reconstructable(getattr(jobs, name)), instance=instance, run_config=config, raise_on_error=False)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
