"""What `datatracing doctor` asks about an Airflow that is installed here. Nothing of Airflow is imported for it."""

import os
from collections.abc import Mapping
from importlib.metadata import entry_points

from datatracing.errors import BadInputError
from datatracing.hosting.versions import installed, numbers
from datatracing.ops.finding import Finding
from datatracing.sources import merged
from datatracing_airflow.settings import places

FULL, EVENTS = (3, 1), (3, 0)
"""From which version on everything works, and from which on at least events."""


def findings(environ: Mapping[str, str] = os.environ) -> list[Finding]:
    """Its version, our plugin, and the store that the plugin is given. Nothing when Airflow is not installed."""
    found = installed("apache-airflow-core") or installed("apache-airflow")
    if found is None:
        return []
    return [version_of(found), _plugin(), _store(environ)]


def version_of(found: str) -> Finding:
    """What works with this version of Airflow."""
    if numbers(found) >= FULL:
        return Finding("airflow", ok=True, detail=f"Airflow {found} is installed")
    if numbers(found) >= EVENTS:
        advice = "upgrade to Airflow 3.1 or later for traces inside Airflow"
        return Finding("airflow", ok=False, detail=f"Airflow {found}: only events work", advice=advice)
    return Finding("airflow", ok=False, detail=f"Airflow {found} is too old", advice="upgrade to Airflow 3.1 or later")


def _plugin() -> Finding:
    found = [entry.value for entry in entry_points(group="airflow.plugins") if entry.name == "datatracing"]
    if found:
        return Finding("plugin", ok=True, detail=f"Airflow loads {found[0]}")
    advice = "install DataTracing into the environment that Airflow runs in"
    return Finding("plugin", ok=False, detail="Airflow does not know our plugin", advice=advice)


def _store(environ: Mapping[str, str]) -> Finding:
    """Airflow's own places; that every place names the same store is for `ops.store_places` to say."""
    try:
        told = merged(places(environ)).get("store")
    except BadInputError as error:
        return Finding("airflow store", ok=False, detail=str(error), advice="Airflow does not start with it either")
    named = told.where if told else "DATATRACING_STORE" if environ.get("DATATRACING_STORE") else ""
    if named:
        return Finding("airflow store", ok=True, detail=f"{named} names the store")
    return Finding(
        "airflow store",
        ok=False,
        detail="neither DATATRACING_STORE nor the section [datatracing] of airflow.cfg names a store",
        advice="set one of them for Airflow's processes: without it the plugin is off",
    )
