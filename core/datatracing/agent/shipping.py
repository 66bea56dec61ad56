"""The duty to ship: everything in one spool directory, of the living and the dead, brought to one sink."""

import logging
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

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

AT_ONCE = 200
"""Files whose news travel together."""


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
        self._places = read_progress(settings.spool_dir)

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
        """Whether a living process may still have something to say."""
        return bool(self._tails)

    def turn(self) -> dict[str, bool]:
        """Deliver all that is there now. The runs that were spoken of, and whether their own process ended them."""
        spoken: dict[str, bool] = {}
        changed = [tail for tail in self._open() if tail.look()]
        for start in range(0, len(changed), AT_ONCE):
            spoken.update(self._deliver(changed[start : start + AT_ONCE]))
        self._settle_reserve()
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

    def _open(self) -> list[Tail]:
        """Every file that can be opened: those that are known, and new ones."""
        for name in [name for name, tail in self._tails.items() if tail.gone]:
            self._tails.pop(name).close()
            self._places.pop(name, None)
        for path in spool_files(self._directory):
            if path.name not in self._tails:
                self._add(path)
        return list(self._tails.values())

    def _add(self, path: Path) -> None:
        try:
            self._tails[path.name] = Tail(path, self._places.get(path.name, Place()))
        except OSError:
            return  # gone meanwhile; or another user's, whom `spool status` names

    def _deliver(self, tails: Iterable[Tail]) -> dict[str, bool]:
        spoken: dict[str, bool] = {}
        tails = list(tails)
        for find in (Tail.resent, Tail.news):
            stretches = [found for tail in tails if (found := self._read(tail, find)) is not None]
            if stretches:
                self._mark(stretches, sending=True)
                spoken.update(self._delivery.send(stretches))
                self._mark(stretches, sending=False)
        for tail in tails:
            self._account(tail)
        return spoken

    def _read(self, tail: Tail, find: Callable[[Tail], Stretch | None]) -> Stretch | None:
        try:
            return find(tail)
        except OSError as error:
            # Left as it is: nothing is lost as long as the file is there.
            log.warning("DataTracing could not read %s (%s); it stays there", tail.path, error.strerror)
            return None

    def _mark(self, stretches: Iterable[Stretch], *, sending: bool) -> None:
        for each in stretches:
            before, after = each.tail.place, each.place
            place = Place(before.done, after.done, before.skipped) if sending else after
            self._places[each.tail.path.name] = place
            each.tail.place = before if sending else after
        self._write_places()

    def _write_places(self) -> None:
        try:
            write_progress(self._directory, self._places)
        except OSError as error:
            log.warning("DataTracing could not write down how far it is (%s)", error.strerror)

    def _account(self, tail: Tail) -> None:
        """What the file's process lost is reported while it lives, and for good when the file is over."""
        if not tail.final:
            counts = [each for each in tail.counts() if sum(each.lost)]
            if counts != tail.reported:
                self._delivery.report(reported(counts))
                tail.reported = counts
            return
        contents = tail.contents()
        if contents.counts or contents.frames or (contents.head is None and contents.damaged):
            self._delivery.report(losses_of(contents))
        if contents.damaged:
            self._delivery.put_aside(tail.path, tail.data())
        tail.remove()
        self.files += 1
        del self._tails[tail.path.name]
        if self._places.pop(tail.path.name, None) is not None:
            self._write_places()

    def _settle_reserve(self) -> None:
        """Losses of processes that could not even make a file."""
        if counts := self._reserve.counts():
            self._delivery.report(reported(counts))
            self._reserve.clear(counts)

    def waiting(self) -> Iterator[Path]:
        """Files that are not delivered to their end."""
        return (tail.path for tail in self._tails.values())
