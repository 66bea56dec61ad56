"""The lines of a waterfall: a row per attempt, mapped instances folded into one unless there are few of them."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from datatracing.cli.terminal.glyphs import Glyphs
from datatracing.cli.terminal.tasks import UNMAPPED, Attempt, Task
from datatracing.cli.terminal.text import first_line, plain
from datatracing.cli.terminal.times import took
from datatracing.model.states import SEVERITY, State

FEW = 5
"""So many mapped instances are shown one by one, and of more than that so many failed ones."""
FAILING = frozenset(state for state in State if state.failing)
OPEN = frozenset(state for state in State if not state.terminal)


class Part(str, Enum):
    """What a piece of a bar stands for."""

    WAIT = "wait"
    RUN = "run"
    RETRY = "retry"
    POINT = "point"


@dataclass(frozen=True)
class Piece:
    """A piece of a bar, in microseconds."""

    part: Part
    begin: int
    end: int
    state: str


@dataclass(frozen=True)
class Row:
    """One line. `note` takes the place of the state's word where many instances are folded into it."""

    depth: int
    label: str
    state: str
    note: str = ""
    waited: str = ""
    took: str = ""
    pieces: tuple[Piece, ...] = ()
    error: str = ""

    @property
    def text(self) -> str:
        """What stands in front of the durations, the state's word excepted."""
        return "  " * self.depth + self.label + (f": {self.note}" if self.note else "")


def rows_of(tasks: Iterable[Task], now: int, glyphs: Glyphs, *, everything: bool = False) -> list[Row]:
    """All rows, in the order of the tasks. `now` is where a bar ends that has no end yet."""
    writer = _Rows(now, glyphs, everything)
    return [row for task in tasks for row in writer.task(task)]


@dataclass(frozen=True)
class _Rows:
    now: int
    glyphs: Glyphs
    everything: bool

    def task(self, task: Task) -> Iterator[Row]:
        name = plain(task.name)
        if not task.mapped:
            yield from self.instance(task.instances[UNMAPPED], name, 0)
            return
        states = task.last_states()
        folded = len(states) > FEW and not self.everything
        counts = _counted(states)
        yield self.whole(
            task, f"{name} {self.glyphs.times}{len(states):,}", counts if folded or len(set(states)) > 1 else ""
        )
        shown = [index for index in sorted(task.instances) if not folded or task.instances[index][-1].state in FAILING]
        for index in shown[: FEW if folded else None]:
            yield from self.instance(task.instances[index], "unmapped" if index == UNMAPPED else f"[{index}]", 1)
        if folded and len(shown) > FEW:
            worst = task.instances[shown[0]][-1].state
            yield Row(1, f"and {len(shown) - FEW:,} more", worst, note="--all shows them")

    def instance(self, attempts: Sequence[Attempt], label: str, depth: int) -> Iterator[Row]:
        for place, attempt in enumerate(attempts):
            later = attempts[place + 1] if place + 1 < len(attempts) else None
            if place == 0:
                numbered = f"{label} #{attempt.number}" if attempt.number > 1 else label
                yield self.attempt(attempt, numbered, depth, later)
            else:
                yield self.attempt(attempt, f"{self.glyphs.attempt} #{attempt.number}", depth + 1, later)

    def attempt(self, attempt: Attempt, label: str, depth: int, later: Attempt | None) -> Row:
        end, start = self.end(attempt), attempt.started_at
        lasted = took(end - start) if start is not None and end is not None and end > start else ""
        pieces = tuple(self.pieces(attempt, end, later))
        return Row(depth, label, attempt.state, "", took(attempt.waited), lasted, pieces, error_line(attempt.error))

    def whole(self, task: Task, label: str, note: str) -> Row:
        """All instances as one bar: from the first that was ready to the last that ended."""
        attempts, state = task.attempts(), _worst(task.last_states())
        begins = [each.started_at for each in attempts if each.started_at is not None]
        ends = [end for each in attempts if (end := self.end(each)) is not None]
        firsts = [each.first_at for each in attempts if each.first_at is not None]
        if not begins or not ends:
            return Row(0, label, state, note)
        wait = Piece(Part.WAIT, min(firsts), min(begins), state)
        run = Piece(Part.RUN, min(begins), max(ends), state)
        return Row(0, label, state, note, took(wait.end - wait.begin), took(run.end - run.begin), (wait, run))

    def end(self, attempt: Attempt) -> int | None:
        """Now, for what has started and is still going on."""
        going_on = attempt.started_at is not None and attempt.state in OPEN
        return attempt.ended_at if attempt.ended_at is not None or not going_on else self.now

    def pieces(self, attempt: Attempt, end: int | None, later: Attempt | None) -> Iterator[Piece]:
        first = attempt.first_at
        if attempt.started_at is None:
            if first is not None:
                waits = attempt.state in OPEN
                yield Piece(Part.WAIT if waits else Part.POINT, first, self.now if waits else first, attempt.state)
            return
        if first is not None and first < attempt.started_at:
            yield Piece(Part.WAIT, first, attempt.started_at, attempt.state)
        if end is not None:
            lasted = end > attempt.started_at
            yield Piece(Part.RUN if lasted else Part.POINT, attempt.started_at, end, attempt.state)
            if later is not None and later.first_at is not None and attempt.state == State.RETRIED:
                yield Piece(Part.RETRY, end, later.first_at, attempt.state)


def error_line(error: Mapping[str, Any] | None) -> str:
    """`ValueError: what it said`, on one line."""
    if not error:
        return ""
    kind, message = plain(str(error.get("type") or "")), first_line(str(error.get("message") or ""))
    return f"{kind}: {message}" if kind and message else kind or message


def _counted(states: Sequence[str]) -> str:
    counts = Counter(states)
    return ", ".join(f"{counts[state]:,} {state.value}" for state in SEVERITY if state in counts)


def _worst(states: Sequence[str]) -> str:
    return next((state.value for state in SEVERITY if state in states), states[0])
