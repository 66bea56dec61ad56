"""An auth manager for the rig: the guest sees the DAGs named in [rig] guest_dags, and no others."""

from typing import Any

from airflow.api_fastapi.auth.managers.simple.simple_auth_manager import SimpleAuthManager
from airflow.configuration import conf


class GuestsSeeLess(SimpleAuthManager):
    """Airflow's simple users, except that `guest` is denied most DAGs. "Any DAG" (no details) stays allowed."""

    def is_authorized_dag(self, *, user: Any, details: Any = None, **asked: Any) -> bool:
        """False for the guest on a DAG that is not for guests."""
        if user.username == "guest" and details is not None and details.id not in _for_guests():
            return False
        return super().is_authorized_dag(user=user, details=details, **asked)


def _for_guests() -> set[str]:
    return set(conf.get("rig", "guest_dags", fallback="").split())
