"""A DAG that Airflow loads only where nobody listens."""

from airflow.sdk import BaseOperator, dag


class EndsFromTrigger(BaseOperator):
    """Would let its trigger end it, without a second process."""

    end_from_trigger = True

    def execute(self, context):
        return None


@dag
def ends_from_trigger():
    EndsFromTrigger(task_id="task")


ends_from_trigger()
