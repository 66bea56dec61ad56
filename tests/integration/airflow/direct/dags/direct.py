"""Pipelines for dag.test(): what a hook sees of a task, and what one task can tell of other runs."""

from datetime import datetime, timedelta, timezone

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.providers.standard.sensors.external_task import ExternalTaskSensor
from airflow.providers.standard.triggers.temporal import TimeDeltaTrigger
from airflow.sdk import Asset, BaseOperator, Variable, dag, get_current_context, task, task_group

BEGIN = datetime(2026, 1, 1, tzinfo=timezone.utc)
ORDERS, REPORT = Asset("s3://shop/orders"), Asset("s3://shop/report")


class UnreadableError(Exception):
    """Says nothing about itself."""

    def __str__(self):
        raise RuntimeError("no")


class Patient(BaseOperator):
    """Comes back in another execution of the same attempt."""

    def execute(self, context):
        self.defer(trigger=TimeDeltaTrigger(timedelta(seconds=0)), method_name="resume")

    def resume(self, context, event=None):
        return "waited"


@dag(start_date=BEGIN, schedule=None, tags=["shop", "nightly"], default_args={"owner": "ann"})
def shop():
    @task(inlets=[ORDERS])
    def extract():
        return [1, 2]

    @task(retries=1, retry_delay=timedelta(0), pool="default_pool", queue="slow")
    def flaky():
        if get_current_context()["ti"].try_number == 1:
            raise ValueError("cannot log in with password=opensesame123")

    @task(map_index_template="{{ label }}")
    def each(row):
        get_current_context()["label"] = f"row {row}"

    @task(outlets=[REPORT])
    def report():
        return 1

    rows = extract()
    flaky() >> rows
    each.expand(row=rows) >> report()


@dag(start_date=BEGIN, schedule=None)
def broken():
    @task
    def unreadable():
        raise UnreadableError

    @task
    def caused():
        try:
            raise KeyError("the cause")  # noqa: TRY301  # two errors in one traceback is what it is for
        except KeyError as error:
            raise RuntimeError("the effect") from error

    @task
    def deep(left=200):
        return deep.function(left - 1) if left else 1 / 0

    @task
    def never():
        return 1

    [unreadable(), caused(), deep()] >> never() >> EmptyOperator(task_id="nothing")


@dag(start_date=BEGIN, schedule=None)
def parent():
    TriggerDagRunOperator(task_id="generated", trigger_dag_id="plain")
    TriggerDagRunOperator(task_id="chosen", trigger_dag_id="plain", trigger_run_id="chosen by {{ dag.dag_id }}")
    taken = {"trigger_dag_id": "plain", "trigger_run_id": "taken", "skip_when_already_exists": True}
    TriggerDagRunOperator(task_id="takes", **taken) >> TriggerDagRunOperator(task_id="too_late", **taken)


@dag(start_date=BEGIN, schedule=None)
def waiter():
    same = {"external_dag_id": "shop", "poke_interval": 1, "timeout": 5}
    ExternalTaskSensor(task_id="same_date", **same)
    ExternalTaskSensor(
        task_id="day_before", execution_delta=timedelta(days=1), check_existence=False, soft_fail=True, **same
    )


@dag(start_date=BEGIN, schedule=None)
def patient():
    Patient(task_id="patient")


@dag(start_date=BEGIN, schedule=None)
def grouped():
    @task
    def first(x):
        return x

    @task
    def second(x):
        return x

    @task_group
    def pair(x):
        return second(first(x))

    @task
    def collect(found):
        return 1

    setup = EmptyOperator(task_id="create").as_setup()
    teardown = EmptyOperator(task_id="destroy").as_teardown(setups=setup)
    with teardown:
        collect(pair.expand(x=[1, 2]))


@dag(start_date=BEGIN, schedule=None)
def secretive():
    @task
    def tell():
        value = Variable.get("the_api_key")
        raise ValueError(f"refused: {value}")

    tell()


@dag(start_date=BEGIN, schedule=None)
def plain():
    @task
    def one():
        return 1

    @task
    def two(x):
        return x

    two(one())


PIPELINES = {
    each.dag_id: each for each in (shop(), broken(), parent(), waiter(), patient(), grouped(), secretive(), plain())
}
