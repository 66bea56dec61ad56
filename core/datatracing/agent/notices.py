"""Notices for a watcher that runs in another agent of this host: lines in a file, which that agent takes away.

One that is lost on the way is no run lost: whoever reconciles finds it.
"""

import os
from pathlib import Path

from datatracing.capture.notice import Notice
from datatracing.errors import BadInputError
from datatracing.model import codec

NAME = "notices.{}"
LIMIT = 1024 * 1024
"""Bytes after which nobody seems to take them."""


def post(directory: Path, notice: Notice) -> None:
    """For the agent that watches this orchestrator. OSError on a full disk."""
    path = directory / NAME.format(notice.orchestrator)
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        if os.fstat(descriptor).st_size < LIMIT:
            os.write(descriptor, codec.dumps(notice) + b"\n")
    finally:
        os.close(descriptor)


def take(directory: Path, orchestrator: str) -> list[Notice]:
    """All there are; they are not there afterwards."""
    path = directory / NAME.format(orchestrator)
    taken = path.with_name(f"{path.name}.taken")
    try:
        path.replace(taken)
        lines = taken.read_bytes().splitlines()
        taken.unlink()
    except OSError:
        return []
    return [notice for line in lines if (notice := _read(line)) is not None]


def _read(line: bytes) -> Notice | None:
    try:
        return codec.loads(Notice, line)
    except BadInputError:
        return None
