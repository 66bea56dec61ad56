"""An auth manager for the rig: users who may read less of a DAG than Airflow's simple users, or fewer DAGs."""

from typing import Any

from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity
from airflow.api_fastapi.auth.managers.simple.simple_auth_manager import SimpleAuthManager
from airflow.configuration import conf

PARTS = (None, DagAccessEntity.RUN, DagAccessEntity.TASK_INSTANCE, DagAccessEntity.TASK_LOGS)
GRADES = {"dag_only": PARTS[:1], "dag_runs": PARTS[:2], "dag_tasks": PARTS[:3], "all_parts": PARTS}
"""What each of these users may read of a DAG; None is the DAG itself. No DAG that is called hidden."""


class GuestsSeeLess(SimpleAuthManager):
    """Airflow's simple users, except that `guest` sees the DAGs named in [rig] guest_dags, and the users of GRADES so
    much of each. "Any DAG" (no details) stays allowed."""

    def is_authorized_dag(self, *, user: Any, details: Any = None, access_entity: Any = None, **asked: Any) -> bool:
        """False for what is not for this user."""
        if details is not None and not _for(user.username, details.id, access_entity):
            return False
        return super().is_authorized_dag(user=user, details=details, access_entity=access_entity, **asked)


def _for(user: str, dag_id: str, entity: Any) -> bool:
    if user == "guest":
        return dag_id in conf.get("rig", "guest_dags", fallback="").split()
    return user not in GRADES or (entity in GRADES[user] and ".hidden." not in dag_id)
