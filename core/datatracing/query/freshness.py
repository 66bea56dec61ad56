"""How fresh an answer is: what has been delivered is in it, whether or not anybody has swept. One rule for every door.

Before a question is answered, runs are folded whose inbox holds more than was folded: among the newest deliveries, and
the run that is asked for. That is bounded in work and in time; what is older than that and about no run that anybody
names is left to a sweep.
"""

import logging
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass

from datatracing.errors import DataTracingError
from datatracing.model import ids
from datatracing.model.run import parse_run
from datatracing.store.port import Store

log = logging.getLogger(__name__)

NEWEST = 1_000
"""Deliveries that are looked at."""
PATIENCE = 1.0
"""Seconds after which no other run is folded; the one that is being folded is finished."""


@dataclass(frozen=True)
class Freshness:
    """`seal` folds one run; `namespace` is that of runs which are named without one. Safe to use from many threads.

    What cannot be folded stays as it is: who may only read, or asks while somebody else folds, reads what is there.
    """

    store: Store
    seal: Callable[[str], object]
    namespace: str = "default"

    def refresh(self, run: str = "") -> None:
        """Fold what is new, the run first that is asked for, if one is. BadInputError when it is not a run at all."""
        asked = self._asked(run) if run else []
        with suppress(DataTracingError):
            self._fold([*asked, *self.store.delivered(NEWEST)])

    def _asked(self, run: str) -> list[str]:
        wanted = parse_run(run)
        if isinstance(wanted, str):
            return [wanted]
        return [ids.trace_id(wanted.orchestrator, self.namespace, wanted.pipeline, wanted.run_id)]

    def _fold(self, trace_ids: Iterable[str]) -> None:
        behind = self.store.behind(trace_ids)
        until = time.monotonic() + PATIENCE
        for trace_id in behind:
            self._fold_one(trace_id)
            if time.monotonic() > until:
                return

    def _fold_one(self, trace_id: str) -> None:
        """One bad run does not stop the others."""
        try:
            self.seal(trace_id)
        except DataTracingError:
            raise
        except Exception:
            log.exception("DataTracing could not fold run %s; the next sweep tries again", trace_id)
