"""Plays jobs one after the other, in a process of its own: run by the tests, not imported.

Usage: DAGSTER_HOME=... python -m tests.dagster_rig.play in_process|apart JOB...
Prints a line `JOB RUN_ID` for each run.
"""

import os
import sys
from contextlib import suppress
from typing import Any

from dagster import (
    AssetKey,
    DagsterInstance,
    ReexecutionOptions,
    RunsFilter,
    execute_job,
    reconstructable,
)
from dagster._core.definitions.reconstruct import ReconstructableJob, ReconstructableRepository

from tests.dagster_rig import assets, burst, jobs, traced

AGAIN = {"reexecuted": "unlucky_map"}
"""Names for the last run of a job, executed again from where it failed."""
QUIET = {"console": {"config": {"log_level": "ERROR"}}}
PARTS = {"__ASSET_JOB": [AssetKey("paid"), AssetKey("refunded"), AssetKey("refunds")]}
"""What somebody marks in the asset graph before he presses Materialize."""


def main(executor: str, names: list[str]) -> None:
    """Each in turn, whatever comes of it: a run that fails is a run like any other."""
    os.environ["RIG_RUN_PROCESS"] = str(os.getpid())
    with DagsterInstance.get() as instance:
        for name in names:
            with suppress(KeyboardInterrupt):
                play(instance, executor, name)
            [record] = instance.get_run_records(limit=1)
            print(name, record.dagster_run.run_id, flush=True)


def play(instance: DagsterInstance, executor: str, name: str) -> None:
    chosen = {"in_process": {}} if executor == "in_process" else {"multiprocess": jobs.FORKING}
    more: dict[str, Any] = {"asset_selection": PARTS[name]} if name in PARTS else {}
    if name in AGAIN:
        [record] = instance.get_run_records(RunsFilter(job_name=AGAIN[name]), limit=1)
        more["reexecution_options"] = ReexecutionOptions.from_failure(record.dagster_run.run_id, instance)
    execute_job(
        target(AGAIN.get(name, name)),
        instance=instance,
        run_config={"execution": {"config": chosen}, "loggers": QUIET},
        raise_on_error=False,
        **more,
    )


def target(job: str) -> ReconstructableJob:
    for module in (jobs, traced, burst):
        if hasattr(module, job):
            return reconstructable(getattr(module, job))
    return ReconstructableRepository.for_module(assets.__name__, "defs").get_reconstructable_job(job)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
