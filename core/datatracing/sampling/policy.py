"""The verdict: an ordered list of rules, the first that matches decides, and each says why."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from datatracing.model.completeness import CompletenessStatus
from datatracing.model.ids import digest
from datatracing.model.states import State
from datatracing.model.trace import Span, Trace
from datatracing.model.verdict import Verdict

Rule = Callable[[Trace], Verdict | None]
"""Looks at a sealed trace; None lets the next rule decide."""

_BROKEN = (State.FAILED, State.CRASHED, State.LOST, State.CANCELLED)


@dataclass(frozen=True)
class Policy:
    """Rules in their order. The last one has to match everything."""

    rules: Sequence[Rule]

    def decide(self, trace: Trace, before: Verdict | None = None) -> Verdict:
        """The verdict on this run. What was kept before stays kept; a drop may turn into a keep."""
        verdict = next(found for rule in self.rules if (found := rule(trace)) is not None)
        if before is not None and before.keep and not verdict.keep:
            return before
        if before is not None and not before.keep and verdict.keep:
            return replace(verdict, reason=f"{verdict.reason} (dropped at first: {before.reason})")
        return verdict


def failed(trace: Trace) -> Verdict | None:
    """Keeps a run that failed, and one that succeeded although a task in it did not."""
    if trace.root.state.failing:
        return Verdict(keep=True, rule="failed", reason=f"the run ended {trace.root.state}")
    ended = Counter(span.state for span in _that_count(trace.tasks))
    broken = [f"{count} {state}" for state in _BROKEN if (count := ended[state])]
    if broken:
        return Verdict(keep=True, rule="failed", reason=f"task attempts in it ended {', '.join(broken)}")
    return None


def _that_count(attempts: Sequence[Span]) -> Iterator[Span]:
    """An attempt that was cancelled for another one, as when somebody clears a running task, is nothing to look at."""
    last: dict[tuple[str | None, int, str], int] = {}
    for span in attempts:
        instance = span.task, span.map_index, span.map_key
        last[instance] = max(span.attempt, last.get(instance, 0))
    for span in attempts:
        if span.state is not State.CANCELLED or span.attempt == last[span.task, span.map_index, span.map_key]:
            yield span


def partial(trace: Trace) -> Verdict | None:
    """Keeps a run of which something is missing: dropping it would hide the hole."""
    if trace.completeness.status is CompletenessStatus.COMPLETE:
        return None
    if trace.completeness.status is CompletenessStatus.UNKNOWN:
        return Verdict(keep=True, rule="partial", reason="what there should be in it is not known")
    reason = f"{len(trace.completeness.missing)} of {trace.completeness.expected} spans did not report"
    return Verdict(keep=True, rule="partial", reason=reason)


def probability(rate: float) -> Rule:
    """Keeps this share of the remaining runs, decided by the trace id's hash: every process decides alike."""

    def decide(trace: Trace) -> Verdict:
        share = int(digest(trace.run.trace_id, "sampling", size=8), 16) / 2**64
        keep = share < rate
        if rate >= 1:
            reason = "every run is kept (sample rate 1)"
        else:
            reason = f"the trace id's hash {share:.4f} is {'below' if keep else 'not below'} the sample rate {rate:g}"
        return Verdict(keep=keep, rule="probability", reason=reason, rate=rate)

    return decide


def default_policy(rate: float = 1.0) -> Policy:
    """Failed and partial runs always, and of the rest the given share."""
    return Policy((failed, partial, probability(rate)))
