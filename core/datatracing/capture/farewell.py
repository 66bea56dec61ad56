"""Where the disk dies with the process, nobody can send later: so its files are sent once, when it ends.

By a program of its own, whose time is bounded by ending it: a name server or a collector that hangs cannot be bounded
from within, and a process that runs user code opens no socket and loads no driver (law 1). To a collector the standard
library is enough, so `python -m datatracing.capture.farewell` begins in a moment. What cannot be sent in time is left
where it is, for a disk that stays after all.
"""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from datatracing.capture.collector import EVENTS, LOSSES, MANIFESTS, CollectorClient
from datatracing.capture.frame import Kind
from datatracing.capture.guard import log
from datatracing.capture.reading import Contents, losses_of, read, reported, spool_files
from datatracing.capture.reserve import Reserve
from datatracing.capture.segment import lock
from datatracing.capture.settings import CaptureSettings
from datatracing.context.address import is_collector
from datatracing.errors import BadInputError, DataTracingError
from datatracing.model import codec
from datatracing.model.parts import lines_of

BATCH = 500
"""Events of one request."""
BATCH_BYTES = 512 * 1024
"""And their bytes, as JSON."""
NOT_SENT = "DataTracing could not send in time what this process said; it is still in %s"


def send(settings: CaptureSettings) -> None:
    """All that nobody appends to any more, within `farewell_timeout`."""
    if not settings.store or not sys.executable:
        return
    words = ["datatracing.capture.farewell"] if is_collector(settings.store) else ["datatracing.agent", "--once"]
    program = subprocess.Popen(  # noqa: S603  # our own program, by this Python
        [sys.executable, "-m", *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        env={**os.environ, **settings.environ()},
        start_new_session=True,
    )
    try:
        sent = program.wait(settings.farewell_timeout) == 0
    except subprocess.TimeoutExpired:
        sent = False
    finally:
        program.kill()
        program.wait()
    if not sent:
        log.warning(NOT_SENT, settings.spool_dir)


def post_all(settings: CaptureSettings) -> None:
    """To a collector; also what other processes of this disk have left. Raises a DataTracingError where it fails."""
    client = CollectorClient(settings)
    try:
        for path in spool_files(settings.spool_dir):
            _post(client, path)
        reserve = Reserve(settings.spool_dir)
        if counts := reserve.counts():
            client.post(LOSSES, [codec.dumps(entry) for entry in reported(counts)])
            reserve.clear(counts)
    finally:
        client.close()


def _post(client: CollectorClient, path: Path) -> None:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return  # another user's
    try:
        if lock(descriptor) and _taken(client, read(path.read_bytes())):
            path.unlink()
    finally:
        os.close(descriptor)


def _taken(client: CollectorClient, contents: Contents) -> bool:
    """Whether the collector took all of it; what it refuses is no reason to keep the rest from it."""
    taken = True
    for target, lines in _requests(contents):
        try:
            client.post(target, lines)
        except BadInputError:
            taken = False
    return taken


def _requests(contents: Contents) -> Iterator[tuple[str, list[bytes]]]:
    events = iter([each.json for each in contents.frames if each.kind is Kind.EVENT])
    while batch := list(islice(events, BATCH)):
        yield from ((EVENTS, part) for part in _bounded(batch))
    if lost := losses_of(contents):
        yield LOSSES, [codec.dumps(entry) for entry in lost]
    for each in contents.frames:
        if each.kind is Kind.MANIFEST:
            yield from ((MANIFESTS, [part]) for part in lines_of(each.json))


def _bounded(lines: Sequence[bytes]) -> Iterator[list[bytes]]:
    part: list[bytes] = []
    size = 0
    for line in lines:
        if part and size + len(line) > BATCH_BYTES:
            yield part
            part, size = [], 0
        part.append(line)
        size += len(line)
    yield part


def _main() -> None:
    try:
        post_all(CaptureSettings.from_env())
    except DataTracingError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    _main()
