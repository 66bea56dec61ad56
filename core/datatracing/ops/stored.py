"""Checks of the store."""

from collections import Counter
from collections.abc import Callable, Sequence

from datatracing.errors import DataTracingError
from datatracing.model import clock
from datatracing.model.fate import Fate, LedgerEntry
from datatracing.ops.finding import Finding
from datatracing.store.search import Page, RunFilter

LOOKED_AT = 200
"""Newest runs whose namespaces are compared."""
RECENT = 24 * 3600 * clock.SECOND


def reachable(url: str, check: Callable[[], None], where: str) -> Finding:
    """The store answers, and its tables fit this code. The error says what to do, and we who named the store."""
    try:
        check()
    except DataTracingError as error:
        return unusable(error, where)
    return Finding("store", ok=True, detail=f"{url} answers, its tables fit this version")


def unusable(error: DataTracingError, where: str) -> Finding:
    """The error whole, as its words belong together."""
    advice = f"put that right, or name another store: this one is from {where}"
    return Finding("store", ok=False, detail=str(error), advice=advice)


def runs(page: Page) -> Finding:
    """Whether anything has ever arrived."""
    if not page.runs:
        advice = "run a pipeline; if it stays like this, look at the spool and at the orchestrator's own log"
        return Finding("runs", ok=True, detail="no run is stored yet", advice=advice)
    newest = page.runs[0]
    started = clock.rfc3339(newest.times.started_at) or "an unknown time"
    return Finding("runs", ok=True, detail=f"the newest is {newest.run.name}, started {started}")


def namespaces(newest: Callable[[RunFilter, int], Page], ours: str) -> Finding:
    """Two installations under one name mix their runs: a run's id is a function of its names and nothing else.

    Nothing in the data tells such installations apart. What can be seen is that others use this store under names of
    their own while this host still has the name that everybody starts with.
    """
    stored = {run.run.namespace for run in newest(RunFilter(), LOOKED_AT).runs}
    others = sorted(stored - {ours})
    if ours == "default" and others:
        return Finding(
            "namespace",
            ok=False,
            detail=f"this host writes as 'default' into a store that also has {', '.join(others[:5])}",
            advice="give every installation its own DATATRACING_NAMESPACE, or their runs of one name become one",
        )
    detail = f"this host writes as {ours!r}"
    return Finding("namespace", ok=True, detail=detail + (f"; others as {', '.join(others[:5])}" if others else ""))


def ledger(entries: Sequence[LedgerEntry], now: int) -> Finding:
    """What was refused or lost in the last 24 hours."""
    counts: Counter[str] = Counter()
    for entry in entries:
        if entry.fate in {Fate.REJECTED, Fate.LOST} and now - entry.at <= RECENT:
            counts[f"{entry.fate}: {entry.reason}"] += entry.count
    if not counts:
        return Finding("ledger", ok=True, detail="nothing was rejected or lost in the last 24 hours")
    worst = "; ".join(f"{count:,} events {reason}" for reason, count in counts.most_common(3))
    return Finding("ledger", ok=False, detail=worst, advice="`datatracing why RUN` says which run it was")
