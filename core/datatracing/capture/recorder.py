"""The one thing that hooks call: a statement about a run goes in, and the host hears nothing of it any more."""

import atexit
import os
import weakref
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from datatracing.capture.guard import caught, guard
from datatracing.capture.loss import Loss
from datatracing.capture.outbox import Outbox
from datatracing.capture.record import Kind, Record
from datatracing.capture.scribe import Redactor, Scribe, TooBigError, redaction
from datatracing.capture.settings import CaptureSettings
from datatracing.capture.shipper import Shipper
from datatracing.model import clock
from datatracing.model.event import ErrorInfo, Event, EventKind, Times
from datatracing.model.link import AssetUse, Dependency, Link
from datatracing.model.manifest import Manifest
from datatracing.model.run import RunRef, SpanKey
from datatracing.model.states import State

JOIN_TIMEOUT = 0.5
NO_TIMES = Times()
NOTHING: Mapping[str, Any] = {}


class Recorder:
    """Safe to use from many threads, from signal handlers and across forks. No method raises, none waits on a network
    but `flush` and `close`, and those for a bounded time.
    """

    def __init__(self, settings: CaptureSettings, redactor: Redactor | None = None) -> None:
        self.settings = settings.anchored()
        self._redactor = redactor
        with guard("capture.redact"):
            self._redactor = redactor or redaction(settings)
        self._begin()
        _recorders.add(self)

    def emit(
        self,
        kind: EventKind,
        run: RunRef,
        *,
        span: SpanKey | None = None,
        state: State | None = None,
        raw_state: str | None = None,
        reporter: str = "worker",
        times: Times = NO_TIMES,
        upstream: tuple[str, ...] = (),
        attributes: Mapping[str, Any] = NOTHING,
        error: ErrorInfo | None = None,
        links: tuple[Link, ...] = (),
        assets: tuple[AssetUse, ...] = (),
        dependencies: tuple[Dependency, ...] = (),
        edges_known: bool = True,
        records: tuple[str, ...] = (),
        at: int | None = None,
    ) -> None:
        """Redact, bound, append to the spool, and wake the shipper. On return the event survives this process.

        `at` is the producer's clock in microseconds, now by default. What cannot be kept is counted with a reason.
        """
        with guard("capture.emit"):
            event = Event(
                kind=kind, run=run, producer="", seq=0, at=clock.now() if at is None else at, span=span, state=state,
                raw_state=raw_state, reporter=reporter, times=times, upstream=upstream, attributes=attributes,
                error=error, links=links, assets=assets, dependencies=dependencies, edges_known=edges_known,
                records=records,
            )  # fmt: skip
            self._keep(event)

    def complete(self, manifest: Manifest) -> None:
        """Keep the run's own account of its end like an event. It is not counted among them.

        `observed_at` identifies it: the same run is not completed twice at one moment.
        """
        with guard("capture.complete"):
            self._begun_here()
            try:
                data = self._scribe.write_manifest(manifest)
            except TooBigError:
                self._outbox.lose_manifest(Loss.TOO_BIG)
            except Exception:
                self._outbox.lose_manifest(Loss.INTERNAL)
                raise
            else:
                self._outbox.put(
                    Record(Kind.MANIFEST, manifest.trace_id, manifest.producer, manifest.observed_at, data)
                )
            self._shipper.wake()

    def flush(self, timeout: float | None = None, *, insist: bool = False) -> bool:
        """Wait at most `timeout` seconds (by default the setting) until all is shipped; whether it is.

        For the last hook of a process that ends with `os._exit`, which cuts threads. Returns at once while the store is
        known not to answer, because what is in the spool is safe; a background thread may `insist` on an attempt.
        """
        with guard("capture.flush"):
            return self._shipper.flush(self.settings.flush_timeout if timeout is None else timeout, insist=insist)
        return False

    def start(self) -> None:
        """Ship what dead processes have left even if this one never emits: for long-lived processes."""
        with guard("capture.start"):
            self._shipper.wake()

    def close(self) -> None:
        """Flush, end the thread, and let go of the files. Nothing is emitted after it."""
        with guard("capture.close"):
            self._shipper.flush(self.settings.flush_timeout)
            if self._shipper.stop(JOIN_TIMEOUT):
                self._outbox.close()

    @property
    def producer(self) -> str:
        """The name under which this process speaks at the moment."""
        return self._outbox.producer.name

    @property
    def counters(self) -> dict[str, int]:
        """Of this process: what was emitted, delivered, stripped, lost and caught, each by reason."""
        receipt = self._shipper.receipt
        return {
            "emitted": self._emitted,
            **{name: n for name, n in vars(receipt).items() if n},
            **{f"stripped.{why}": n for why, n in self._scribe.stripped.items()},
            **{f"lost.{why}": n for why, n in self._outbox.lost.items()},
            **{f"caught.{where}": n for where, n in caught().items()},
        }

    def _keep(self, event: Event) -> None:
        self._begun_here()
        trace_id = event.trace_id
        producer, seq = self._outbox.producer.number(trace_id)
        self._emitted += 1
        try:
            data = self._scribe.write(replace(event, producer=producer, seq=seq))
        except TooBigError:
            self._outbox.lose(Loss.TOO_BIG, 1, trace_id, producer)
        except Exception:
            self._outbox.lose(Loss.INTERNAL, 1, trace_id, producer)
            raise
        else:
            self._outbox.put(Record(Kind.EVENT, trace_id, producer, seq, data))
        self._shipper.wake()

    def _begun_here(self) -> None:
        if self._process != os.getpid():  # forked in a way that Python has not seen
            self._forked()

    def _begin(self) -> None:
        self._process = os.getpid()
        self._emitted = 0
        self._scribe = Scribe(self._redactor, self.settings.record_limit)
        self._outbox = Outbox(self.settings)
        self._shipper = Shipper(self.settings, self._outbox)

    def _forked(self) -> None:
        """The child begins with nothing of its parent's: another name, other files, its own thread and locks."""
        _of_the_parent.append(self._shipper)
        self._begin()


_of_the_parent: list[Shipper] = []
"""Kept for ever in a forked child: a driver's connection that is destroyed there may talk to the parent's server."""
_recorders: "weakref.WeakSet[Recorder]" = weakref.WeakSet()


def _after_fork_in_child() -> None:
    for recorder in list(_recorders):
        with guard("capture.fork"):
            recorder._forked()  # noqa: SLF001  # same module: a fork is nothing that a caller announces


def _at_exit() -> None:
    for recorder in list(_recorders):
        recorder.close()


os.register_at_fork(after_in_child=_after_fork_in_child)
atexit.register(_at_exit)
