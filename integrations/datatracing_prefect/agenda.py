"""Which ended runs are to be read, and when. Not safe for threads: one event loop keeps it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from datatracing.model.clock import SECOND
from datatracing_prefect.cursors import Stored

FLOW, TASK = "flow", "task"
RunId = tuple[str, str]
"""FLOW and the id of a flow run, or TASK and that of a task run that ran in the background, outside of any flow."""
PAUSES = (1.0, 2.0, 5.0, 15.0, 30.0)
"""Seconds between tries to read one run."""
FRESH = 10.0
"""Seconds between two looks that must see the same: a server writes down what it is told some seconds later, and more
where much is told."""
LONG_AGO = 600.0
"""Seconds after a run's end, from which on one look is enough."""
LOOK_AGAIN, MORE_SELDOM = 30.0, 0.1
"""Seconds between two looks at a run in which a task goes on after the end of the flow, and what part of the time since
then is added to them."""
SOON, QUIET = 2.0, 5.0
LIMIT = 100_000


@dataclass
class Entry:
    """`ended_at` in microseconds, `due` in seconds since the epoch. `digest` of what was stored last."""

    ended_at: int
    due: float
    tries: int = 0
    digest: str = ""
    done: bool = False
    progress: tuple[int, ...] = ()
    moved_at: float = 0.0
    moved: bool = False

    def moving(self, progress: tuple[int, ...], now: float, patience: float, quiet: float) -> bool:
        """Whether something has happened in the run, of which `progress` is a measure, within `patience` seconds.

        `quiet` is for a run that nothing more is expected of: it counts where something was seen to happen before.
        """
        self.moved = self.moved or self.progress not in {(), progress}
        if progress != self.progress:
            self.progress, self.moved_at = progress, now
        waits = patience or (quiet if self.moved else 0.0)
        return now - max(self.ended_at / SECOND, self.moved_at) < waits


class Agenda:
    """Remembers runs for some time after they are done, so that they are not read again, and when they stir, are."""

    def __init__(self, settle: float) -> None:
        self.settle = settle
        self._entries: dict[RunId, Entry] = {}

    def __len__(self) -> int:
        return sum(not each.done for each in self._entries.values())

    def __getitem__(self, run: RunId) -> Entry:
        return self._entries[run]

    @property
    def full(self) -> bool:
        """Nothing is taken on any more; Prefect keeps what has ended, and is asked for it later."""
        return len(self) >= LIMIT

    def recall(self, stored: Mapping[str, Stored]) -> None:
        """What an earlier watcher has read."""
        for name, each in stored.items():
            kind, _, run_id = name.partition("/")
            due = self._settled(each.ended_at)
            self._entries[kind, run_id] = Entry(each.ended_at, due, digest=each.digest, done=each.done)

    def stored(self) -> dict[str, Stored]:
        """What has been read, for the next watcher."""
        read = ((run, each) for run, each in self._entries.items() if each.done or each.digest)
        return {"/".join(run): Stored(each.ended_at, each.digest, each.done) for run, each in read}

    def ended(self, run: RunId, ended_at: int) -> None:
        """Somebody says that the run ended then. To hear it twice changes nothing."""
        known = self._entries.get(run)
        if known is not None:
            if known.ended_at < ended_at:
                known.ended_at, known.due, known.tries, known.done = ended_at, self._settled(ended_at), 0, False
        elif not self.full:
            self._entries[run] = Entry(ended_at, self._settled(ended_at))

    def stirred(self, run: RunId, now: float) -> bool:
        """Something has happened in it. A run that is not known to have ended is read when it has: then it is False."""
        known = self._entries.get(run)
        if known is None:
            return False
        known.due = now + SOON if known.done else max(min(known.due, now + SOON), self._settled(known.ended_at))
        known.done = False
        return True

    def due(self, now: float) -> list[RunId]:
        """The longest overdue first."""
        ready = [(each.due, run) for run, each in self._entries.items() if not each.done and each.due <= now]
        return [run for _, run in sorted(ready)]

    def next(self) -> float | None:
        """When something will be due."""
        return min((each.due for each in self._entries.values() if not each.done), default=None)

    def wait(self, run: RunId, until: float) -> None:
        """Not yet."""
        self._entries[run].due = until

    def read(self, run: RunId, now: float, digest: str, *, goes_on: bool) -> None:
        """It is stored, as of now. `goes_on`: a task in it has not ended."""
        entry = self._entries[run]
        changed = digest != entry.digest
        entry.digest, entry.tries = digest, 0
        if goes_on:
            entry.due = now + LOOK_AGAIN + max(0.0, now - entry.ended_at / SECOND) * MORE_SELDOM
        elif changed and now < entry.ended_at / SECOND + LONG_AGO:
            entry.due = now + FRESH
        else:
            entry.done = True

    def failed(self, run: RunId, now: float) -> bool:
        """Count a try that went wrong; whether there is another one."""
        entry = self._entries[run]
        if entry.tries >= len(PAUSES):
            entry.done = True
            return False
        entry.due = now + PAUSES[entry.tries]
        entry.tries += 1
        return True

    def close(self, run: RunId) -> None:
        """There is nothing to store about it."""
        self._entries[run].done = True

    def drop(self, run: RunId) -> None:
        """It is gone, or it has begun again."""
        self._entries.pop(run, None)

    def forget(self, before: int) -> None:
        """Let go of what is done and ended before this moment, in microseconds."""
        for run in [run for run, each in self._entries.items() if each.done and each.ended_at < before]:
            del self._entries[run]

    def waiting(self) -> Iterator[int]:
        """The ends of all runs that are not done."""
        return (each.ended_at for each in self._entries.values() if not each.done)

    def _settled(self, ended_at: int) -> float:
        return ended_at / SECOND + self.settle
