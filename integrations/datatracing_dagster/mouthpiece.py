"""Where steps' statements go: into the spool, and out of this process's hands as soon as it pauses.

A spool file belongs to the process that writes it. A step's process is soon gone, but one that executes run after run
lives on, so it lets go of its files when nothing was said for a moment: then the collector may take them.
"""

import time
from dataclasses import replace
from threading import RLock, Thread
from typing import TYPE_CHECKING, Any

from datatracing.capture import guard

if TYPE_CHECKING:
    from datatracing.capture import CaptureSettings, Recorder
    from datatracing.model.event import EventKind
    from datatracing.model.run import RunRef

IDLE = 1.0
"""Seconds."""


class Mouthpiece:
    """For one configuration, in one process, on any of its threads. `ships`: send it from here, beside the step."""

    def __init__(self, settings: "CaptureSettings", *, ships: bool) -> None:
        # Without a store nothing is sent from here.
        self.settings = settings if ships else replace(settings, store="")
        self._ships = ships
        self._lock = RLock()
        self._recorder: Recorder | None = None
        self._spoke_at = 0.0

    def emit(self, kind: "EventKind", run: "RunRef", **said: Any) -> None:
        """See Recorder.emit."""
        from datatracing.capture import Recorder

        with self._lock:
            if self._recorder is None:
                self._recorder = Recorder(self.settings)
                if not self._ships:
                    Thread(target=self._watch, name="datatracing-mouthpiece", daemon=True).start()
            self._spoke_at = time.monotonic()
            self._recorder.emit(kind, run, **said)

    def _watch(self) -> None:
        with guard("dagster.mouthpiece"):
            while not self._let_go():
                time.sleep(IDLE)

    def _let_go(self) -> bool:
        with self._lock:
            if time.monotonic() - self._spoke_at < IDLE:
                return False
            recorder, self._recorder = self._recorder, None
        if recorder is not None:
            recorder.close()
        return True
