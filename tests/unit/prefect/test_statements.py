"""What a process sees of task runs, as statements and as the run's own account of its end."""

from dataclasses import replace
from uuid import uuid4

import pytest

from datatracing.model import clock
from datatracing.model.fold import fold
from datatracing.model.link import LinkKind
from datatracing.model.states import State
from datatracing_prefect import seen, statements
from datatracing_prefect.mapping import run_ref
from datatracing_prefect.settings import TapSettings
from datatracing_prefect.tracer import Tracer
from datatracing_prefect.tries import Moment

FLOW = "12345678-1234-4234-8234-123456789abc"
RUNNING, COMPLETED = ("RUNNING", "Running"), ("COMPLETED", "Completed")


class Recording(Tracer):
    """Keeps what it would write to the spool."""

    def __init__(self, tmp_path):
        super().__init__(TapSettings.read({"DATATRACING_SPOOL_DIR": str(tmp_path)}))
        self.said, self.manifests = [], []
        self.recorder.close()
        self.recorder = self

    def say(self, statement, at=None):
        self.said.append(statement.event("p", len(self.said), clock.now() if at is None else at))

    def complete(self, manifest):
        self.manifests.append(manifest)

    def flush(self):
        """Nothing is written."""


@pytest.fixture
def tracing(tmp_path):
    made = Recording(tmp_path)
    made.begin("shop", FLOW, {}, 1)
    return made


def facts(name="work", count=0, key="abcdef", **inputs):
    found = {each: [{"input_type": "task_run", "id": key} for key in keys] for each, keys in inputs.items()}
    return {
        "name": f"{name}-{key[:3]}",
        "task_key": f"{name}-12345678",
        "dynamic_key": key,
        "run_count": count,
        "task_inputs": found,
    }


def hopeless():
    raise ValueError("hopeless")


def plays(tracing, task, start, name="work", *, end=COMPLETED, pooled=False, untrackable=False, **inputs):
    """From Pending to the end, five microseconds each."""
    steps = [("PENDING", "Pending", 0), (*RUNNING, 1), (*end, 1)]
    for number, (kind, state, count) in enumerate(steps):
        last = number == len(steps) - 1
        moment = Moment(kind, state, start + 5 * number)
        given = facts(name, count, **inputs)
        tracing.task_moved(FLOW, task, given, moment, pooled=pooled, untrackable=untrackable and last)


def ends(tracing, at, state=COMPLETED):
    tracing.flow_moved(FLOW, Moment(*state, at))


def folded(tracing):
    return fold(tracing.said, tracing.manifests[-1] if tracing.manifests else None)


def test_events_alone_and_with_the_runs_own_account_give_the_same_spans(tracing):
    tracing.flow_moved(FLOW, Moment(*RUNNING, 2))
    plays(tracing, "a", 10)
    plays(tracing, "b", 30, x=["a"])
    alone = folded(tracing)
    ends(tracing, 90)
    whole = folded(tracing)
    assert [replace(each, source=None) for each in alone.tasks] == [replace(each, source=None) for each in whole.tasks]
    assert (whole.root.state, whole.root.times.started_at, whole.root.times.ended_at) == (State.SUCCESS, 2, 90)
    assert (whole.completeness.status.value, whole.completeness.expected) == ("complete", 2)
    assert whole.tasks[1].depends_on == (whole.tasks[0].span_id,)


def test_a_state_that_is_told_twice_is_said_once(tracing):
    tracing.flow_moved(FLOW, Moment(*RUNNING, 2))
    plays(tracing, "a", 10)
    count = len(tracing.said)
    tracing.flow_moved(FLOW, Moment(*RUNNING, 2))
    plays(tracing, "a", 10)
    assert len(tracing.said) == count == 3


def test_a_state_from_before_the_run_began_here_is_said_when_its_hook_says_it(tmp_path):
    tracing = Recording(tmp_path)
    tracing.flow_moved(FLOW, Moment("PENDING", "Pending", 1))
    tracing.flow_moved(FLOW, Moment(*RUNNING, 2))
    assert tracing.said == []
    tracing.begin("shop", FLOW, {}, 1)
    tracing.flow_moved(FLOW, Moment(*RUNNING, 2))
    assert [(each.state, each.times.started_at) for each in tracing.said] == [(State.RUNNING, 2)]


def test_what_a_task_waited_for_is_found_though_its_thread_was_slower(tracing):
    tracing.task_moved(FLOW, "b", facts("after", x=["a"]), Moment("PENDING", "Pending", 1))
    plays(tracing, "a", 2, "before")
    tracing.task_moved(FLOW, "b", facts("after", 1, x=["a"]), Moment(*RUNNING, 20))
    (edge,) = tracing.said[-1].dependencies
    assert (edge.upstream, edge.upstream_key, edge.downstream) == ("before", "a", "after")
    assert tracing.said[-1].edges_known


def test_more_edges_than_fit_into_a_statement_come_in_several(tracing, monkeypatch):
    monkeypatch.setattr(statements, "EDGES", 2)
    for number in range(5):
        plays(tracing, f"up{number}", number * 20)
    plays(tracing, "all", 200, "collect", xs=[f"up{number}" for number in range(5)])
    assert [len(each.dependencies) for each in tracing.said if each.dependencies] == [2, 2, 1]
    collect = next(span for span in folded(tracing).tasks if span.task == "collect")
    assert len(collect.depends_on) == 5


