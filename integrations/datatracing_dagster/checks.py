"""What `datatracing doctor` asks about a Dagster that is installed here.

Dagster itself is imported only where DAGSTER_HOME names an instance to ask.
"""

import os
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from typing import TYPE_CHECKING

from datatracing.hosting.versions import installed, numbers
from datatracing.ops.finding import Finding

if TYPE_CHECKING:
    from dagster import DagsterInstance

FULL, BEST_EFFORT = (1, 9), (1, 7)
"""From which version on everything is tested, and from which on it is known to have worked."""
AMBIGUOUS = "postgresql://"
"""Means psycopg 3 from SQLAlchemy 2.1 on, and psycopg2 before."""


def findings(environ: Mapping[str, str] = os.environ) -> Iterator[Finding]:
    """Its version, its storage's driver, run monitoring, the daemon. Nothing when Dagster is not installed."""
    found = installed("dagster")
    if found is None:
        return
    yield version_of(found)
    if not environ.get("DAGSTER_HOME"):
        advice = "set DAGSTER_HOME to have the instance checked, too"
        yield Finding("dagster instance", ok=True, detail="DAGSTER_HOME is not set in this environment", advice=advice)
        return
    yield from _instance()


def version_of(found: str) -> Finding:
    """What works with this version of Dagster."""
    if numbers(found) >= FULL:
        return Finding("dagster", ok=True, detail=f"Dagster {found} is installed")
    advice = "upgrade to Dagster 1.9 or later"
    if numbers(found) >= BEST_EFFORT:
        return Finding("dagster", ok=False, detail=f"Dagster {found} is not tested with DataTracing", advice=advice)
    return Finding("dagster", ok=False, detail=f"Dagster {found} is too old", advice=advice)


def driver(url: str, sqlalchemy: str) -> Finding:
    """With this storage URL and this SQLAlchemy, does Dagster get the driver that it can work with?"""
    if not url.startswith(AMBIGUOUS) or numbers(sqlalchemy) < (2, 1):
        return Finding("dagster storage", ok=True, detail="its driver is the one that Dagster is made for")
    return Finding(
        "dagster storage",
        ok=False,
        detail=f"`{AMBIGUOUS}` means psycopg 3 with SQLAlchemy {sqlalchemy}, and Dagster's webserver dies with it",
        advice="write postgresql+psycopg2:// in dagster.yaml (or `scheme: postgresql+psycopg2` under postgres_db)",
    )


def _instance() -> Iterator[Finding]:
    from dagster import DagsterInstance

    try:
        instance = DagsterInstance.get()
    except Exception as error:
        first = str(error).strip().partition("\n")[0][:200]
        advice = "let DAGSTER_HOME name the folder of dagster.yaml"
        yield Finding("dagster instance", ok=False, detail=f"it cannot be opened: {first}", advice=advice)
        return
    with instance:
        yield _driver(instance)
        yield monitoring(instance)
        yield daemon(instance)


def _driver(instance: "DagsterInstance") -> Finding:
    from datatracing_dagster import compat

    return driver(compat.storage_url(instance), version("sqlalchemy"))


def monitoring(instance: "DagsterInstance") -> Finding:
    """Whether Dagster finds out by itself that a run's worker has died."""
    if instance.run_monitoring_enabled:
        return Finding("run monitoring", ok=True, detail="Dagster ends runs whose worker has died")
    return Finding(
        "run monitoring",
        ok=True,  # Dagster's own default, as `dagster dev` has it
        detail="it is off: a run whose worker was killed stays STARTED, and is called lost after a day of silence",
        advice="set `run_monitoring: {enabled: true}` in dagster.yaml",
    )


def daemon(instance: "DagsterInstance") -> Finding:
    """Whether the part of the daemon is alive that calls the watching sensor."""
    from datatracing_dagster import compat

    if compat.sensors_are_called(instance):
        return Finding("dagster daemon", ok=True, detail="it is running, so it calls the watching sensor")
    advice = "start `dagster-daemon run`, or watch with `datatracing dagster watch`"
    return Finding("dagster daemon", ok=False, detail="it is not running, so nobody is told to watch", advice=advice)
