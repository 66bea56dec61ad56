"""`python -m tests.bench ingest`: spans per second into Postgres, through the inbox and, in turns, by raw binary COPY.

Both get bytes that are ready: COPY a stream that was encoded before, the inbox rows that a producer has packed.
`accept` is the collector's whole way from JSON events, validation included.
"""

import json
import struct
import time
from contextlib import contextmanager
from statistics import median

from datatracing.collector.accept import accept
from datatracing.inbox.limits import Limits
from datatracing.inbox.packing import pack_events
from datatracing.model import codec
from datatracing.model.event import Event, EventKind, Times
from datatracing.model.run import RunRef, SpanKey
from datatracing.model.states import State
from datatracing.store.registry import open_store
from tests.bench.report import machine
from tests.postgres_server import LASTING, Room, Server

SPANS, PER_TRACE, PER_ROW, PER_COMMIT, ROUNDS = 50_000, 50, 25, 1_000, 5
BEGIN, END = b"PGCOPY\n\xff\r\n\0" + bytes(8), struct.pack("!h", -1)
TABLE = """
CREATE TABLE IF NOT EXISTS raw_spans (
  trace_id bytea, span_id bytea, pipeline text, task text, map_index int4, attempt int4, state int2,
  scheduled_at int8, queued_at int8, started_at int8, ended_at int8, attributes bytea,
  PRIMARY KEY (trace_id, span_id))
"""


def events(round_: int) -> list[Event]:
    return [event(round_, number) for number in range(SPANS)]


def event(round_: int, number: int) -> Event:
    run = RunRef("airflow", "bench", "orders", f"round {round_} run {number // PER_TRACE}")
    start = 1_700_000_000_000_000 + number * 1_000
    attributes = {f"airflow.attribute_{index}": f"value {number * index % 9_973:06d}" for index in range(11)}
    return Event(
        kind=EventKind.ENDED,
        run=run,
        producer=f"host/{number // PER_TRACE}",
        seq=number % PER_TRACE,
        at=start,
        span=SpanKey(f"task_{number % PER_TRACE}", attempt=1),
        state=State.SUCCESS,
        times=Times(start, start + 10, start + 20, start + 30),
        attributes=attributes,
    )


def tuple_of(event: Event) -> bytes:
    """One row of the COPY stream."""
    times = (event.times.scheduled_at, event.times.queued_at, event.times.started_at, event.times.ended_at)
    fields = [
        bytes.fromhex(event.trace_id),
        bytes.fromhex(event.span.span_id(event.trace_id)),
        event.run.pipeline.encode(),
        event.span.task.encode(),
        *(struct.pack("!i", number) for number in (event.span.map_index, event.span.attempt)),
        struct.pack("!h", 1),
        *(struct.pack("!q", moment) for moment in times),
        json.dumps(event.attributes).encode(),
    ]
    return struct.pack("!h", len(fields)) + b"".join(struct.pack("!i", len(field)) + field for field in fields)


def raw_copy(connection, stream: list[bytes]) -> None:
    for chunk in stream:
        with connection.cursor().copy("COPY raw_spans FROM STDIN (FORMAT binary)") as copy:
            copy.write(chunk)


def chunks(things: list, size: int) -> list:
    return [things[start : start + size] for start in range(0, len(things), size)]


def per_second(work, *arguments) -> float:
    began = time.perf_counter()
    work(*arguments)
    return SPANS / (time.perf_counter() - began)


def one_round(number: int, connection, store) -> tuple[float, float, float]:
    made = events(number)
    stream = [BEGIN + b"".join(map(tuple_of, chunk)) + END for chunk in chunks(made, PER_COMMIT)]
    rows = chunks(pack_events(made, per_row=PER_ROW, received_at=1), PER_COMMIT // PER_ROW)
    # The collector gets the same spans as another run would send them, or it would find them all there already.
    lines = chunks([codec.dumps(each) for each in events(number + ROUNDS)], PER_COMMIT)
    return (
        per_second(raw_copy, connection, stream),
        per_second(lambda: [store.append(batch) for batch in rows]),
        per_second(lambda: [accept(store, batch, Limits()) for batch in lines]),
    )


@contextmanager
def postgres():
    room = Room()
    try:
        server = Server(room.path, LASTING)
        server.start(lambda _server: None)
        yield server
    finally:
        room.leave()


def main(_words: list[str]) -> None:
    with postgres() as server:
        store = open_store(server.url("postgres"), migrate=True)
        with server.connect() as connection:
            connection.execute(TABLE)
            rates = [one_round(number, connection, store) for number in range(ROUNDS)]
        store.close()
    copy, inbox, accepted = (median(column) for column in zip(*rates, strict=True))
    ratio = median(each[1] / each[0] for each in rates)
    size = f"{SPANS:,} spans in rows of {PER_ROW}, {PER_COMMIT} per commit"
    print(f"{size}, median of {ROUNDS} rounds; fsync on. {machine()}.")
    print(f"raw binary COPY {copy:,.0f}/s, inbox {inbox:,.0f}/s, ratio {ratio:.1f}; from JSON events {accepted:,.0f}/s")
