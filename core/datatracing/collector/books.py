"""The books of one run (law 6), kept per producer: one producer's reported loss never pays for another one's gap."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from datatracing.capture.loss import Loss
from datatracing.model.fate import Books, Fate, LedgerEntry

NAMED = 100
"""How many losses are named; the rest is one sum."""
UNKNOWN_PRODUCER = ""
CURABLE = frozenset({Loss.TORN.value, Loss.CORRUPT.value})


@dataclass
class Account:
    """One producer's numbers in one run: which came, and how many were refused here, and before, and reported lost.

    `told` is how many numbers it has used, as far as reports say. A report that says so (`numbered`) is only the reason
    why numbers never came, and nothing when they came from elsewhere; one that cannot say (`bare`) counts by itself.
    """

    numbers: set[int] = field(default_factory=set)
    told: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    noted: Counter[str] = field(default_factory=Counter)
    numbered: Counter[str] = field(default_factory=Counter)
    bare: Counter[str] = field(default_factory=Counter)

    def note(self, entry: LedgerEntry) -> None:
        """What the ledger says already."""
        if entry.fate is Fate.REJECTED:
            self.noted[entry.reason] += entry.count
        elif entry.fate is Fate.LOST:
            (self.numbered if entry.told else self.bare)[entry.reason] += entry.count
        else:
            return
        self.told = max(self.told, entry.told)

    @property
    def before(self) -> int:
        """What was refused at the door. An earlier seal noted what it refused itself, and that is not counted twice."""
        return sum(max(0, count - self.refused[reason]) for reason, count in self.noted.items())

    @property
    def absent(self) -> int:
        """Numbers that were used and that never came."""
        return max(self.told, max(self.numbers, default=-1) + 1) - len(self.numbers)

    def gap(self, most: int) -> int:
        """The same, but more than `most` only where somebody reports that many."""
        return min(self.absent, max(most, self.numbered.total()))

    def lost(self, most: int) -> int:
        """What was refused at the door leaves a gap and is not lost too; what a report counts may leave none."""
        return max(self.gap(most) - self.before, self.bare.total(), 0)

    def losses(self, name: str, most: int) -> Iterator[tuple[int, str]]:
        """Each loss with its count and in words. They add up to `lost`: reasons for more than that are healed."""
        of = f" of producer {name}" if name else ""
        rest = self.lost(most)
        for reason, reported in (*sorted(self.bare.items()), *sorted(self.numbered.items(), key=_curable_last)):
            count = min(reported, rest)
            rest -= count
            if count:
                yield count, f"{_events(count)}{of} lost: {reason}"
            elif reason in self.bare and not reported:
                yield 0, f"an unknown number of events{of} lost: {reason}"
        if rest:
            least = "at least " if self.gap(most) < self.absent else ""
            yield rest, f"{least}{_events(rest)}{of} emitted and not arrived"


def _curable_last(reported: tuple[str, int]) -> tuple[bool, str]:
    """What a process counted itself is in no file; what a file misses may be in its copy."""
    return reported[0] in CURABLE, reported[0]


def _events(count: int) -> str:
    return f"{count:,} event{'' if count == 1 else 's'}"


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
