"""A sink behind a breaker: asks before it connects, and tells what came of it."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from datatracing.capture.breaker import Breaker
from datatracing.capture.packing import Row
from datatracing.capture.record import Record
from datatracing.capture.settings import CaptureSettings
from datatracing.capture.sinks.opening import open_sink
from datatracing.capture.sinks.port import BrokenOffError, Receipt, Sink
from datatracing.errors import BadInputError, DataTracingError
from datatracing.model.fate import LedgerEntry

T = TypeVar("T")


class FusedSink:
    """The sink of `settings`, opened for the first `send` and closed when there is nothing more to say."""

    def __init__(self, settings: CaptureSettings, breaker: Breaker) -> None:
        self.answers = 0
        """How often the store has answered: grows while there is progress."""
        self.insists = False
        """Try whatever the breaker says, because somebody asked for it. The breaker is told what came of it."""
        self._settings = settings
        self._breaker = breaker
        self._inner: Sink | None = None

    def send(self, rows: Sequence[Row]) -> Receipt:
        """As the port says; BrokenOffError without an attempt."""
        return self._through(lambda sink: sink.send(rows))

    def complete(self, manifest: Record) -> None:
        """As the port says; BrokenOffError without an attempt."""
        return self._through(lambda sink: sink.complete(manifest))

    def report(self, entries: Sequence[LedgerEntry]) -> None:
        """As the port says; BrokenOffError without an attempt."""
        return self._through(lambda sink: sink.report(entries))

    def close(self) -> None:
        """The next attempt asks the breaker again."""
        if self._inner is not None:
            self._inner.close()
        self._inner = None

    def _through(self, say: Callable[[Sink], T]) -> T:
        try:
            answer = say(self._admitted())
        except BrokenOffError:
            raise
        except BadInputError:
            self._answered()
            raise
        except DataTracingError as error:
            self._breaker.trip(str(error))
            raise
        self._answered()
        return answer

    def _admitted(self) -> Sink:
        """Whoever has been let in once stays in until `close`."""
        if self._inner is None:
            sink = open_sink(self._settings)
            if not self.insists and not self._breaker.enter():
                raise BrokenOffError("the store did not answer a moment ago")
            self._inner = sink
        return self._inner

    def _answered(self) -> None:
        self.answers += 1
        self._breaker.reset()
