"""Pipelines whose rows are put by hand, or by Airflow's own functions, into the states that a test is about."""

from datetime import datetime, timezone

from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import Asset, dag, task

BEGIN = datetime(2026, 1, 1, tzinfo=timezone.utc)
REPORT = Asset("s3://rows/report")


@dag(start_date=BEGIN, schedule=None, tags=["rows"])
def chain():
    @task
    def one():
        return 1

    @task
    def two(x):
        return x

    two(one())


@dag(start_date=BEGIN, schedule=None)
def wide():
    @task
    def each(x):
        return x

    each.expand(x=list(range(300)))


@dag(start_date=BEGIN, schedule=None)
def writer():
    @task(outlets=[REPORT])
    def write():
        return 1

    write()


@dag(start_date=BEGIN, schedule=[REPORT])
def reader():
    @task
    def read():
        return 1

    read()


@dag(start_date=BEGIN, schedule=None)
def trigger():
    TriggerDagRunOperator(task_id="send", trigger_dag_id="{{ 'chain' }}", trigger_run_id="sent")


PIPELINES = {each.dag_id: each for each in (chain(), wide(), writer(), reader(), trigger())}
