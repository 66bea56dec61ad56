"""Checks of this host: its disk, its spool, and the orchestrators that are installed on it."""

import configparser
import os
import shutil
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, entry_points, version
from pathlib import Path

from datatracing.capture.inventory import SpoolFile
from datatracing.model import clock
from datatracing.ops.finding import Finding

STALE = 60 * clock.SECOND
"""A dead process's file is adopted within seconds wherever anything of ours is running."""
AIRFLOW_FULL, AIRFLOW_EVENTS = (3, 1), (3, 0)
"""From which version on everything works, and from which on at least events."""


def disk(name: str, directory: Path, needed: int) -> Finding:
    """Whether so many bytes are free where the directory is, or will be."""
    there = next((each for each in (directory, *directory.parents) if each.exists()), Path("/"))
    try:
        free = shutil.disk_usage(there).free
    except OSError as error:
        return Finding(name, ok=False, detail=f"{there}: {error.strerror}", advice="make the directory readable")
    detail = f"{free // 2**20:,} MiB are free at {there}"
    if free >= needed:
        return Finding(name, ok=True, detail=detail)
    return Finding(name, ok=False, detail=detail, advice=f"free at least {needed // 2**20:,} MiB, or use another place")


def spool(directory: Path, files: Sequence[SpoolFile], now: int) -> Finding:
    """Nothing waits that nobody looks after."""
    aside = [file for file in files if file.owner == "quarantined"]
    if aside:
        events = sum(file.events for file in aside)
        detail = f"the store refused {events:,} events; they are set aside in {directory}"
        return Finding("spool", ok=False, detail=detail, advice="`datatracing spool status` names the files")
    stale = [file for file in files if file.owner == "dead" and now - file.modified_at > STALE]
    if stale:
        detail = f"{sum(file.events for file in stale):,} events of dead processes wait in {directory}"
        return Finding("spool", ok=False, detail=detail, advice="`datatracing spool ship` sends them")
    waiting = sum(file.events for file in files)
    return Finding("spool", ok=True, detail=f"{waiting:,} events wait in {directory}")


def airflow(environ: Mapping[str, str] = os.environ) -> list[Finding]:
    """Its version, our plugin, and the store that the plugin is given. Nothing when Airflow is not installed."""
    installed = _installed("apache-airflow-core") or _installed("apache-airflow")
    if installed is None:
        return []
    return [airflow_version(installed), _airflow_plugin(), _airflow_store(environ)]


def _installed(distribution: str) -> str | None:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None


def airflow_version(installed: str) -> Finding:
    """What works with this version of Airflow."""
    numbers = tuple(int(part) for part in installed.split(".")[:2] if part.isdigit())
    if numbers >= AIRFLOW_FULL:
        return Finding("airflow", ok=True, detail=f"Airflow {installed} is installed")
    if numbers >= AIRFLOW_EVENTS:
        advice = "upgrade to Airflow 3.1 or later for traces inside Airflow"
        return Finding("airflow", ok=False, detail=f"Airflow {installed}: only events work", advice=advice)
    return Finding(
        "airflow", ok=False, detail=f"Airflow {installed} is too old", advice="upgrade to Airflow 3.1 or later"
    )


def _airflow_plugin() -> Finding:
    found = [entry.value for entry in entry_points(group="airflow.plugins") if entry.name == "datatracing"]
    if found:
        return Finding("plugin", ok=True, detail=f"Airflow loads {found[0]}")
    advice = "install DataTracing into the environment that Airflow runs in"
    return Finding("plugin", ok=False, detail="Airflow does not know our plugin", advice=advice)


def _airflow_store(environ: Mapping[str, str]) -> Finding:
    for name in ("AIRFLOW__DATATRACING__STORE", "DATATRACING_STORE"):
        if environ.get(name):
            return Finding("airflow store", ok=True, detail=f"{name} is set in this environment")
    config = airflow_config(environ)
    if _configured(config):
        return Finding("airflow store", ok=True, detail=f"the section [datatracing] of {config} names the store")
    return Finding(
        "airflow store",
        ok=False,
        detail="neither DATATRACING_STORE nor the section [datatracing] of airflow.cfg names a store",
        advice="set one of them for Airflow's processes",
    )


def airflow_config(environ: Mapping[str, str]) -> Path:
    """Where Airflow's configuration file is, or would be."""
    home = Path(environ.get("AIRFLOW_HOME") or "~/airflow").expanduser()
    return Path(environ.get("AIRFLOW_CONFIG") or home / "airflow.cfg").expanduser()


def _configured(config: Path) -> bool:
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read(config, encoding="utf-8")
    except (configparser.Error, OSError, UnicodeError):
        return False
    return bool(parser.get("datatracing", "store", fallback=""))
