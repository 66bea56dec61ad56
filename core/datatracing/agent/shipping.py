"""The duty to ship: everything in one spool directory, of the living and the dead, brought to one sink."""

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from datatracing.agent.delivery import Delivery
from datatracing.agent.quarantine import Quarantine
from datatracing.agent.sinks import Receipt, Sink
from datatracing.agent.tail import Stretch, Tail
from datatracing.capture import quota
from datatracing.capture.notice import Notice
from datatracing.capture.progress import Place, read_progress, write_progress
from datatracing.capture.reading import losses_of, reported, spool_files
from datatracing.capture.reserve import Reserve

if TYPE_CHECKING:
    from datatracing.capture import CaptureSettings

log = logging.getLogger("datatracing")

T = TypeVar("T")

AT_ONCE = 200
"""Files whose news travel together, and that are opened before others are delivered and closed."""


class Shipping:
    """Used by one thread, whose process has the duty. Every method that sends raises StoreUnreachableError; nothing is
    lost by that, the same stretches are sent again."""

    def __init__(self, settings: "CaptureSettings", sink: Sink, notify: Callable[[Notice], None]) -> None:
        self.files = 0
        """Delivered to their end, so far."""
        self._directory = settings.spool_dir
        self._sink = sink
        self._delivery = Delivery(sink, Quarantine(settings.spool_dir, settings.spool_limit), notify)
        self._reserve = Reserve(settings.spool_dir)
        self._tails: dict[str, Tail] = {}
        self._spoken: dict[str, bool] = {}
        self._places = read_progress(settings.spool_dir)
        self._written: dict[str, Place] | None = {}
        self._broken: set[Tail] = set()
        self._reserve.make()

    @property
    def receipt(self) -> Receipt:
        """Of all events so far."""
        return self._delivery.receipt

    @property
    def lost(self) -> int:
        """Events that the store refused for good."""
        return self._delivery.lost

    @property
    def busy(self) -> bool:
        """Whether something waits, or a living process may still have something to say."""
        return any(tail not in self._broken for tail in self._tails.values())

    def turn(self) -> dict[str, bool]:
        """Deliver all that is there now. The runs that were spoken of, and whether their own process ended them."""
        for tails in self._open():
            if changed := [tail for tail in tails if tail not in self._broken and tail.look()]:
                self._deliver(changed)
        self._settle_reserve()
        spoken, self._spoken = self._spoken, {}
        return spoken

    def fold(self, trace_id: str) -> None:
        """Let be seen what has been delivered of this run."""
        self._sink.fold([trace_id])

    def hang_up(self) -> None:
        """The store does not answer: the next turn opens another connection."""
        self._sink.close()

    def publish(self) -> None:
        """Let the writers know how much there is."""
        quota.publish(self._directory)

    def close(self) -> None:
        """Let go of all files, and of the sink."""
        self._sink.close()
        for tail in self._tails.values():
            tail.close()
        self._tails.clear()

    def _open(self) -> Iterator[list[Tail]]:
        """Every file that can be opened, those that are known first; some at a time, since many may have died here."""
        names = {path.name: path for path in spool_files(self._directory)}
        for name in self._places.keys() - names.keys() - self._tails.keys():
            del self._places[name]
        known = list(self._tails.values())
        yield from (known[start : start + AT_ONCE] for start in range(0, len(known), AT_ONCE))
        new = [path for name, path in names.items() if name not in self._tails]
        for start in range(0, len(new), AT_ONCE):
            yield [tail for path in new[start : start + AT_ONCE] if (tail := self._added(path)) is not None]

    def _added(self, path: Path) -> Tail | None:
        try:
            tail = Tail(path, self._places.get(path.name, Place()))
        except OSError:
            return None  # gone meanwhile; or another user's, whom `spool status` names
        self._tails[path.name] = tail
        return tail

    def _deliver(self, tails: list[Tail]) -> None:
        for find in (Tail.resent, Tail.news, Tail.late):
            stretches = [found for tail in tails if (found := self._tried(tail, find)) is not None]
            if stretches:
                self._mark(stretches, sending=True)
                for trace_id, ended in self._delivery.send(stretches).items():
                    self._spoken[trace_id] = ended or self._spoken.get(trace_id, False)
                self._mark(stretches, sending=False)
        for tail in tails:
            self._tried(tail, self._account)
        self._write_places()

    def _tried(self, tail: Tail, do: Callable[[Tail], T]) -> T | None:
        """What cannot be read or deleted is left as it is: nothing is lost as long as the file is there."""
        if tail in self._broken:
            return None
        try:
            return do(tail)
        except OSError as error:
            self._broken.add(tail)
            log.warning("DataTracing leaves %s alone from now on: %s", tail.path, error.strerror)
            return None

    def _mark(self, stretches: Iterable[Stretch], *, sending: bool) -> None:
        for each in stretches:
            before, after = each.tail.place, each.place
            # Also when the sending fails here: its answer alone may have been lost.
            skipped = before.skipped if after.done == before.done else after.skipped
            place = Place(before.done, after.done, skipped) if sending else after
            self._places[each.tail.path.name] = each.tail.place = place
        self._write_places()

    def _write_places(self) -> None:
        if self._places == self._written:
            return
        try:
            write_progress(self._directory, self._places)
        except OSError as error:
            if self._written is not None:  # once: on a full disk there would be no end of it
                log.warning("DataTracing cannot write down how far it is (%s); it may send twice", error.strerror)
            self._written = None
        else:
            self._written = dict(self._places)

    def _account(self, tail: Tail) -> None:
        """What the file's process lost is reported while it lives, and for good when the file is over."""
        tail.due = False
        if not tail.final:
            counts = [each for each in tail.counts() if sum(each.lost)]
            if (lost := [each.lost for each in counts]) != tail.reported:
                self._delivery.report(reported(counts))
                tail.reported = lost
            return
        contents = tail.contents()
        self._delivery.report(losses_of(contents))
        if contents.damaged or contents.unreadable:
            self._delivery.put_aside(tail.path, tail.data())
        tail.remove()
        tail.close()
        self.files += 1
        del self._tails[tail.path.name]
        self._places.pop(tail.path.name, None)

    def _settle_reserve(self) -> None:
        """Losses of processes that could not even make a file."""
        if counts := self._reserve.counts():
            self._delivery.report(reported(counts))
            with suppress(OSError):  # then it is told again, which changes nothing
                self._reserve.clear(counts)
