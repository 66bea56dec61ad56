"""The account of one producer in one run: which of its numbers came, and what became of the others (law 6)."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from datatracing.model.fate import Fate, LedgerEntry
from datatracing.model.loss import Loss

NAMED = 100
"""How many refused numbers are named at once in the ledger."""
CURABLE = frozenset({Loss.TORN.value, Loss.CORRUPT.value})


@dataclass
class Account:
    """One producer's numbers in one run: which came, which were refused, and what was reported lost.

    `told` is how many numbers it has used, as far as reports say. A report that says so (`numbered`) is only the reason
    why numbers never came, and nothing when they came from elsewhere; one that cannot say (`bare`) counts by itself.
    """

    numbers: set[int] = field(default_factory=set)
    told: int = 0
    turned_away: dict[int, str] = field(default_factory=dict)
    """Numbers that were refused while they were read, or at the door before; which may come again, and be good."""
    known: set[int] = field(default_factory=set)
    """Those that the ledger names."""
    refused: Counter[str] = field(default_factory=Counter)
    """What has no number, or was refused for what it would have been too much of."""
    noted: Counter[str] = field(default_factory=Counter)
    numbered: Counter[str] = field(default_factory=Counter)
    bare: Counter[str] = field(default_factory=Counter)

    def note(self, entry: LedgerEntry) -> None:
        """What the ledger says already."""
        if entry.fate is Fate.LOST:
            (self.numbered if entry.told else self.bare)[entry.reason] += entry.count
            self.told = max(self.told, entry.told)
        elif entry.fate is Fate.REJECTED and entry.told:
            self.turn_away(entry.told - 1, entry.reason)
            self.known.add(entry.told - 1)
        elif entry.fate is Fate.REJECTED:
            self.noted[entry.reason] += entry.count

    def turn_away(self, number: int, reason: str) -> None:
        """This one was refused."""
        self.turned_away.setdefault(number, reason)
        self.told = max(self.told, number + 1)

    @property
    def before(self) -> int:
        """What was refused at the door. An earlier seal noted what it refused itself, and that is not counted twice."""
        return sum(max(0, count - self.refused[reason]) for reason, count in self.noted.items())

    @property
    def away(self) -> int:
        """Numbers that were refused whenever they came."""
        return len(self.turned_away.keys() - self.numbers)

    @property
    def rejected(self) -> int:
        """All that was refused."""
        return self.refused.total() + self.before + self.away

    @property
    def absent(self) -> int:
        """Numbers that were used and that never came."""
        return max(self.told, max(self.numbers, default=-1) + 1) - len(self.numbers) - self.away

    def gap(self, most: int) -> int:
        """The same, but more than `most` only where somebody reports that many."""
        return min(self.absent, max(most, self.numbered.total()))

    def lost(self, most: int) -> int:
        """What was refused at the door leaves a gap and is not lost too; what a report counts may leave none."""
        return max(self.gap(most) - self.before, self.bare.total(), 0)

    def news(self) -> Iterator[tuple[str, int, int]]:
        """Reason, count and `told` of what was refused and is not in the ledger yet."""
        new = sorted(self.turned_away.keys() - self.known)[:NAMED]
        yield from ((self.turned_away[number], 1, number + 1) for number in new)
        for reason, count in sorted(self.refused.items()):
            if count > self.noted[reason]:
                yield reason, count - self.noted[reason], 0

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
