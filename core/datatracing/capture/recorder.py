"""The one thing that hooks call: a statement about a run goes in, and the host hears nothing of it any more."""

import atexit
import os
import weakref
from dataclasses import replace
from typing import TYPE_CHECKING

from datatracing.capture.encoder import Encoder, Redactor, TooBigError, redaction
from datatracing.capture.frame import Frame, Kind
from datatracing.capture.guard import caught, guard
from datatracing.capture.notice import Notice
from datatracing.capture.producer import Producer
from datatracing.capture.settings import SELF, CaptureSettings
from datatracing.capture.spool import Spool
from datatracing.capture.summon import Summoner
from datatracing.model import clock
from datatracing.model.event import EventKind, Statement
from datatracing.model.loss import Loss
from datatracing.model.run import RunRef

if TYPE_CHECKING:
    from datatracing.model.manifest import Manifest


class _Own:
    """What a process has of its own. Made and taken into use in one step, since a forked child may have threads too."""

    def __init__(self, settings: CaptureSettings, redactor: Redactor | None) -> None:
        self.process = os.getpid()
        self.emitted = 0
        self.news = False
        """Whether something was said since the last close."""
        self.producer = Producer()
        self.encoder = Encoder(redactor, settings.event_limit)
        self.spool = Spool(settings.spool_dir, settings.spool_limit)
        self.summoner = Summoner(settings)


class Recorder:
    """Safe to use from many threads, from signal handlers and across forks.

    No method raises, and none does more than to append to a file of this process (law 1); what is there afterwards
    survives it. The agent of this host brings it to the store.
    """

    def __init__(self, settings: CaptureSettings, redactor: Redactor | None = None) -> None:
        self.settings = settings.anchored()
        self._redactor = redactor
        with guard("capture.redact"):
            self._redactor = redactor or redaction(settings)
        self._own = _Own(self.settings, self._redactor)
        _recorders.add(self)

    def say(self, statement: Statement, at: int | None = None) -> None:
        """Redact, bound, count and append.

        `at` is the producer's clock in microseconds, now by default. What cannot be kept is counted with a reason.
        """
        with guard("capture.say"):
            self._keep(statement, clock.now() if at is None else at)
        if statement.kind is EventKind.STARTED:
            # Only then: an end may be said in a signal handler, or when the process is about to go.
            self._own.summoner.look()

    def rehearse(self, statement: Statement) -> None:
        """All but keep it. What is made the first time, patterns and plans, the forks of this process then have."""
        with guard("capture.rehearse"):
            data = self._own.encoder.write(statement.event("", 0, 0))
            Frame(Kind.EVENT, statement.trace_id, self._own.producer.name, 0, data).encode()

    def complete(self, manifest: "Manifest") -> None:
        """Keep the run's own account of its end like an event. It is not counted among them.

        `observed_at` identifies it: the same run is not completed twice at one moment.
        """
        with guard("capture.complete"):
            own = self._here()
            own.news = True
            lost = Frame(Kind.MANIFEST, manifest.trace_id, own.producer.name, manifest.observed_at, b"")
            try:
                data = own.encoder.write_manifest(manifest)
            except TooBigError:
                own.spool.lose(Loss.TOO_BIG, lost)
            except Exception:
                own.spool.lose(Loss.INTERNAL, lost)
                raise
            else:
                own.spool.put(replace(lost, json=data))

    def notice(self, notice: Notice) -> None:
        """Tell this host's watcher. Losing it loses nothing: whoever reconciles finds the run."""
        with guard("capture.notice"):
            own = self._here()
            run = RunRef(notice.orchestrator, notice.namespace, notice.pipeline, notice.run_id)
            data = own.encoder.write_notice(notice)
            own.spool.put(Frame(Kind.NOTICE, run.trace_id, own.producer.name, 0, data))

    def close(self) -> None:
        """Let go of the file. Where the disk dies with the process, send it once, for a bounded time.

        What is emitted afterwards goes into another file.
        """
        with guard("capture.close"):
            own = self._here()
            own.summoner.close()
            own.spool.close()
            news, own.news = own.news, False
            if news and self.settings.ship == SELF:
                from datatracing.capture import farewell

                farewell.send(self.settings)

    @property
    def producer(self) -> str:
        """The name under which this process speaks at the moment."""
        return self._own.producer.name

    @property
    def counters(self) -> dict[str, int]:
        """Of this process: what was emitted, stripped, lost and caught, each by reason."""
        return {
            "emitted": self._own.emitted,
            **{f"stripped.{why}": n for why, n in self._own.encoder.stripped.items()},
            **{f"lost.{why}": n for why, n in self._own.spool.lost.items()},
            **{f"caught.{where}": n for where, n in caught().items()},
        }

    def _keep(self, statement: Statement, at: int) -> None:
        own = self._here()
        producer, seq = own.producer.number(statement.trace_id)
        own.emitted += 1
        own.news = True
        try:
            data = own.encoder.write(statement.event(producer, seq, at))
        except Exception as error:
            why = Loss.TOO_BIG if isinstance(error, TooBigError) else Loss.INTERNAL
            own.spool.lose(why, Frame(Kind.EVENT, statement.trace_id, producer, seq, b""))
            if why is Loss.INTERNAL:
                raise
        else:
            own.spool.put(Frame(Kind.EVENT, statement.trace_id, producer, seq, data))

    def _here(self) -> _Own:
        """A forked child begins with nothing of its parent's: another name, other files."""
        own = self._own
        if own.process != os.getpid():
            own = self._own = _Own(self.settings, self._redactor)
        return own


_recorders: "weakref.WeakSet[Recorder]" = weakref.WeakSet()


def _at_exit() -> None:
    for recorder in list(_recorders):
        recorder.close()


atexit.register(_at_exit)
