"""The books of one run (law 6), kept per producer: one producer's reported loss never pays for another one's gap."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from datatracing.model.fate import Books, Fate, LedgerEntry

NAMED = 100
"""How many losses are named; the rest is one sum."""
UNKNOWN_PRODUCER = ""


@dataclass
class Account:
    """One producer's numbers in one run: which came, and how many were refused here, and before, and reported lost."""

    numbers: set[int] = field(default_factory=set)
    refused: Counter[str] = field(default_factory=Counter)
    noted: Counter[str] = field(default_factory=Counter)
    reported: Counter[str] = field(default_factory=Counter)

    @property
    def before(self) -> int:
        """What was refused at the door. An earlier seal noted what it refused itself, and that is not counted twice."""
        return sum(max(0, count - self.refused[reason]) for reason, count in self.noted.items())

    def gap(self, most: int) -> int:
        """Numbers that were used and that never came, `most` at the most."""
        return min(max(self.numbers) + 1 - len(self.numbers), most) if self.numbers else 0

    def lost(self, most: int) -> int:
        """What was refused at the door leaves a gap and is not lost too; what a spool could not hold may leave none."""
        return max(self.gap(most) - self.before, sum(self.reported.values()), 0)

    def losses(self, name: str, most: int) -> Iterator[tuple[int, str]]:
        """Each loss with its count and in words."""
        of = f" of producer {name}" if name else ""
        for reason, count in sorted(self.reported.items()):
            events = f"{count:,} event{'' if count == 1 else 's'}" if count else "an unknown number of events"
            yield count, f"{events}{of} lost: {reason}"
        if rest := self.lost(most) - sum(self.reported.values()):
            least = "at least " if self.gap(most) == most else ""
            yield rest, f"{least}{rest:,} event{'' if rest == 1 else 's'}{of} emitted and not arrived"


class Accounts:
    """All producers of a run. `most` bounds what a jump in one producer's numbers can claim."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._by_producer: dict[str, Account] = defaultdict(Account)

    def note(self, entries: Iterable[LedgerEntry]) -> None:
        """What the ledger says already."""
        for entry in entries:
            if entry.fate is Fate.REJECTED:
                self._by_producer[entry.producer].noted[entry.reason] += entry.count
            elif entry.fate is Fate.LOST:
                self._by_producer[entry.producer].reported[entry.reason] += entry.count

    def came(self, producer: str, seq: int) -> bool:
        """Whether this number of this producer is new."""
        numbers = self._by_producer[producer].numbers
        new = seq not in numbers
        numbers.add(seq)
        return new

    def refuse(self, reason: str, count: int = 1, producer: str = UNKNOWN_PRODUCER) -> None:
        """So many were refused while they were read."""
        self._by_producer[producer].refused[reason] += count

    def books(self, *, stored: int, duplicate: int, kept: bool) -> Books:
        """Emitted is what all the others add up to."""
        accounts = self._by_producer.values()
        lost = sum(account.lost(self._most) for account in accounts)
        rejected = sum(account.refused.total() + account.before for account in accounts)
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
            LedgerEntry(Fate.REJECTED, reason, count - account.noted[reason], at, trace_id, producer)
            for producer, account in sorted(self._by_producer.items())
            for reason, count in sorted(account.refused.items())
            if count > account.noted[reason]
        ]
