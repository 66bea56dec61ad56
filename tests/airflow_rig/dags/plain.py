"""Chains, retries and failures."""

from datetime import timedelta

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import dag, get_current_context, task

AGAIN = {"retries": 1, "retry_delay": timedelta(0)}


@dag
def success_chain():
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


@dag
def retry_then_success():
    @task(**AGAIN)
    def flaky():
        if get_current_context()["ti"].try_number == 1:
            raise ValueError("the first attempt fails")

    @task
    def load():
        return 1

    flaky() >> load()


@dag
def retries_exhausted():
    @task(**AGAIN)
    def broken():
        raise ValueError("every attempt fails")

    @task
    def load():
        return 1

    broken() >> load()


@dag
def upstream_failed():
    @task
    def extract():
        raise ValueError("nothing to extract")

    @task
    def transform():
        return 1

    @task
    def load():
        return 1

    @task(trigger_rule="all_done")
    def report():
        return 1

    extract() >> transform() >> load() >> report()


@dag
def empty_operator():
    @task
    def work():
        return 1

    EmptyOperator(task_id="begin") >> work() >> EmptyOperator(task_id="end")


success_chain()
retry_then_success()
retries_exhausted()
upstream_failed()
empty_operator()
