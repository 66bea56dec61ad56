"""Law 1: what fails in DataTracing never fails the host. The user's own code stays outside of the guarded block."""

import logging
import traceback
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType

log = logging.getLogger("datatracing")

_caught: Counter[str] = Counter()
_switch = {"reraise": False}


class Guard:
    """Swallows Exception, and only that: hosts use BaseException for their control flow (deferral, timeouts)."""

    __slots__ = ("where",)

    def __init__(self, where: str) -> None:
        self.where = where

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if not isinstance(error, Exception):
            return False
        _caught[self.where] += 1
        if _switch["reraise"]:
            return False
        if _caught[self.where] == 1:
            _report(self.where, error, trace)
        return True


def guard(where: str) -> Guard:
    """`with guard("airflow.listener"): ...`. `where` names the place, and what was caught is counted under it."""
    return Guard(where)


def caught() -> dict[str, int]:
    """How many errors were swallowed in this process, by place."""
    return dict(_caught)


@contextmanager
def reraising(*, on: bool = True) -> Iterator[None]:
    """For tests: inside, a guarded error is counted and raised, so that our own bugs are seen."""
    before = _switch["reraise"]
    _switch["reraise"] = on
    try:
        yield
    finally:
        _switch["reraise"] = before


def _report(where: str, error: Exception, trace: TracebackType | None) -> None:
    """The places without the message: an error text can quote user data, and nothing has redacted it (law 7)."""
    try:
        log.warning(
            "DataTracing failed in %s with %s; your pipeline is not affected. More of them are only counted.\n%s",
            where,
            type(error).__qualname__,
            "".join(traceback.format_tb(trace)),
        )
    except Exception:
        _caught["guard.log"] += 1
