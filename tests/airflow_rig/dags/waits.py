"""Setup and teardown, and tasks that leave their process before they end."""

import os
from datetime import timedelta

from airflow.providers.standard.sensors.python import PythonSensor
from airflow.providers.standard.triggers.temporal import TimeDeltaTrigger
from airflow.sdk import BaseOperator, dag, get_current_context, task

WAIT = float(os.environ.get("RIG_WAIT", "15"))
"""Seconds. After a shorter wait a busy Airflow takes the end of the first process for that of the second: failed."""


class Patient(BaseOperator):
    """Waits in the triggerer, then ends in a second process of the same attempt."""

    def execute(self, context):
        self.defer(trigger=TimeDeltaTrigger(timedelta(seconds=WAIT)), method_name="resume")

    def resume(self, context, event=None):
        return "waited"


@dag
def setup_teardown():
    @task
    def create():
        return 1

    @task
    def work():
        raise ValueError("the work fails, the teardown still runs")

    @task
    def destroy():
        return 1

    made = create()
    made >> work() >> destroy().as_teardown(setups=made)


@dag
def deferred_task():
    @task
    def load():
        return 1

    Patient(task_id="patient") >> load()


def _asked_before():
    context = get_current_context()
    return context["ti"].get_first_reschedule_date(context) is not None


@dag
def rescheduling_sensor():
    @task
    def load():
        return 1

    (
        PythonSensor(
            task_id="sensor", python_callable=_asked_before, mode="reschedule", poke_interval=WAIT, timeout=120
        )
        >> load()
    )


setup_teardown()
deferred_task()
rescheduling_sensor()
