"""What Airflow's auth manager lets a user see, asked per DAG and for each part of it, and remembered for one request.

A run is there for who may read its DAG and the DAG's runs; its tasks for who may read task instances too, its texts for
who may read logs as well. A DAG that Airflow has deleted, and whose team it so no longer knows, is nobody's.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from airflow.api_fastapi.app import get_auth_manager  # noqa: TID253  # only an api-server imports this module
from airflow.api_fastapi.auth.managers.models.base_user import BaseUser  # noqa: TID253  # same
from airflow.api_fastapi.auth.managers.models.batch_apis import IsAuthorizedDagRequest  # noqa: TID253  # same
from airflow.api_fastapi.auth.managers.models.resource_details import (  # noqa: TID253  # same
    DagAccessEntity,
    DagDetails,
)
from airflow.models.dag import DagModel  # noqa: TID253  # same
from airflow.utils.session import create_session  # noqa: TID253  # same
from sqlalchemy import select

from datatracing.access.visibility import Level, Visibility
from datatracing_airflow.compat import team_names

ENTITIES = {
    Level.RUN: (None, DagAccessEntity.RUN),
    Level.TASKS: (DagAccessEntity.TASK_INSTANCE,),
    Level.TEXTS: (DagAccessEntity.TASK_LOGS,),
}
"""What has to be allowed for a level, beside all that the levels before it take. None is the DAG itself."""


@dataclass(frozen=True, eq=False)
class OfUser(Visibility):
    """One user's view of one Airflow, for the time of a request."""

    user: BaseUser = field(kw_only=True)
    by_pipeline: ClassVar[bool] = True
    known: dict[str, Level] = field(default_factory=dict)
    """At least this much, per DAG, as far as it has been asked."""
    settled: set[str] = field(default_factory=set)
    """The DAGs of which all has been asked."""

    def level_of(self, pipeline: str) -> Level:
        """See Visibility. Asks for one level after the other, up to the first that is denied."""
        if pipeline not in self.settled:
            self.settled.add(pipeline)
            self.known[pipeline] = self._asked(pipeline, self.known.get(pipeline, Level.NOTHING))
        return self.known[pipeline]

    def narrow(self, pipelines: Collection[str]) -> Collection[str]:
        """See Visibility. One question for all, where the auth manager has an answer for that."""
        readable = get_auth_manager().get_authorized_dag_ids(user=self.user, method="GET")
        seen = self._allowed(sorted(readable.intersection(pipelines)), DagAccessEntity.RUN)
        self.known.update((dag_id, Level.RUN) for dag_id in seen if dag_id not in self.settled)
        return seen

    def _asked(self, dag_id: str, level: Level) -> Level:
        if level is Level.NOTHING and not _exists(dag_id):
            return level
        for further, entities in ENTITIES.items():
            if further > level and not all(self._allowed([dag_id], entity) for entity in entities):
                break
            level = max(level, further)
        return level

    def _allowed(self, dag_ids: Sequence[str], entity: DagAccessEntity | None) -> list[str]:
        teams = team_names(dag_ids)
        details = [DagDetails(id=dag_id, team_name=teams.get(dag_id)) for dag_id in dag_ids]
        return [each.id for each in self._by_halves(details, entity) if each.id is not None]

    def _by_halves(self, details: Sequence[DagDetails], entity: DagAccessEntity | None) -> Sequence[DagDetails]:
        """Mostly all are allowed, or all of a kind: an auth manager that decides elsewhere is asked little then."""
        asked = [IsAuthorizedDagRequest(method="GET", access_entity=entity, details=each) for each in details]
        if not asked or get_auth_manager().batch_is_authorized_dag(asked, user=self.user):
            return details
        half = len(details) // 2
        return [*self._by_halves(details[:half], entity), *self._by_halves(details[half:], entity)] if half else []


def _exists(dag_id: str) -> bool:
    """Compared here: some databases find a name in other capitals too."""
    with create_session() as session:
        return session.scalar(select(DagModel.dag_id).where(DagModel.dag_id == dag_id)) == dag_id
