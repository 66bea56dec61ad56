"""A job whose steps speak for themselves. Imported by Dagster's own processes."""

import os
import signal

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


@op
def die(traces: DataTracingResource):
    with traces.span("fatal"):
        os.kill(os.getpid(), signal.SIGKILL)


@failure_hook(required_resource_keys={"traces"})
def speak_in_a_hook(context):
    with context.resources.traces.span("in a hook"):
        context.resources.traces.record("order-b")


RESOURCES = {"traces": DataTracingResource(ships=bool(os.environ.get("RIG_SHIPS")))}


@job(executor_def=executor, resource_defs=RESOURCES, hooks={speak_in_a_hook})
def traced():
    collect(batches().map(load).collect())


@job(executor_def=executor, resource_defs=RESOURCES)
def traced_to_death():
    die()
