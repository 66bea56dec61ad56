"""A tick on a thread of its own: whatever it waits for, its caller goes on after a while."""

from collections.abc import Callable
from concurrent.futures import Future, wait
from threading import Thread

Outcome = tuple[str, object]


class Turn:
    """One piece of work at a time. What took too long is not cut off: whoever asks next gets what came of it."""

    def __init__(self, work: Callable[[str | None], Outcome]) -> None:
        self._work = work
        self._running: Future[Outcome] | None = None

    def take(self, cursor: str | None, patience: float) -> Outcome | None:
        """What comes of the work on this cursor, or of the work that is still going on; None when that takes more than
        `patience` seconds. Raises what the work raises."""
        if self._running is None:
            self._running = Future()
            Thread(target=self._run, args=(self._running, cursor), name="datatracing-collector", daemon=True).start()
        if not wait([self._running], patience).done:
            return None
        over, self._running = self._running, None
        return over.result()

    def _run(self, running: "Future[Outcome]", cursor: str | None) -> None:
        try:
            running.set_result(self._work(cursor))
        except BaseException as error:
            running.set_exception(error)
