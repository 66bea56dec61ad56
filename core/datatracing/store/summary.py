"""The one row per run that is kept for ever."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from datatracing.model.completeness import Completeness
from datatracing.model.event import Times
from datatracing.model.fate import Books, Fate
from datatracing.model.run import RunRef
from datatracing.model.states import State
from datatracing.model.verdict import Verdict


@dataclass(frozen=True)
class RunSummary:
    """The one row per run that is kept for ever. `verdict` None: the run has not been sealed yet (it is open).

    `inbox_rows` and `fingerprint` say what was folded: a re-seal with the same fingerprint changes nothing.
    """

    run: RunRef
    state: State
    raw_state: str | None = None
    times: Times = Times()
    revision: int = 0
    verdict: Verdict | None = None
    fate: Fate | None = None
    fate_reason: str = ""
    completeness: Completeness = Completeness()
    books: Books = Books()
    counts: Mapping[str, int] = field(default_factory=dict)
    sealed_at: int | None = None
    inbox_rows: int = 0
    fingerprint: str = ""
    unknown_fields: Mapping[str, int] = field(default_factory=dict)
    """How many statements had this field, or word in it, of a release that knows more than this one."""

    @property
    def trace_id(self) -> str:
        """32 hex digits."""
        return self.run.trace_id

    @property
    def duration(self) -> int | None:
        """Microseconds from start to end; None while either is not known."""
        if self.times.started_at is None or self.times.ended_at is None:
            return None
        return max(0, self.times.ended_at - self.times.started_at)
