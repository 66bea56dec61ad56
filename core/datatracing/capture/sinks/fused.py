"""A sink behind a breaker: asks before it connects, and tells what came of it."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from datatracing.capture.breaker import Breaker
from datatracing.capture.packing import Row
from datatracing.capture.settings import CaptureSettings
from datatracing.capture.sinks.opening import open_sink
from datatracing.capture.sinks.port import Receipt, Sink
from datatracing.errors import BadInputError, DataTracingError, StoreUnreachableError
from datatracing.model.fate import LedgerEntry

T = TypeVar("T")


class BrokenOffError(StoreUnreachableError):
    """The store did not answer a moment ago, and it is not this process's turn to try."""


class FusedSink:
    """The sink of `settings`, opened for the first `send` and closed when there is nothing more to say."""

    def __init__(self, settings: CaptureSettings, breaker: Breaker) -> None:
        self.answers = 0
        """How often the store has answered: grows while there is progress."""
        self._settings = settings
        self._breaker = breaker
        self._inner: Sink | None = None

    def send(self, rows: Sequence[Row]) -> Receipt:
        """As the port says; BrokenOffError without an attempt."""
        return self._through(lambda sink: sink.send(rows))

    def report(self, entries: Sequence[LedgerEntry]) -> None:
        """As the port says; BrokenOffError without an attempt."""
        return self._through(lambda sink: sink.report(entries))

    def close(self) -> None:
        """The next attempt asks the breaker again."""
        if self._inner is not None:
            self._inner.close()
        self._inner = None

    def forked(self) -> bool:
        """As the port says."""
        return self._inner is None or self._inner.forked()

    def _through(self, say: Callable[[Sink], T]) -> T:
        if self._inner is None and not self._breaker.enter():
            raise BrokenOffError("the store did not answer a moment ago")
        try:
            answer = say(self._open())
        except BadInputError:
            self._answered()
            raise
        except DataTracingError as error:
            self._breaker.trip(str(error))
            raise
        self._answered()
        return answer

    def _open(self) -> Sink:
        self._inner = self._inner or open_sink(self._settings)
        return self._inner

    def _answered(self) -> None:
        self.answers += 1
        self._breaker.reset()
