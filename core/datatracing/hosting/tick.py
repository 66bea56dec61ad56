"""What a watcher has done in one tick, or in several."""

from dataclasses import dataclass


@dataclass
class TickResult:
    """Counts of runs. `failed` could not be read, `waiting` are not over or too fresh. `more`: the tick's time was over
    before there was nothing left."""

    completed: int = 0
    failed: int = 0
    waiting: int = 0
    more: bool = False

    def __add__(self, later: "TickResult") -> "TickResult":
        return TickResult(self.completed + later.completed, self.failed + later.failed, later.waiting, later.more)

    def __str__(self) -> str:
        parts = [f"{self.completed} runs completed"]
        parts += [f"{self.failed} could not be read"] if self.failed else []
        parts += [f"{self.waiting} are to be read again"] if self.waiting else []
        return ", ".join(parts + (["more are waiting"] if self.more else []))
