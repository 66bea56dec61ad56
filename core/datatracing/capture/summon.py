"""Starting the agent of this host when there is none: the one process that capture ever starts.

By exec and never by fork, in a session of its own, with none of the host's files. A shell starts it in the background
and is gone in a millisecond, so that it is nobody's child: a host that waits for its children does not wait for ours.
"""

import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from datatracing.capture import lease
from datatracing.capture.guard import guard
from datatracing.capture.settings import AGENT, CaptureSettings

STARTED = "agent.started"
"""Its time is that of the last attempt on this host."""
PAUSE = 60.0
"""Seconds between two attempts."""
LOOK = 5.0
"""Seconds between two looks of one process."""
NOTHING: Mapping[str, str] = {}


class Summoner:
    """Looks now and then whether there is an agent, for a process that has something for it."""

    def __init__(self, settings: CaptureSettings) -> None:
        self._settings = settings
        self._next = 0.0 if settings.store and settings.ship == AGENT else float("inf")

    def look(self) -> None:
        """Costs microseconds, and the first time on a host some milliseconds. Never raises."""
        now = time.monotonic()
        if now >= self._next:
            self._next = now + LOOK
            with guard("capture.summon"):
                # Asked first, because nearly every host has an agent, and this is all that its tasks then pay.
                if not lease.held(self._settings.spool_dir, lease.SHIP):
                    summon(self._settings)

    def close(self) -> None:
        """The process is about to end: nothing is started any more."""
        self._next = float("inf")


def summon(
    settings: CaptureSettings, *, attend: int = 0, duty: str = lease.SHIP, extra: Mapping[str, str] = NOTHING
) -> bool:
    """Start an agent unless one has the duty, or one was started less than a minute ago; whether one was started.

    `attend` is a long-lived host's own process id: its agent is always started, ends with it, and stands by while
    another one has all duties. `extra` are further variables for the agent.
    """
    settings = settings.anchored()
    if not settings.store or not sys.executable:
        return False
    if attend:
        settings.spool_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    elif lease.held(settings.spool_dir, duty) or not _first(settings.spool_dir):
        return False
    words = ["--attend", str(attend)] if attend else []
    start([sys.executable, "-m", "datatracing.agent", *words], settings, extra)
    return True


def start(command: list[str], settings: CaptureSettings, extra: Mapping[str, str] = NOTHING) -> None:
    """Run the command detached. Python looks for modules where it is started, and in `/` only root can put some."""
    with _children_unheard():
        shell = subprocess.Popen(  # noqa: S603  # our own program, by this Python
            ["/bin/sh", "-c", '"$@" &', "sh", *command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env={**os.environ, **extra, **settings.environ()},
            start_new_session=True,
        )
        shell.wait()


@contextmanager
def _children_unheard() -> Iterator[None]:
    """The host's own handler of SIGCHLD runs when the shell has been waited for, and so does not find it."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _first(directory: Path) -> bool:
    """Whether nobody on this host has tried within the last minute; from now on somebody has."""
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Who makes the file is the first. A lock beside that would be one more that two could take from each other.
        os.close(os.open(directory / STARTED, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        return _long_ago(directory / STARTED)
    except OSError:
        return False
    return True


def _long_ago(path: Path) -> bool:
    """Whether the last attempt is over a minute old. Of many who ask at once one hears yes."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # A clock that was set back leaves a time in the future, which is no reason to wait for it.
        if 0 <= time.time() - os.fstat(descriptor).st_mtime < PAUSE:
            return False
        os.utime(descriptor)  # which a full disk does not keep anybody from
    except OSError:
        return False
    finally:
        fcntl.flock(descriptor, fcntl.LOCK_UN)  # a child that is forked here must not keep it
        os.close(descriptor)
    return True
