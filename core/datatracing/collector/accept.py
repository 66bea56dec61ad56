"""Events come in: validated, bounded, packed into the inbox. What is refused meets a recorded fate."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from datatracing.errors import BadInputError
from datatracing.inbox import bounds
from datatracing.inbox.delivery import understood
from datatracing.inbox.identity import OTHER, contradicts
from datatracing.inbox.limits import Limits
from datatracing.inbox.packing import pack_events
from datatracing.model import clock, codec
from datatracing.model.event import Event
from datatracing.model.fate import Fate, LedgerEntry
from datatracing.model.run import RunRef
from datatracing.model.token import EVERYWHERE, Token
from datatracing.store.port import Store

SLICE = 500
"""Events that are worked on at once: memory does not grow with a delivery."""
NAMED = 100
"""Refusals of one delivery that are named each by itself in the ledger; the rest is added up by reason."""


@dataclass(frozen=True)
class Refusal:
    """`count` events were refused for this reason."""

    reason: str
    count: int


@dataclass(frozen=True)
class Receipt:
    """What became of one delivery; the three add up to what was sent."""

    accepted: int = 0
    duplicate: int = 0
    rejected: tuple[Refusal, ...] = ()


def accept(
    store: Store,
    lines: Iterable[bytes],
    limits: Limits,
    redact: Callable[[Event], Event] | None = None,
    token: Token | None = None,
) -> Receipt:
    """Store events given as JSON, one each. Durable on return; after a StoreUnreachableError send the same again.

    Each line is worked on before the next one is asked for, so whoever gives them can pause between two. A bad event
    never takes a good one with it: it is refused, with its reason in the ledger. `redact` is law 7 for
    producers that are not ours; what ours has redacted already it leaves as it is. `token` bounds whose runs may be
    spoken of.
    """
    door = _Door(store, limits, redact, token)
    left = iter(lines)
    while door.take(islice(left, SLICE)):
        pass
    return door.receipt()


class _Door:
    """One delivery on its way in."""

    def __init__(
        self, store: Store, limits: Limits, redact: Callable[[Event], Event] | None, token: Token | None
    ) -> None:
        self._store = store
        self._limits = limits
        self._redact = redact
        self._token = token
        self._now = clock.now()
        self._accepted = self._sent = 0
        self._reasons: Counter[str] = Counter()
        self._named = 0

    def take(self, lines: Iterable[bytes]) -> bool:
        """Some of the lines; whether there were any."""
        good: list[Event] = []
        refused: list[LedgerEntry] = []
        for line in lines:
            try:
                good.append(self._event(line))
            except BadInputError as error:
                refused.append(self._refusal(line, error))
        if not good and not refused:
            return False
        own = list(self._own(good, refused))
        rows = pack_events(own, per_row=self._limits.events_per_row, received_at=self._now)
        # One row at a time, because a batch would only say how many rows were new and not which.
        self._accepted += sum(row.n for row in rows if self._store.append([row]))
        self._sent += len(own)
        self._record(refused)
        return True

    def receipt(self) -> Receipt:
        """When all lines are in."""
        refusals = tuple(Refusal(*each) for each in sorted(self._reasons.items()))
        return Receipt(self._accepted, self._sent - self._accepted, refusals)

    def _event(self, line: bytes) -> Event:
        event = read_event(line, self._limits, self._now)
        if self._token is not None and not self._token.reaches(event.run):
            raise BadInputError(elsewhere(self._token))
        return self._redact(event) if self._redact else event

    def _own(self, events: list[Event], refused: list[LedgerEntry]) -> Iterator[Event]:
        """Without those that name another run under the id of one that is stored."""
        doubtful = sorted({event.trace_id for event in events if not event.run.proven})
        known = self._store.identities(doubtful) if doubtful else {}
        for event in events:
            if contradicts(event.run, known.get(event.trace_id)):
                refused.append(LedgerEntry(Fate.REJECTED, f"the event {OTHER}", 1, self._now))
            else:
                yield event

    def _refusal(self, line: bytes, error: BadInputError) -> LedgerEntry:
        """Of the event's run and producer, where they can be told and are the sender's to speak of. `at` is the event's
        own time then: sent again it is the same refusal."""
        reason = str(error)[:200]
        try:
            run, producer, at, told = _whose(line, self._limits)
            bounds.run(run)
            whose = LedgerEntry(Fate.REJECTED, reason, 1, at, run.trace_id, producer, word_of(self._token), told)
            refusal = bounds.bounded_loss(whose, self._now)
        except BadInputError:
            return LedgerEntry(Fate.REJECTED, reason, 1, self._now)
        if self._token is not None and not self._token.reaches(run):
            return LedgerEntry(Fate.REJECTED, reason, 1, self._now)
        return refusal

    def _record(self, refused: list[LedgerEntry]) -> None:
        self._reasons.update(entry.reason for entry in refused)
        named = [entry for entry in refused if entry.trace_id][: max(0, NAMED - self._named)]
        self._named += len(named)
        self._store.report(named)
        others = Counter(entry.reason for entry in refused)
        others.subtract(entry.reason for entry in named)
        self._store.record([LedgerEntry(Fate.REJECTED, reason, n, self._now) for reason, n in others.items() if n])


def word_of(token: Token | None) -> str:
    """The namespace in which what the holder says holds; empty for all."""
    return "" if token is None or token.namespace == EVERYWHERE else token.namespace


def elsewhere(token: Token) -> str:
    """Why something was refused that another token could have said."""
    return f"the token {token.name!r} is for another namespace"


def read_event(line: bytes, limits: Limits, now: int) -> Event:
    """One event, checked against the bounds. BadInputError says what is wrong with it."""
    if len(line) > limits.event_bytes:
        raise BadInputError(f"event is larger than {limits.event_bytes} bytes")
    aside = codec.Aside()
    return understood(bounds.bounded(codec.loads(Event, line, aside), limits, now), aside)


def _whose(line: bytes, limits: Limits) -> tuple[RunRef, str, int, int]:
    """Run, producer, time and the next number, 0 if it has none that can be, of an event that is refused for something
    else. BadInputError where they cannot be had."""
    try:
        plain: Any = json.loads(line) if len(line) <= limits.event_bytes else None
        run, seq = codec.from_plain(RunRef, plain["run"]), plain.get("seq")
        told = seq + 1 if isinstance(seq, int) and 0 <= seq < bounds.SEQ else 0
        return run, str(plain["producer"]), int(plain["at"]), told
    except (ValueError, RecursionError, TypeError, KeyError, OverflowError) as error:
        raise BadInputError("nobody's") from error
