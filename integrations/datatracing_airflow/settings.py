"""Where Airflow's users say our settings, as Airflow itself looks for them: `AIRFLOW__DATATRACING__STORE`, then `store`
in the section `[datatracing]` of airflow.cfg. `DATATRACING_STORE` wins over both.

Nothing of Airflow is imported here, so the command line and the agent read the same places in a few milliseconds.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

from datatracing.capture.settings import ELSEWHERE, SELF, CaptureSettings
from datatracing.sources import PREFIX, Said, merged
from datatracing_airflow.airflow_cfg import SECTION, configuration, expanded, section
from datatracing_airflow.elsewhere import Command, Elsewhere, Secret

if TYPE_CHECKING:
    from datatracing.settings import Settings

VARIABLE = "AIRFLOW__DATATRACING__"
SECRETS = ("store", "token")
"""May be told by a command or a secrets backend, which commands and the agent ask. A hook starts no process and asks no
server, unless its process has to send for itself."""
WAYS: Mapping[str, type[Elsewhere]] = {"_secret": Secret, "_cmd": Command}
"""By the ending of the option's name; the last one wins."""


def capture_settings(environ: Mapping[str, str] = os.environ) -> CaptureSettings:
    """What every Airflow process knows from the start, as plain values: a task pays for no settings library.

    BadInputError names what does not fit.
    """
    told = {name: each for name, each in merged(places(environ)).items() if not environ.get(PREFIX + name.upper())}
    ours = {each.name: told[each.name].read for each in fields(CaptureSettings) if each.name in told}
    elsewhere = {name: read for name, read in ours.items() if isinstance(read, Elsewhere)}
    capture = CaptureSettings.from_env({name: read() for name, read in ours.items() if name not in elsewhere}, environ)
    if elsewhere and capture.ship == SELF:
        found: dict[str, Any] = {name: read() for name, read in elsewhere.items()}
        return replace(capture, **found)
    return replace(capture, store=ELSEWHERE) if elsewhere else capture


def all_settings() -> "Settings":
    """The whole model, for the long-lived processes. BadInputError names what does not fit."""
    from datatracing.settings import Settings

    return Settings()


def places(environ: Mapping[str, str] = os.environ) -> list[dict[str, Said]]:
    """Airflow's variables, then its file. BadInputError when airflow.cfg cannot be understood."""
    file = configuration(environ)
    inside = _told(section(environ, file), lambda name: f"{name} in [{SECTION}] of {file}")
    return [_told(_variables(environ), lambda name: VARIABLE + name.upper()), inside]


def _told(texts: Mapping[str, str], where: Callable[[str], str]) -> dict[str, Said]:
    """In Airflow's own order: a plain value wins over a command, and a command over a secrets backend."""
    found: dict[str, Said] = {}
    for ending, way in WAYS.items():
        names = [name for name in SECRETS if texts.get(name + ending)]
        found.update({name: _elsewhere(way, texts[name + ending], where(name + ending)) for name in names})
    return {**found, **{name: Said(where(name), _given(expanded(text))) for name, text in texts.items() if text}}


def _elsewhere(way: type[Elsewhere], text: str, where: str) -> Said:
    return Said(where, way(text, where))


def _variables(environ: Mapping[str, str]) -> dict[str, str]:
    return {name.removeprefix(VARIABLE).lower(): text for name, text in environ.items() if name.startswith(VARIABLE)}


def _given(text: str) -> Callable[[], str]:
    return lambda: text
