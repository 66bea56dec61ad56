"""How the plugin is configured and found, in a real Airflow: run by the tests, not imported.

Usage: python -m tests.integration.airflow.direct.configure OUT
"""

import json
import os
import sys
from pathlib import Path
from unittest import mock

OURS = ("store", "namespace", "token", "spool_dir")


def main(out: Path) -> None:
    out.write_text(json.dumps({scene.__name__: scene() for scene in SCENES}))


def read(**environ):
    """With these variables and no others of ours."""
    from datatracing_airflow.settings import capture_settings

    with mock.patch.dict(os.environ, environ):
        settings = capture_settings()
    return {name: str(getattr(settings, name)) for name in OURS}


def from_the_file():
    from datatracing_airflow.settings import all_settings

    whole = all_settings()
    return read() | {"sample_rate": whole.sample_rate, "settle": whole.settle_seconds}


def airflows_variable_over_the_file():
    os.environ["AIRFLOW__DATATRACING__STORE"] = "sqlite:////variable.db"
    return read()


def our_variable_over_all():
    return read(DATATRACING_STORE="sqlite:////ours.db", DATATRACING_NAMESPACE="ours")


def bad_values():
    from datatracing.errors import BadInputError

    said = []
    for text in ("soon", "-1", "inf", "nan"):
        try:
            read(DATATRACING_SPOOL_LIMIT=text)
        except BadInputError as error:
            said.append(str(error))
    return said


def found():
    """By both of Airflow's listener managers where it has two, as one object; and nothing heavy came with it."""
    from airflow import plugins_manager

    heavy = ("datatracing.api", "datatracing.store.sql", "datatracing.connection", "datatracing_airflow.api")
    managers = [_manager("airflow.listeners.listener"), _manager("airflow.sdk.listener")]
    listeners = [each for manager in managers if manager for each in manager.pm.get_plugins()]
    plugins_manager.ensure_plugins_loaded()
    return {
        "listeners": [type(each).__name__ for each in listeners],
        "same": len({id(each) for each in listeners}) == 1,
        "hooks": sorted(name for name in dir(listeners[0]) if hasattr(getattr(listeners[0], name), "airflow_impl")),
        "known": sorted({name for manager in managers if manager for name in vars(manager.hook)}),
        "heavy": [name for name in heavy if name in sys.modules],
    }


def _manager(module):
    from importlib import import_module

    try:
        return import_module(module).get_listener_manager()
    except ModuleNotFoundError:
        return None


def off():
    """Once without a store, once with a value that cannot be."""
    from datatracing_airflow import plugin, settings, tracer

    said = []
    for read in (_nothing, _bad):
        plugin._listener.cache_clear()
        tracer.tracer.cache_clear()
        tracer.capture_settings = read
        made = plugin.DataTracingPlugin()
        said.append([made.listeners, made.fastapi_apps, tracer.tracer() is None])
        tracer.capture_settings = settings.capture_settings
    return said


def _nothing():
    from datatracing.capture import CaptureSettings

    return CaptureSettings("")


def _bad():
    from datatracing.errors import BadInputError

    raise BadInputError("DATATRACING_SPOOL_LIMIT must be a number")


def in_a_worker():
    """Airflow has taken its database away from this process."""
    from airflow.sdk.execution_time.supervisor import block_orm_access

    block_orm_access()
    return read()


SCENES = (
    from_the_file,
    airflows_variable_over_the_file,
    our_variable_over_all,
    bad_values,
    found,
    off,
    in_a_worker,
)

if __name__ == "__main__":
    main(Path(sys.argv[1]))