def test_an_edge_to_a_task_run_that_nobody_here_has_seen_is_not_known(tracing):
    plays(tracing, "b", 10, x=["somewhere else"])
    ends(tracing, 90)
    assert folded(tracing).completeness.unknown_edges == ("work[b]",)


def test_a_constant_after_a_result_without_identity_may_be_that_result(tracing):
    plays(tracing, "before", 10, x=[])
    plays(tracing, "number", 30, untrackable=True)
    plays(tracing, "after", 50, x=[])
    plays(tracing, "given", 70, x=["number"])
    ends(tracing, 90)
    assert folded(tracing).completeness.unknown_edges == ("work[after]",)


def test_a_pool_of_processes_makes_values_of_futures(tracing):
    plays(tracing, "first", 10, pooled=True, x=[])
    plays(tracing, "second", 30, pooled=True, x=[])
    ends(tracing, 90)
    assert folded(tracing).completeness.unknown_edges == ("work[second]",), "nothing came before the first"


def test_a_call_is_named_when_it_runs_and_not_before(tracing):
    tracing.task_moved(FLOW, "a", facts("Load orders", key="abcdef"), Moment("PENDING", "Pending", 1))
    named = {**facts("load", 1), "name": "orders of monday"}
    tracing.task_moved(FLOW, "a", named, Moment(*RUNNING, 2))
    assert [each.span.task for each in tracing.said] == ["load"]


def test_a_task_that_outlives_its_flow_is_open_until_its_process_ends(tracing):
    tracing.task_moved(FLOW, "a", facts(), Moment("PENDING", "Pending", 1))
    tracing.task_moved(FLOW, "a", facts(count=1), Moment(*RUNNING, 2))
    tracing.task_moved(FLOW, "b", facts(), Moment("PENDING", "Pending", 3))
    ends(tracing, 90)
    assert [span.state for span in folded(tracing).tasks] == [State.RUNNING]
    tracing.close()
    assert [(span.attempt, span.state) for span in folded(tracing).tasks] == [(1, State.LOST), (0, State.CANCELLED)]


def test_a_subflow_is_a_span_of_its_caller_and_linked_both_ways(tracing):
    child = str(uuid4())
    call = {**facts("inner"), "task_inputs": {}}
    tracing.task_moved(FLOW, "call", call, Moment("PENDING", "Pending", 1), call=True)
    tracing.called(FLOW, "call", run_ref("inner", child, "default"), LinkKind.CHILD, "called as a subflow")
    tracing.begin("inner", child, {}, 2)
    for moment in (Moment(*RUNNING, 3), Moment(*COMPLETED, 8)):
        tracing.flow_moved(child, moment)
    plays(tracing, "after", 20, "after")
    ends(tracing, 90)
    ours, theirs = ([each for each in tracing.said if each.run.pipeline == name] for name in ("shop", "inner"))
    span = fold(ours).tasks[0]
    assert (span.task, span.attempt, span.state) == ("inner", 1, State.SUCCESS)
    assert (span.times.started_at, span.times.ended_at) == (3, 8)
    links = [(link.direction.value, link.run.pipeline) for each in (ours, theirs) for link in fold(each).links]
    assert links == [("down", "inner"), ("up", "shop")]


def test_memory_is_bounded(tracing, monkeypatch):
    monkeypatch.setattr(seen, "TASKS", 3)
    for number in range(10):
        plays(tracing, f"t{number}", number * 20)
    ends(tracing, 300)
    assert len(tracing.manifests[-1].attempts) == 3
    assert len(folded(tracing).tasks) == 10, "the events have told of all of them"


def test_the_error_that_a_thread_is_handling_is_told_with_the_users_frames(tracing):
    try:
        hopeless()
    except ValueError:
        failed = Moment("FAILED", "Failed", 30, message="Task run encountered an exception ValueError: hopeless")
        tracing.task_moved(FLOW, "bad", facts(count=1), Moment(*RUNNING, 20))
        tracing.task_moved(FLOW, "bad", facts(count=1), failed)
    error = tracing.said[-1].error
    assert (error.type, error.message) == ("ValueError", "hopeless")
    assert "test_statements.py" in error.stacktrace


def test_an_error_that_is_handled_around_a_task_is_not_the_tasks(tracing):
    try:
        hopeless()
    except ValueError:
        failed = Moment("FAILED", "Failed", 30, message="Task run encountered an exception KeyError: of the task")
        tracing.task_moved(FLOW, "bad", facts(count=1), Moment(*RUNNING, 20))
        tracing.task_moved(FLOW, "bad", facts(count=1), failed)
    assert tracing.said[-1].error.message == "of the task"


def test_law_1_an_error_whose_text_cannot_be_had_ends_its_attempt(tracing):
    class MuteError(Exception):
        def __str__(self):
            raise RuntimeError("no")

    try:
        raise MuteError  # noqa: TRY301
    except MuteError:
        tracing.task_moved(FLOW, "bad", facts(count=1), Moment(*RUNNING, 20))
        tracing.task_moved(FLOW, "bad", facts(count=1), Moment("CRASHED", "Crashed", 30))
    ended = tracing.said[-1]
    assert (ended.kind.value, ended.state.value) == ("ended", "crashed")
    assert (ended.error.type, ended.error.message) == ("MuteError", "the message cannot be read: RuntimeError")
