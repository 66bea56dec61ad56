"""Runs that cause runs."""

from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import Asset, dag, task

ORDERS = Asset("file://rig/orders")


@dag
def triggers_child():
    TriggerDagRunOperator(task_id="trigger", trigger_dag_id="triggered_child")


@dag
def triggered_child():
    @task
    def work():
        return 1

    work()


@dag
def writes_asset():
    @task(outlets=[ORDERS])
    def write():
        return 1

    write()


@dag(schedule=[ORDERS])
def asset_triggered():
    @task(inlets=[ORDERS])
    def read():
        return 1

    read()


triggers_child()
triggered_child()
writes_asset()
asset_triggered()
