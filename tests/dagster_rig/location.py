"""A user's code location for a real daemon: everything in it starts by itself, and nothing of ours is in it."""

import os
import signal

from dagster import (
    AssetSelection,
    AutomationCondition,
    AutomationConditionSensorDefinition,
    DagsterRunStatus,
    DefaultSensorStatus,
    Definitions,
    RunRequest,
    SkipReason,
    StaticPartitionsDefinition,
    asset,
    asset_sensor,
    define_asset_job,
    in_process_executor,
    job,
    op,
    run_status_sensor,
    sensor,
)

ON = {"default_status": DefaultSensorStatus.RUNNING, "minimum_interval_seconds": 1}
DAYS = StaticPartitionsDefinition(["monday", "tuesday"])
WARM_UP = 2
"""Ticks of the starter until the other sensors know where they begin."""


@op
def work():
    return 1


@op
def work_when_asked_again(context):
    if context.run.parent_run_id is None:
        raise ValueError("no luck, this time")


@op
def kill_the_run():
    os.kill(os.getpid(), signal.SIGKILL)


@job
def seed():
    work()


@job
def after_seed():
    work()


@job
def after_landing():
    work()


@job(tags={"dagster/max_retries": "1"})
def unlucky():
    work_when_asked_again()


@job
def doomed():
    kill_the_run()


@job(partitions_def=DAYS)
def by_day():
    work()


@asset
def landed():
    return 1


@asset(deps=[landed], automation_condition=AutomationCondition.eager())
def derived():
    return 1


land = define_asset_job("land", [landed])


@sensor(jobs=[seed, land, unlucky, doomed], **ON)
def starter(context):
    ticks = int(context.cursor or 0) + 1
    context.update_cursor(str(ticks))
    if ticks != WARM_UP:
        return SkipReason("not yet, or not again")
    return [RunRequest(run_key=name, job_name=name) for name in ("seed", "land", "unlucky", "doomed")]


@run_status_sensor(run_status=DagsterRunStatus.SUCCESS, monitored_jobs=[seed], request_job=after_seed, **ON)
def seed_watcher(_context):
    return RunRequest()


@asset_sensor(asset_key=landed.key, job=after_landing, **ON)
def landing_watcher(_context, _event):
    return RunRequest()


defs = Definitions(
    assets=[landed, derived],
    jobs=[seed, after_seed, after_landing, unlucky, doomed, by_day, land],
    sensors=[
        starter,
        seed_watcher,
        landing_watcher,
        AutomationConditionSensorDefinition("automation", target=AssetSelection.all(), **ON),
    ],
    executor=in_process_executor,
)
