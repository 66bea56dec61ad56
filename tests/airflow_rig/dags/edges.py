"""Ids at the edge of what Airflow allows. `tests.conformance.edges` has the words, so that the tests know them too."""

from airflow.sdk import dag, task

from tests.conformance.edges import LONG_NAME, UNICODE_NAME


@dag(dag_id=LONG_NAME, schedule=None)
def long_ids():
    @task(task_id=LONG_NAME)
    def first():
        return 1

    @task(task_id=UNICODE_NAME)
    def second():
        return 1

    first() >> second()


long_ids()
