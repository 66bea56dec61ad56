"""The shapes of runs, without naming an orchestrator: what each is there to show, and what must be true of it.

A rig brings a pipeline for each and plays what `shows` says. Where an orchestrator has no such thing, its test
declares that; it never leaves a shape out silently.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.conformance.account import Account, LinkEnd
from tests.conformance.edges import LONG_NAME, LONG_RUN, UNICODE_NAME


@dataclass(frozen=True)
class Shape:
    """`spans` are the states that the attempts must end in, by name: `task`, `task[1]`, `task #2`. Where versions of an
    orchestrator differ, there is more than one word: `skipped or cancelled`.

    `links` name other shapes: (kind, direction, shape). `started_by` names the shape whose run starts this one.
    """

    name: str
    shows: str
    state: str
    spans: Mapping[str, str]
    links: tuple[tuple[str, str, str], ...] = ()
    started_by: str = ""
    pipeline: str = ""
    run_id: str = field(default="")

    def __post_init__(self) -> None:
        object.__setattr__(self, "pipeline", self.pipeline or self.name)
        object.__setattr__(self, "run_id", self.run_id or f"{self.name}.1")

    def __str__(self) -> str:
        return self.name


SHAPES = (
    Shape(
        "success_chain", "three tasks in a row", "success", dict.fromkeys(("extract", "transform", "load"), "success")
    ),
    Shape(
        "retry_then_success",
        "a failed attempt is its own span, and is called retried",
        "success",
        {"flaky": "retried", "flaky #2": "success", "load": "success"},
    ),
    Shape(
        "retries_exhausted",
        "the last attempt is called failed, the one before it retried",
        "failed",
        {"broken": "retried", "broken #2": "failed", "load": "upstream_failed"},
    ),
    Shape(
        "upstream_failed",
        "tasks that never started, down a chain, and one that runs whatever happened",
        "success",
        {"extract": "failed", "transform": "upstream_failed", "load": "upstream_failed", "report": "success"},
    ),
    Shape(
        "empty_operator",
        "tasks that no process ever ran",
        "success",
        dict.fromkeys(("begin", "work", "end"), "success"),
    ),
    Shape(
        "self_skip",
        "a task that skips itself, and what follows from it",
        "success",
        {"optional": "skipped", "dependent": "skipped", "tolerant": "success"},
    ),
    Shape(
        "branch_skip",
        "the branch not taken",
        "success",
        {"choose": "success", "left": "success", "right": "skipped", "join": "success"},
    ),
    Shape(
        "short_circuit",
        "everything behind a closed gate",
        "success",
        {"gate": "success", "first": "skipped", "second": "skipped"},
    ),
    Shape(
        "mapped_one_fails",
        "one failing instance among mapped ones",
        "failed",
        {"process[0]": "success", "process[1]": "failed", "process[2]": "success", "collect": "upstream_failed"},
    ),
    Shape(
        "mapped_retry",
        "attempts are counted per map index",
        "success",
        {"process[0]": "success", "process[1]": "retried", "process[1] #2": "success", "collect": "success"},
    ),
    Shape(
        "zero_length_map",
        "a map over nothing",
        "success",
        {"items": "success", "process": "skipped", "collect": "skipped"},
    ),
    Shape(
        "map_over_result",
        "a map whose length is only known while the run goes on",
        "success",
        {"items": "success", **{f"process[{index}]": "success" for index in range(3)}, "collect": "success"},
    ),
    Shape(
        "mapped_group",
        "instances of a mapped group depend on their own index, what follows depends on all",
        "success",
        {
            **{f"pair.{task}[{index}]": "success" for task in ("first", "second") for index in (0, 1)},
            "collect": "success",
        },
    ),
    Shape(
        "nested_groups",
        "groups in groups, with tasks of one name in two of them",
        "success",
        dict.fromkeys(("begin", "outer.inner.work", "outer.inner.check", "outer.work", "end"), "success"),
    ),
    Shape(
        "setup_teardown",
        "the teardown runs although the work failed",
        "failed",
        {"create": "success", "work": "failed", "destroy": "success"},
    ),
    Shape(
        "deferred_task",
        "one attempt that ran in two processes with a wait between them",
        "success",
        {"patient": "success", "load": "success"},
    ),
    Shape(
        "rescheduling_sensor",
        "one attempt that gave its place back between two looks",
        "success",
        {"sensor": "success", "load": "success"},
    ),
    Shape(
        "cleared_and_rerun",
        "a finished run, part of which was run again by hand",
        "success",
        dict.fromkeys(("extract", "transform", "transform #2", "load", "load #2"), "success"),
    ),
    Shape(
        "killed_task",
        "tasks killed by SIGKILL, one of them with another attempt to follow",
        "failed",
        {"killed_once": "retried", "killed_once #2": "success", "killed_for_good": "failed", "load": "upstream_failed"},
    ),
    Shape("killed_worker", "a task killed together with what watched over it", "failed", {"orphaned": "failed"}),
    Shape(
        "silent_ends",
        "a process that leaves at once, one that leaves with a code, and a task that fails before it starts",
        "failed",
        dict.fromkeys(("exits_at_once", "exits_with_code", "cannot_render"), "failed"),
    ),
    Shape(
        "marked_success",
        "a running task called a success by hand",
        "success",
        {"long_task": "success", "load": "success"},
    ),
    Shape(
        "marked_failed",
        "a running task called failed by hand",
        "failed",
        {"long_task": "failed", "load": "upstream_failed"},
    ),
    Shape(
        "run_marked_failed",
        "a running run called failed by hand",
        "failed",
        {"long_task": "failed", "another_long_task": "failed", "load": "skipped"},
    ),
    Shape(
        "run_timeout",
        "a run that took longer than it may",
        "failed",
        {"long_task": "skipped", "load": "skipped or cancelled"},
    ),
    Shape(
        "triggers_child",
        "a run that triggers another one",
        "success",
        {"trigger": "success"},
        links=(("triggered", "down", "triggered_child"),),
    ),
    Shape(
        "triggered_child",
        "a run that was triggered by another one",
        "success",
        {"work": "success"},
        links=(("triggered", "up", "triggers_child"),),
        started_by="triggers_child",
    ),
    Shape(
        "writes_asset",
        "a run that writes what another one waits for",
        "success",
        {"write": "success"},
        links=(("asset", "down", "asset_triggered"),),
    ),
    Shape(
        "asset_triggered",
        "a run that was started by an asset",
        "success",
        {"read": "success"},
        links=(("asset", "up", "writes_asset"),),
        started_by="writes_asset",
    ),
    Shape(
        "ids_at_the_edge",
        "names as long and as strange as they may be",
        "success",
        {LONG_NAME: "success", UNICODE_NAME: "success"},
        pipeline=LONG_NAME,
        run_id=LONG_RUN,
    ),
)

BY_NAME = {shape.name: shape for shape in SHAPES}


def departures(shape: Shape, account: Account, runs: Mapping[str, str]) -> list[str]:
    """Where the run did not take the shape; empty when it did. `runs` has the runs' names by shape.

    This is about the pipeline under test, not about its trace: a shape that was not taken shows nothing.
    """
    links = {LinkEnd(kind, direction, runs[other]) for kind, direction, other in shape.links}
    found = [(account.state, shape.state), (_played(shape, account), dict(shape.spans)), (set(account.links), links)]
    return [f"{shape}: {is_!r} instead of {should!r}" for is_, should in found if is_ != should]


def _played(shape: Shape, account: Account) -> dict[str, str]:
    """The state of each attempt, in the words of the shape where it allows that state."""
    states = {attempt.name: attempt.state for attempt in account.attempts}
    allowed = {name: words for name, words in shape.spans.items() if states.get(name) in words.split(" or ")}
    return states | allowed
