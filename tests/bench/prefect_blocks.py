"""Blocks of tasks that do nothing, in one process, under changing conditions in random order: run by the bench.

Usage: python -m tests.bench.prefect_blocks ROUNDS
"""

import json
import random
import sys
import time
from contextlib import contextmanager

from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prefect import flow, task
from prefect.events.worker import EventsWorker
from prefect.telemetry import run_telemetry

from datatracing_prefect import tap, traced
from datatracing_prefect.compat import events
from datatracing_prefect.tracer import tracer

TASKS = 20
CONDITIONS = ("nothing", "datatracing", "opentelemetry")
PLAIN_SEND, PLAIN_TRACER = EventsWorker.send, run_telemetry.get_tracer


@task
def nothing(number):
    return number


def block():
    """Milliseconds per task: on the wall, and of this thread's processor time."""
    EventsWorker.instance().wait_until_empty()
    wall, used = time.perf_counter(), time.thread_time()
    for number in range(TASKS):
        nothing(number)
    return [(time.perf_counter() - wall) * 1_000 / TASKS, (time.thread_time() - used) * 1_000 / TASKS]


def main(rounds):
    flows = {"nothing": flow(block, name="plain"), "opentelemetry": flow(block, name="otel")}
    flows["datatracing"] = traced(flow(block, name="traced"))
    switch, in_tap = switches()
    measured = {name: [] for name in CONDITIONS}
    for number in range(rounds + 1):
        for name in random.sample(CONDITIONS, len(CONDITIONS)):
            with switch[name]():
                times = flows[name]()
            if number:  # the first round warms up
                measured[name].append(times)
    print(json.dumps({"blocks": measured, "in_tap": in_tap, "counters": tracer().recorder.counters}))


def switches():
    """What makes each condition, and the microseconds in our tap per event."""
    tapped, in_tap = EventsWorker.send, []
    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(InMemorySpanExporter()))

    def timed(worker, event):
        began = time.perf_counter()
        tap.event_sent(worker, event)
        in_tap.append((time.perf_counter() - began) * 1e6)

    @contextmanager
    def bare():
        EventsWorker.send = PLAIN_SEND
        yield
        EventsWorker.send = tapped

    @contextmanager
    def ours():
        EventsWorker.send = PLAIN_SEND
        events.tap_events(timed)
        yield
        EventsWorker.send = tapped

    @contextmanager
    def theirs():
        run_telemetry.get_tracer = lambda *_: provider.get_tracer("prefect")
        with bare():
            yield
        run_telemetry.get_tracer = PLAIN_TRACER

    return {"nothing": bare, "datatracing": ours, "opentelemetry": theirs}, in_tap


if __name__ == "__main__":
    main(int(sys.argv[1]))
