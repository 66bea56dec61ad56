"""The books of one run (law 6), kept per producer: one producer's reported loss never pays for another one's gap."""

from collections import defaultdict
from collections.abc import Iterable

from datatracing.inbox.account import Account
from datatracing.model.fate import Books, Fate, LedgerEntry

NAMED = 100
"""How many losses are named; the rest is one sum."""
UNKNOWN_PRODUCER = ""


class Accounts:
    """All producers of a run. `most` bounds what a jump in one producer's numbers can claim."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._by_producer: dict[str, Account] = defaultdict(Account)

    def note(self, entries: Iterable[LedgerEntry]) -> None:
        """What the ledger says already."""
        for entry in entries:
            self._by_producer[entry.producer].note(entry)

    def came(self, producer: str, seq: int) -> bool:
        """Whether this number of this producer is new."""
        numbers = self._by_producer[producer].numbers
        new = seq not in numbers
        numbers.add(seq)
        return new

    def refuse(self, reason: str, count: int = 1, producer: str = UNKNOWN_PRODUCER) -> None:
        """So many were refused while they were read."""
        self._by_producer[producer].refused[reason] += count

    def turn_away(self, reason: str, producer: str, number: int) -> None:
        """The event of this number was refused while it was read."""
        self._by_producer[producer].turn_away(number, reason)

    def books(self, *, stored: int, duplicate: int, kept: bool) -> Books:
        """Emitted is what all the others add up to."""
        accounts = self._by_producer.values()
        lost = sum(account.lost(self._most) for account in accounts)
        rejected = sum(account.rejected for account in accounts)
        return Books(
            emitted=stored + duplicate + rejected + lost,
            stored=stored if kept else 0,
            sampled_out=0 if kept else stored,
            duplicate=duplicate,
            rejected=rejected,
            lost=lost,
        )

    @property
    def losses(self) -> tuple[str, ...]:
        """Every known loss in words, the producers in order."""
        told = [loss for name in sorted(self._by_producer) for loss in self._by_producer[name].losses(name, self._most)]
        named = [words for _, words in told[:NAMED]]
        rest = sum(count for count, _ in told[NAMED:])
        return (*named, f"{rest:,} more events lost") if len(told) > NAMED else tuple(named)

    def news(self, trace_id: str, at: int) -> list[LedgerEntry]:
        """What was refused while reading and is not in the ledger yet."""
        return [
            LedgerEntry(Fate.REJECTED, reason, count, at, trace_id, producer, told=told)
            for producer, account in sorted(self._by_producer.items())
            for reason, count, told in account.news()
        ]
