"""Tasks that end without being able to say so, and tasks and runs that are ended from outside."""

import os
import signal
import time
from datetime import timedelta

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import dag, get_current_context, task

LONG = 600
"""Seconds; nobody waits that long, the task is ended from outside."""


def _die():
    os.kill(os.getpid(), signal.SIGKILL)


@dag
def killed_task():
    @task(retries=1, retry_delay=timedelta(0))
    def killed_once():
        if get_current_context()["ti"].try_number == 1:
            _die()

    @task
    def killed_for_good():
        _die()

    @task
    def load():
        return 1

    [killed_once(), killed_for_good()] >> load()


@dag
def killed_worker():
    """The supervisor dies with its task: nobody is left who could report it."""

    @task
    def orphaned():
        os.kill(os.getppid(), signal.SIGKILL)
        _die()

    orphaned()


@dag
def silent_ends():
    @task
    def exits_at_once():
        os._exit(0)

    @task
    def exits_with_code():
        raise SystemExit(7)

    exits_at_once()
    exits_with_code()
    BashOperator(task_id="cannot_render", bash_command="{{ no_such_name.at_all }}")


@task
def long_task():
    """Says that it is really at work: Airflow calls it running long before."""
    get_current_context()["ti"].xcom_push("at_work", True)
    time.sleep(LONG)


@task
def load():
    return 1


@dag
def marked_success():
    long_task() >> load()


@dag
def marked_failed():
    long_task() >> load()


@dag
def run_marked_failed():
    """The second long task is a leaf: a scheduler that overwrites the mark (it happens) comes to failed as well."""
    long_task() >> load()
    long_task.override(task_id="another_long_task")()


@dag(schedule=None, dagrun_timeout=timedelta(seconds=25))
def run_timeout():
    long_task() >> load()


@dag
def cleared_and_rerun():
    @task
    def extract():
        return 1

    @task
    def transform():
        return 2

    @task
    def load():
        return 3

    extract() >> transform() >> load()


killed_task()
killed_worker()
silent_ends()
marked_success()
marked_failed()
run_marked_failed()
run_timeout()
cleared_and_rerun()
