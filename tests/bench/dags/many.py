"""Tasks that do nothing, so that what is measured is what surrounds them."""

import os
from datetime import timedelta

from airflow.sdk import dag, task


@task(retries=1, retry_delay=timedelta(seconds=1))
def nothing(number: int) -> int:
    return number


@dag(schedule=None, catchup=False)
def many():
    first = nothing.override(task_id="first")(0)
    first >> nothing.expand(number=list(range(int(os.environ["BENCH_TASKS"]) - 1)))


many()
