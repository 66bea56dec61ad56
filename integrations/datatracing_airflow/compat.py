"""The only file that knows of Airflow versions. In full: 3.1, 3.2, 3.3. Events alone: 3.0, held to SQLAlchemy 1.4.

What changed between them: `dag_run.partition_key` came with 3.2; 3.0 has neither the hook for a skip nor, with its
SQLAlchemy, anything that our store could run on. Airflow's two libraries each have a secrets masker of their own, and
in 3.0 there is one, under another name.
"""

import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, FromClause

FULL = (3, 1)
"""The first version whose environment can hold our store."""
MASKERS = (
    "airflow._shared.secrets_masker.secrets_masker",
    "airflow.sdk._shared.secrets_masker.secrets_masker",
)
MASKER_OF_3_0 = "airflow.sdk.execution_time.secrets_masker"


LIBRARY = "_AIRFLOW__AS_LIBRARY"
"""While this variable is set, importing Airflow sets up nothing."""
STEPS = (
    "configure_vars",
    "prepare_syspath_for_config_and_plugins",
    "import_local_settings",
    "_configure_secrets_masker",
    "configure_orm",
)
"""Of `airflow.settings.initialize`, what its database needs: an installation may say in its local settings how one
logs in there."""


def version() -> tuple[int, int] | None:
    """Major and minor of the Airflow that is installed, without importing it; None where there is none."""
    from importlib import metadata

    try:
        major, minor = metadata.version("apache-airflow-core").split(".")[:2]
    except metadata.PackageNotFoundError:
        return None
    return int(major), int(minor)


def initialize() -> None:
    """Airflow's settings and its engine, in a process where nothing of Airflow is at work yet."""
    os.environ[LIBRARY] = "1"
    try:
        from airflow import settings
    finally:
        del os.environ[LIBRARY]
    from airflow.configuration import conf

    for step in (getattr(settings, name, None) for name in STEPS):
        if step is not None:
            step()
    conf.mask_secrets()  # type: ignore[no-untyped-call]  # Airflow has no annotation there


def mask(text: str) -> str:
    """What Airflow itself would write to a log: the passwords of connections and variables it has handed out.

    A masker that nothing has imported knows no secret, so none is imported for this.
    """
    names = [name for name in MASKERS if name in sys.modules] or [MASKER_OF_3_0]
    for module in (sys.modules[name] for name in names if name in sys.modules):
        text = str(module.redact(text))
    return text


def present(table: "FromClause", names: Iterable[str]) -> "Mapping[str, ColumnElement[Any]]":
    """Those of the columns that this version of Airflow has."""
    return {name: table.columns[name] for name in names if name in table.columns}


TEAMS_AT_ONCE = 500
"""Names in one query: a database limits its parameters."""


def team_names(dag_ids: "Sequence[str]") -> "Mapping[str, str | None]":
    """Whose these DAGs are, where DAGs belong to teams at all. Before 3.2 Airflow could only be asked for one."""
    from airflow.configuration import conf
    from airflow.models.dag import DagModel

    if not conf.getboolean("core", "multi_team", fallback=False):
        return {}
    if not hasattr(DagModel, "get_dag_id_to_team_name_mapping"):
        return {dag_id: DagModel.get_team_name(dag_id) for dag_id in dag_ids}
    found: dict[str, str | None] = {}
    for start in range(0, len(dag_ids), TEAMS_AT_ONCE):
        found |= DagModel.get_dag_id_to_team_name_mapping(list(dag_ids[start : start + TEAMS_AT_ONCE]))
    return found
