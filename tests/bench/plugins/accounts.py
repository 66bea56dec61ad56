"""An Airflow plugin that writes down what each whole task process cost, seen from the supervisor that waits for it.

One JSON line in $BENCH_COST per task: user and system time of the process and the children it waited for, and
the wall time from its start to its end, in milliseconds. With $BENCH_HIDES, DataTracing's own plugin is not loaded.
"""

import json
import os
import resource
import sys
import time
from types import ModuleType

from airflow.plugins_manager import AirflowPlugin
from airflow.sdk.execution_time.supervisor import ActivitySubprocess

COST = os.environ.get("BENCH_COST", "")


class Account:
    """Of the one task that this process supervises at the moment."""

    def __init__(self) -> None:
        self.began, self.used = time.perf_counter(), children()

    def close(self) -> None:
        """One append of one line, which processes may do at the same time."""
        cost = {"cpu": 1_000 * (children() - self.used), "wall": 1_000 * (time.perf_counter() - self.began)}
        file = os.open(COST, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.write(file, json.dumps(cost).encode() + b"\n")
        os.close(file)


def children() -> float:
    """Seconds of all that this process has waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def accounted() -> None:
    """Every task from now on."""
    start, wait, current = ActivitySubprocess.start.__func__, ActivitySubprocess.wait, []

    def started(cls, *given, **named):
        current.append(Account())
        return start(cls, *given, **named)

    def waited(self):
        code = wait(self)
        if current:
            current.pop().close()
        return code

    ActivitySubprocess.start, ActivitySubprocess.wait = classmethod(started), waited


def hide_ours() -> None:
    """What Airflow finds by our entry point is no plugin."""
    hidden = ModuleType("datatracing_airflow.plugin")
    hidden.DataTracingPlugin = None
    sys.modules[hidden.__name__] = hidden


# A plugin folder is executed once by the core and once by the task SDK.
if COST and ActivitySubprocess.wait.__name__ != "waited":
    accounted()
if os.environ.get("BENCH_HIDES"):
    hide_ours()


class Accounts(AirflowPlugin):
    name = "accounts"
