"""What a task or a flow may say about itself while it runs. Nothing here raises, waits, or talks to a store."""

from datatracing.capture import guard
from datatracing.context.traceparent import Traceparent
from datatracing.model.event import EventKind, Statement
from datatracing.model.ids import root_span_id
from datatracing.model.run import RunRef, SpanKey


def headers() -> dict[str, str]:
    """`traceparent` of the attempt that is running, or of the flow run outside of a task; empty outside of both."""
    with guard("prefect.headers"):
        found = _here("default")  # ids do not depend on it
        if found is not None:
            run, span = found
            mine = span.span_id(run.trace_id) if span else root_span_id(run.trace_id)
            return {"traceparent": str(Traceparent(run.trace_id, mine))}
    return {}


def record(key: object) -> None:
    """The attempt that is running, or the flow run, has touched the record with this key."""
    with guard("prefect.record"):
        from datatracing_prefect.tracer import tracer

        tracing = tracer()
        found = _here(tracing.namespace) if tracing is not None else None
        if tracing is not None and found is not None:
            run, span = found
            tracing.recorder.say(Statement(EventKind.NOTED, run, span, records=(str(key),)))


def _here(namespace: str) -> tuple[RunRef, SpanKey | None] | None:
    from datatracing_prefect.compat import here
    from datatracing_prefect.mapping import run_ref, span_key, task_name

    now = here()
    flow_run_id = now.flow_run.id if now.flow_run is not None else None
    if now.flow is None or flow_run_id is None:
        return None
    run, task = run_ref(now.flow.name, flow_run_id, namespace), now.task_run
    # Inside of a subflow the contexts still have the task that called it.
    if task is None or task.flow_run_id != flow_run_id:
        return run, None
    name = task_name(task.name, task.task_key, task.dynamic_key)
    return run, span_key(name, task.id, task.run_count)
