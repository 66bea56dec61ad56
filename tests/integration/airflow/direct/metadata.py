"""Airflow's own tables, for the programs of this folder. Airflow is imported when a function is called."""

from contextlib import contextmanager


@contextmanager
def committed():
    from airflow.utils.session import create_session

    with create_session(scoped=False) as session:
        yield session


def instances(session, run_id):
    from airflow.models.taskinstance import TaskInstance
    from sqlalchemy import select

    found = session.scalars(select(TaskInstance).where(TaskInstance.run_id == run_id)).all()
    return {(ti.task_id, ti.map_index): ti for ti in found}


def run_row(session, dag_id, run_id):
    from airflow.models.dagrun import DagRun
    from sqlalchemy import select

    return session.scalar(select(DagRun).where(DagRun.dag_id == dag_id, DagRun.run_id == run_id))
