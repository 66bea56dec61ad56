"""Tasks that are decided not to run."""

from airflow.exceptions import AirflowSkipException  # where Airflow 3.1 has it
from airflow.sdk import dag, task


@dag
def self_skip():
    @task
    def optional():
        raise AirflowSkipException("nothing to do today")

    @task
    def dependent():
        return 1

    @task(trigger_rule="none_failed")
    def tolerant():
        return 1

    optional() >> dependent() >> tolerant()


@dag
def branch_skip():
    @task.branch
    def choose():
        return "left"

    @task
    def left():
        return 1

    @task
    def right():
        return 1

    @task(trigger_rule="none_failed_min_one_success")
    def join():
        return 1

    choose() >> [left(), right()] >> join()


@dag
def short_circuit():
    @task.short_circuit
    def gate():
        return False

    @task
    def first():
        return 1

    @task
    def second():
        return 1

    gate() >> first() >> second()


self_skip()
branch_skip()
short_circuit()
