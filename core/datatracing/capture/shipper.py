"""The background thread that brings the outbox to the store. It runs beside tasks, never on their threads."""

import logging
from _thread import start_new_thread
from queue import Empty, SimpleQueue
from threading import Event, current_thread
from time import monotonic

from datatracing.capture.breaker import Breaker
from datatracing.capture.courier import Courier
from datatracing.capture.guard import guard
from datatracing.capture.outbox import Outbox
from datatracing.capture.settings import CaptureSettings
from datatracing.capture.sinks.fused import FusedSink
from datatracing.capture.sinks.port import BrokenOffError, Receipt
from datatracing.errors import DataTracingError

log = logging.getLogger("datatracing")

ADOPT_INTERVAL = 5.0
ADOPT_FILES = 16
"""Of the dead, per turn: a task's process must not work off the backlog of a whole machine."""


class Request(Event):
    """Set when an attempt has been made for somebody who waits."""

    def __init__(self, insists: bool) -> None:
        super().__init__()
        self.insists = insists
        self.delivered = False
        """Whether everything that was in the outbox is in the store."""


class Shipper:
    """Started by the first event. A SimpleQueue wakes it, because a signal handler may emit in the middle of that."""

    def __init__(self, settings: CaptureSettings, outbox: Outbox) -> None:
        self.receipt = Receipt()
        """What this process has delivered, the spools of the dead included."""
        self._settings = settings
        self._outbox = outbox
        self._breaker = Breaker(settings.spool_dir, settings.retry_limit)
        self._messages: SimpleQueue[Request | None] = SimpleQueue()
        self._running: dict[str, object] = {}
        self._over = Event()
        self._sink = FusedSink(settings, self._breaker)
        self._awake = False
        self._hopeful = False
        self._off_duty = 0.0
        self._stopped = False
        self._more_to_adopt = True
        self._complaint = ""

    def wake(self) -> None:
        """There is something to ship. Costs a queue operation, and the first time the start of a thread.

        Without a store it is for another process to ship, and there is no thread here.
        """
        if not self._settings.store:
            return
        if not self._stopped and not self._running:
            self._begin()
        if not self._awake:
            self._awake = True
            self._messages.put(None)

    def flush(self, timeout: float, *, insist: bool = False) -> bool:
        """Wait until all is shipped. At once False while the store is known not to answer, unless one insists."""
        if not self._outbox.waiting():
            return True
        if not self._settings.store or (self._breaker.remaining() and not (self._hopeful or insist)):
            return False
        self.wake()
        answers, asked = self._sink.answers, Request(insist)
        self._messages.put(asked)
        if not asked.wait(timeout) and self._sink.answers == answers:
            # The thread may be cut before it sees its own timeout; without this the next process would wait as long.
            self._hopeful = False
            self._breaker.trip(f"no answer within {timeout} s")
        return asked.delivered

    def stop(self, timeout: float) -> bool:
        """End the thread; False when it is still in the middle of something."""
        self._stopped = True
        self._messages.put(None)
        return not self._running or self._over.wait(timeout)

    def _begin(self) -> None:
        """One thread only, whoever asks for it at the same time: setdefault is one step, also for a signal handler.

        Not threading.Thread: its start waits until the new thread runs, a third of a millisecond on an idle machine and
        many on a busy one, in the first hook of every task.
        """
        mine = object()
        if self._running.setdefault("shipper", mine) is not mine:
            return
        try:
            start_new_thread(self._run, ())
        except RuntimeError:  # no more threads; the next event tries again
            self._running.clear()
            raise

    def _run(self) -> None:
        current_thread().name = "datatracing-shipper"
        try:
            while not self._stopped:
                asked = self._wait()
                with guard("capture.shipper"):
                    self._turn(asked)
                for each in asked:
                    each.set()
        finally:
            self._running.clear()
            self._over.set()

    def _wait(self) -> list[Request]:
        """Until something was emitted and a moment for more of it has passed, or somebody asks, or a retry is due."""
        until = monotonic() + self._pause()
        while not self._stopped:
            try:
                message = self._messages.get(timeout=max(0.0, until - monotonic()))
            except Empty:
                break
            if message is not None:
                return [message]
            self._awake = False
            until = min(until, monotonic() + self._settings.linger)
        return []

    def _pause(self) -> float:
        if blocked := self._breaker.remaining() or self._off_duty:
            return blocked
        if self._outbox.waiting() or self._more_to_adopt:
            return self._settings.linger
        return ADOPT_INTERVAL

    def _turn(self, asked: list[Request]) -> None:
        self._outbox.quota.sum()
        self._sink.insists = any(each.insists for each in asked)
        if self._stopped or (self._breaker.remaining() and not self._sink.insists):
            return
        courier = Courier(self._settings, self._outbox, self._sink)
        self._hopeful, self._off_duty = True, 0.0
        try:
            courier.own()
            for each in asked:
                each.delivered = True
            self._more_to_adopt = bool(asked) or not courier.adopted(ADOPT_FILES, self._called)
            self._complain("")
        except BrokenOffError:
            self._off_duty = ADOPT_INTERVAL
        except DataTracingError as error:
            self._complain(str(error))
        finally:
            self._hopeful = False
            self.receipt += courier.receipt
            self._sink.close()

    def _called(self) -> bool:
        return self._stopped or not self._messages.empty()

    def _complain(self, text: str) -> None:
        """Once when an outage begins, once when it is over."""
        if text and not self._complaint:
            where = self._settings.spool_dir
            log.warning("DataTracing: %s. Events wait in %s; your pipeline is not affected.", text, where)
        elif self._complaint and not text:
            log.info("DataTracing delivers again.")
        self._complaint = text
