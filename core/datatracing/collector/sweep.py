"""The sweep finds what nobody announced: runs that have begun, and events that came after the seal."""

import logging

from datatracing.collector.seal import Sealer
from datatracing.errors import StoreUnreachableError

log = logging.getLogger(__name__)


def sweep(sealer: Sealer, limit: int = 200) -> int:
    """Open new runs and seal late ones again; how many were looked at. One bad run does not stop the others.

    Raises StoreUnreachableError.
    """
    waiting = sealer.store.unfolded(limit)
    for trace_id in waiting:
        try:
            sealer.seal(trace_id)
        except StoreUnreachableError:
            raise
        except Exception:
            log.exception("DataTracing could not fold run %s; the next sweep tries again", trace_id)
    return len(waiting)
