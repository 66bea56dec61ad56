"""What a run does beside running."""

from datatracing.model.clock import SECOND
from datatracing_prefect.operations import operations as read
from datatracing_prefect.tries import Moment


def operations(*history):
    """Names with their seconds and states, of a run that went through these states, a second each."""
    moments = [Moment(kind, name, number * SECOND) for number, (kind, name) in enumerate(history, start=1)]
    return [
        (each.key.operation, (each.times.ended_at - each.times.started_at) // SECOND, each.state.value)
        for each in read(reversed(moments))
    ]


DIRECT = (("PENDING", "Pending"), ("RUNNING", "Running"), ("COMPLETED", "Completed"))
DEPLOYED = (("SCHEDULED", "Scheduled"), ("SCHEDULED", "Late"), ("PENDING", "Pending"), ("PENDING", "Submitting"))
RAN = (("RUNNING", "Running"), ("COMPLETED", "Completed"))


def test_a_flow_that_was_called_does_nothing_else():
    assert operations(*DIRECT) == []


def test_a_deployment_waits_for_a_worker_and_then_for_its_process():
    assert operations(*DEPLOYED, *RAN) == [("queue", 2, "success"), ("launch", 2, "success")]


def test_each_attempt_of_a_flow_that_is_retried_is_one():
    found = operations(*DIRECT[:2], ("SCHEDULED", "AwaitingRetry"), ("RUNNING", "Running"), ("FAILED", "Failed"))
    assert ("attempt", 1, "retried") in found
    assert ("retry wait", 1, "success") in found
    assert ("attempt #2", 1, "failed") in found


def test_a_suspended_flow_waits_for_people_and_is_launched_again():
    found = operations(
        *DEPLOYED,
        ("RUNNING", "Running"),
        ("PAUSED", "Suspended"),
        ("SCHEDULED", "Resuming"),
        ("PENDING", "Pending"),
        *RAN,
    )
    assert [name for name, _, _ in found] == [
        "queue", "launch", "attempt", "suspended", "queue #2", "launch #2", "attempt #2"
    ]  # fmt: skip


def test_a_run_that_is_killed_while_it_waits_has_waited_until_then():
    assert operations(*DEPLOYED, ("CANCELLED", "Cancelled")) == [("queue", 2, "success"), ("launch", 2, "success")]
