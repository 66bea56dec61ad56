"""Searching runs, by filters as people type them: `--since 24h`, `--slower-than 10m`, an RFC 3339 time."""

import re
from typing import Any

from datatracing.access.visibility import EVERYTHING, Visibility
from datatracing.errors import BadInputError
from datatracing.model import clock
from datatracing.model.run import ORCHESTRATORS
from datatracing.model.states import State
from datatracing.query.question import Asked, Document, Question
from datatracing.query.summary import page_document
from datatracing.store.port import Can
from datatracing.store.search import RunFilter

UNITS = {"ms": 1_000, "s": clock.SECOND, "m": 60 * clock.SECOND, "h": 3_600 * clock.SECOND, "d": 86_400 * clock.SECOND}
UNITS["w"] = 7 * UNITS["d"]
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|[smhdw])")
LONGEST = 10_000 * 365 * UNITS["d"]
PAGE_LIMIT = 500
LONG = 64
"""Letters of a duration or a time."""


def runs(asked: Asked, limit: int = 50, cursor: str | None = None, **words: str | None) -> Document:
    """A page of run summaries, newest first, and the cursor that continues the list. `words`: see parse_filter."""
    if Can.SEARCH not in asked.store.can:
        raise BadInputError("this store cannot be searched: ask for a run by its trace id")
    where = parse_filter(**words, visibility=asked.visibility)
    return page_document(asked.store.runs(where, parse_limit(limit), cursor or None), asked.visibility)


def parse_filter(
    *,
    orchestrator: str | None = None,
    namespace: str | None = None,
    pipeline: str | None = None,
    run_id: str | None = None,
    state: str | None = None,
    since: str | None = None,
    slower_than: str | None = None,
    visibility: Visibility = EVERYTHING,
) -> RunFilter:
    """The filter behind what was typed. BadInputError names the field and what it can be."""
    return RunFilter(
        orchestrator=_one_of("orchestrator", orchestrator, ORCHESTRATORS),
        namespace=namespace or None,
        pipeline=pipeline or None,
        run_id=run_id or None,
        state=State(word) if (word := _one_of("state", state, tuple(State))) else None,
        since=parse_since(since) if since else None,
        slower_than=parse_duration(slower_than) if slower_than else None,
        visibility=visibility,
    )


def parse_duration(text: str) -> int:
    """Microseconds of `90s`, `10m`, `1h30m`, `250ms`. BadInputError for anything else."""
    parts = _PART.findall(text) if len(text) <= LONG else []
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise BadInputError(f"{text[:LONG]!r} is not a duration: write it as 250ms, 90s, 10m, 1h30m or 2d")
    total = round(sum(float(number) * UNITS[unit] for number, unit in parts))
    if total > LONGEST:
        raise BadInputError(f"{text!r} is longer than {LONGEST // UNITS['d']} days")
    return total


def parse_since(text: str, now: int | None = None) -> int:
    """The moment in microseconds: so long ago, or an RFC 3339 time or date (UTC unless it says otherwise)."""
    if _PART.match(text) and "-" not in text:
        return max(0, (clock.now() if now is None else now) - parse_duration(text))
    try:
        return max(0, clock.parse_rfc3339(text.strip().replace(" ", "T")))
    except (ValueError, OverflowError) as error:
        raise BadInputError(
            f"{text[:LONG]!r} is not a time: write how long ago it is (24h, 7d), or an RFC 3339 time such as "
            "2025-01-31T06:00:00Z"
        ) from error


def parse_limit(limit: int) -> int:
    """How many runs a page holds. BadInputError outside 1 to 500."""
    if not 1 <= limit <= PAGE_LIMIT:
        raise BadInputError(f"limit must be from 1 to {PAGE_LIMIT}")
    return limit


def _one_of(field: str, word: str | None, words: tuple[str, ...]) -> str | None:
    if not word:
        return None
    if word not in words:
        raise BadInputError(f"{field} {word!r} is not known: it is one of {', '.join(words)}")
    return word


def words_of(where: RunFilter) -> dict[str, Any]:
    """What `parse_filter` makes this filter of; the visibility is the reader's and no word."""
    return {
        "orchestrator": where.orchestrator,
        "namespace": where.namespace,
        "pipeline": where.pipeline,
        "run_id": where.run_id,
        "state": where.state.value if where.state else None,
        "since": clock.rfc3339(where.since),
        "slower_than": None if where.slower_than is None else f"{where.slower_than / 1_000:.3f}ms",
    }


RUNS = Question("/runs", runs)
