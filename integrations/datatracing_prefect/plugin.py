"""Every flow traced without editing any: Prefect's own plugins, switched on with `PREFECT_PLUGINS_ENABLED=true`.

Prefect loads this while it is being imported itself, in each of its processes, so nothing of it is imported here, and
nothing happens where DataTracing has been told neither a store nor a spool.
"""

import os
from collections.abc import Mapping
from typing import Any

from datatracing.capture import guard

ASKED_FOR = ("DATATRACING_STORE", "DATATRACING_SPOOL_DIR")


def asked_for(environ: Mapping[str, str] = os.environ) -> bool:
    """Plugins may be switched on for the sake of another one."""
    return any(environ.get(name) for name in ASKED_FOR)


def setup_environment(*, ctx: Any) -> None:  # noqa: ARG001  # Prefect's signature
    """Prefect calls this at its start: from then on every flow that is defined gets the hooks of `@traced`."""
    with guard("prefect.plugin"):
        if asked_for():
            from datatracing_prefect import tap

            tap.install(everything=True)


def _marked() -> None:
    """Prefect finds a hook by its marker, which plain attributes make: pluggy need not be imported for it."""
    marker = {"wrapper": False, "hookwrapper": False, "optionalhook": False, "tryfirst": False, "trylast": False}
    setattr(setup_environment, "prefect-experimental_impl", {**marker, "specname": None})


_marked()
