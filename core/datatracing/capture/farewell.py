"""Where the disk dies with the process, nobody can send later: so it sends its own files once, when it ends.

To a collector with the standard library. Into a database by a program of its own, because no driver is loaded in a
process that runs user code. What cannot be sent in time is left where it is, for a disk that stays after all.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from datatracing.capture.collector import EVENTS, LOSSES, MANIFESTS, CollectorClient
from datatracing.capture.frame import Kind
from datatracing.capture.guard import log
from datatracing.capture.reading import Contents, losses_of, read
from datatracing.capture.settings import CaptureSettings
from datatracing.context.address import is_collector
from datatracing.errors import DataTracingError
from datatracing.model import codec
from datatracing.model.parts import lines_of

BATCH = 500
"""Events of one request."""
BATCH_BYTES = 2 * 1024 * 1024


def send(settings: CaptureSettings, files: Sequence[Path]) -> None:
    """Within `farewell_timeout`; never raises a DataTracingError."""
    if not files or not settings.store:
        return
    try:
        if is_collector(settings.store):
            _post_all(settings, files)
        else:
            _run_agent(settings)
    except DataTracingError as error:
        log.warning("DataTracing could not send what this process said: %s", error)


def _post_all(settings: CaptureSettings, files: Sequence[Path]) -> None:
    until = time.monotonic() + settings.farewell_timeout
    client = CollectorClient(settings)
    try:
        for path in files:
            contents = read(path.read_bytes())
            for target, lines in _requests(contents):
                client.limit(max(until - time.monotonic(), 0.01))
                client.post(target, lines)
            path.unlink(missing_ok=True)
    finally:
        client.close()


def _requests(contents: Contents) -> Iterator[tuple[str, list[bytes]]]:
    events = iter([each.json for each in contents.frames if each.kind is Kind.EVENT])
    while batch := list(islice(events, BATCH)):
        yield from ((EVENTS, part) for part in _bounded(batch))
    if lost := losses_of(contents):
        yield LOSSES, [codec.dumps(entry) for entry in lost]
    for each in contents.frames:
        if each.kind is Kind.MANIFEST:
            yield from ((MANIFESTS, [part]) for part in lines_of(each.json))


def _bounded(lines: list[bytes]) -> Iterator[list[bytes]]:
    part: list[bytes] = []
    for line in lines:
        if part and sum(map(len, part)) + len(line) > BATCH_BYTES:
            yield part
            part = []
        part.append(line)
    yield part


def _run_agent(settings: CaptureSettings) -> None:
    command = [sys.executable, "-m", "datatracing.agent", "--once"]
    agent = subprocess.Popen(  # noqa: S603  # our own program, by this Python
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=settings.spool_dir,
        env={**os.environ, **settings.environ()},
        start_new_session=True,
    )
    try:
        agent.wait(settings.farewell_timeout)
    except subprocess.TimeoutExpired:
        agent.kill()
        agent.wait()
