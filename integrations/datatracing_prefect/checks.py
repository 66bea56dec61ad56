"""What `datatracing doctor` asks about a Prefect that is installed here. Nothing of Prefect is imported for it."""

import os
import sys
from collections.abc import Iterator, Mapping
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from datatracing.hosting.versions import installed, numbers
from datatracing.ops.finding import Finding
from datatracing_prefect.compat import SUPPORTED, supported

BROKEN = (0, 151)
"""From this FastAPI on, the servers of Prefect 3.7.8 to 3.8 do not start. They allow it all the same."""
PATIENCE = 3.0
"""Seconds that a server is waited for."""


def findings(environ: Mapping[str, str] = os.environ) -> list[Finding]:
    """Its version and FastAPI's, the plugin, and the API. Nothing when Prefect is not installed."""
    found = installed("prefect")
    if found is None:
        return []
    profile = active_profile(environ)
    return [
        version_of(found),
        *fastapi(found, installed("fastapi") or ""),
        plugins(environ, profile),
        *_api(environ, profile),
    ]


def version_of(found: str) -> Finding:
    """What works with this version of Prefect."""
    if supported(found):
        return Finding("prefect", ok=True, detail=f"Prefect {found} is installed")
    least, below = (".".join(map(str, each)) for each in SUPPORTED)
    detail = f"Prefect {found} is not one that @traced knows: it tells of flow runs, and not of their tasks"
    advice = f"install Prefect {least} or later, below {below}, or trace with `datatracing prefect watch` alone"
    return Finding("prefect", ok=False, detail=detail, advice=advice)


def fastapi(prefect: str, found: str) -> Iterator[Finding]:
    """Nothing where all is well: FastAPI is no concern of anybody's then."""
    if numbers(found) >= BROKEN and numbers(prefect) < (3, 9):
        detail = f"the server of Prefect {prefect} does not start with FastAPI {found}"
        yield Finding("prefect server", ok=False, detail=detail, advice="pip install 'fastapi<0.151'")


def plugins(environ: Mapping[str, str], profile: Mapping[str, str]) -> Finding:
    """Whether flows are traced without a decorator. Both ways are fine."""
    if not [entry for entry in entry_points(group="prefect.plugins") if entry.name == "datatracing"]:
        advice = "install DataTracing again: its entry point for Prefect is missing"
        return Finding("prefect plugin", ok=False, detail="Prefect does not know our plugin", advice=advice)
    enabled = environ.get("PREFECT_PLUGINS_ENABLED") or profile.get("PREFECT_PLUGINS_ENABLED") or ""
    if enabled.lower() in {"1", "true", "yes"}:
        return Finding("prefect plugin", ok=True, detail="Prefect's plugins are enabled: every flow is traced")
    detail = "Prefect's plugins are not enabled: flows with @traced are traced, others only by a watcher"
    return Finding("prefect plugin", ok=True, detail=detail)


def _api(environ: Mapping[str, str], profile: Mapping[str, str]) -> Iterator[Finding]:
    url = environ.get("PREFECT_API_URL") or profile.get("PREFECT_API_URL") or ""
    if not url:
        detail = "no PREFECT_API_URL: each program has a server of its own, which no watcher can follow; use @traced"
        yield Finding("prefect api", ok=True, detail=detail)
        return
    wrong = unreachable(url)
    shown = f"Prefect's API at {url.rpartition('@')[2]}"
    if not wrong:
        yield Finding("prefect api", ok=True, detail=f"{shown} answers")
    else:
        advice = "start it, or set PREFECT_API_URL to where it is"
        yield Finding("prefect api", ok=False, detail=f"{shown} does not answer: {wrong}", advice=advice)


def unreachable(url: str) -> str:
    """Why the API does not answer; empty when it does. A server that wants a password answers, too."""
    try:
        parts = urlsplit(url)
        kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        connection = kind(parts.hostname or "", parts.port, timeout=PATIENCE)
        try:
            connection.request("GET", f"{parts.path.rstrip('/')}/health")
            status = connection.getresponse().status
        finally:
            connection.close()
    except (OSError, HTTPException, ValueError) as error:
        return str(error) or type(error).__name__
    return "" if status < 500 and status != 404 else f"HTTP {status}"


def active_profile(environ: Mapping[str, str]) -> Mapping[str, str]:
    """The settings of Prefect's active profile; none where it has no file, or one that cannot be read."""
    home = Path(environ.get("PREFECT_HOME") or "~/.prefect").expanduser()
    path = Path(environ.get("PREFECT_PROFILES_PATH") or home / "profiles.toml").expanduser()
    try:
        known = toml().loads(path.read_text(encoding="utf-8"))
        active = environ.get("PREFECT_PROFILE") or known.get("active", "")
        return {name: str(value) for name, value in known.get("profiles", {}).get(active, {}).items()}
    except (ImportError, OSError, ValueError, AttributeError):
        return {}


def toml() -> Any:
    """Python's own reader, or before 3.11 the one that Prefect brings along."""
    return import_module("tomllib" if sys.version_info >= (3, 11) else "toml")
