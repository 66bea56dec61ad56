"""Jobs whose steps speak for themselves. Imported by Dagster's own processes."""

import json
import os
import signal
import sys
import threading
from pathlib import Path

from dagster import DynamicOut, DynamicOutput, RetryPolicy, failure_hook, job, op

from datatracing_dagster import DataTracingResource
from tests.dagster_rig.jobs import executor


@op(out=DynamicOut())
def batches(traces: DataTracingResource):
    with traces.span("list", source="warehouse", password="hunter2"):
        pass
    for key in ("a", "b"):
        yield DynamicOutput(key, mapping_key=key)


@op(retry_policy=RetryPolicy(max_retries=1))
def load(context, traces: DataTracingResource, batch):
    traces.record(f"order-{batch}")
    with traces.span("write", batch=batch), traces.span("check"):
        if batch == "b" and context.retry_number == 0:
            raise ValueError("postgresql://shop:hunter2@warehouse/orders refused the connection")
    with traces.span("write"):
        pass
    return batch


@op
def collect(traces: DataTracingResource, xs):
    traces.record("order-a")
    assert set(traces.headers()) in ({"traceparent"}, set())


class MuteError(Exception):
    """Does not say what went wrong."""

    def __str__(self):
        raise RuntimeError("no")


@op
def fall_silent(traces: DataTracingResource):
    with traces.span("mute"):
        raise MuteError


def connected():
    """Numbers of the sockets that go over a network, of all processes."""
    lines = [Path(f"/proc/self/net/{kind}").read_text().splitlines()[1:] for kind in ("tcp", "tcp6")]
    return {line.split()[9] for several in lines for line in several}


@op
def look_around(context, traces: DataTracingResource):
    """What is in a process after a step has spoken, as its last word."""
    with traces.span("look"):
        traces.record("order-a")
    files = [str(each.readlink()) for each in Path("/proc/self/fd").iterdir() if each.is_symlink()]
    found = {
        "threads": [thread.name for thread in threading.enumerate()],
        "files": files,
        "connections": [file for file in files if file.removeprefix("socket:").strip("[]") in connected()],
        "modules": sorted({name.partition(".")[0] for name in sys.modules}),
    }
    (Path(os.environ["RIG_LOOKS_AT"]) / f"{context.run_id}.json").write_text(json.dumps(found))


@op
def die(traces: DataTracingResource):
    with traces.span("fatal"):
        os.kill(os.getpid(), signal.SIGKILL)


@failure_hook(required_resource_keys={"traces"})
def speak_in_a_hook(context):
    with context.resources.traces.span("in a hook"):
        context.resources.traces.record("order-b")


RESOURCES = {"traces": DataTracingResource(ship=os.environ.get("RIG_SHIP", ""))}


@job(executor_def=executor, resource_defs=RESOURCES, hooks={speak_in_a_hook})
def traced():
    collect(batches().map(load).collect())


@job(executor_def=executor, resource_defs=RESOURCES)
def traced_to_death():
    die()


@job(executor_def=executor, resource_defs=RESOURCES)
def traced_mute():
    fall_silent()


@job(executor_def=executor, resource_defs=RESOURCES)
def traced_looks():
    look_around()
