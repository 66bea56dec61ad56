"""An Airflow plugin that times every listener by itself, side by side in one process.

Airflow imports all plugins before it registers the first listener, so replacing `register` here reaches all of them.
Each call leaves one JSON line in $BENCH_TIMES: hook, listener, milliseconds, and the type of
the hook's first argument, which tells a task's process from a component's.
"""

import json
import os
import time

import pluggy
from airflow.listeners import hookimpl
from airflow.plugins_manager import AirflowPlugin

register = pluggy.PluginManager.register


def register_timed(manager, plugin, name=None):
    registered = register(manager, plugin, name)
    for caller in manager.get_hookcallers(plugin) or []:
        for implementation in caller.get_hookimpls():
            if implementation.plugin is plugin:
                implementation.function = timed(implementation.function, caller.name, listener_of(plugin))
    return registered


def listener_of(plugin) -> str:
    """The top-level package, or the provider's own name."""
    module = plugin.__name__ if isinstance(plugin, type(os)) else type(plugin).__module__
    return module.removeprefix("airflow.providers.").split(".")[0]


def timed(function, hook: str, listener: str):
    def measure(*arguments):
        began = time.perf_counter_ns()
        try:
            return function(*arguments)
        finally:
            write(hook, listener, (time.perf_counter_ns() - began) / 1e6, type(arguments[0]).__name__)

    return measure


def write(hook: str, listener: str, milliseconds: float, about: str) -> None:
    """One append of one line, which processes may do at the same time."""
    line = json.dumps({"hook": hook, "listener": listener, "ms": milliseconds, "about": about})
    file = os.open(os.environ["BENCH_TIMES"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(file, f"{line}\n".encode())
    os.close(file)


class Nothing:
    """What an empty hook costs, the stopwatch included."""

    @hookimpl
    def on_task_instance_running(self, previous_state, task_instance):
        pass

    @hookimpl
    def on_task_instance_success(self, previous_state, task_instance):
        pass

    @hookimpl
    def on_dag_run_running(self, dag_run, msg):
        pass

    @hookimpl
    def on_dag_run_success(self, dag_run, msg):
        pass

    @hookimpl
    def before_stopping(self, component):
        pass


# A plugin folder is executed once by the core and once by the task SDK.
if pluggy.PluginManager.register.__name__ != register_timed.__name__:
    pluggy.PluginManager.register = register_timed


class Stopwatch(AirflowPlugin):
    name = "stopwatch"
    listeners = (Nothing(),)
