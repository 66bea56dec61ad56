"""What a run spends its time with beside the user's code, from events in the order in which they were stored."""

from types import SimpleNamespace

from dagster import DagsterEventType as Type

from datatracing_dagster.operations import read_operations

HOUR = 1_800_000_000.0


def read(*events):
    """(task, mapping key, attempt, operation, state, start, end) of each; event n happened in second n of an hour."""
    entries = []
    for at, (step_key, kind, *data) in enumerate(events):
        event = SimpleNamespace(event_type=kind, event_specific_data=data[0] if data else None)
        entries.append(SimpleNamespace(step_key=step_key, timestamp=HOUR + at, dagster_event=event))
    return [
        (
            each.key.task,
            each.key.map_key,
            each.key.attempt,
            each.key.operation,
            each.state.value,
            round(each.times.started_at / 1e6 - HOUR),
            round(each.times.ended_at / 1e6 - HOUR),
        )
        for each in read_operations(entries)
    ]


def loaded(name):
    return SimpleNamespace(input_name=name)


def handled(name):
    return SimpleNamespace(output_name=name)


def test_a_run_waits_in_the_queue_until_it_is_launched_and_for_its_launch_until_it_starts():
    events = (None, Type.RUN_ENQUEUED), (None, Type.RUN_STARTING), (None, Type.RUN_START), (None, Type.RUN_SUCCESS)
    assert read(*events) == [
        ("", "", 0, "queue", "success", 0, 1),
        ("", "", 0, "launch", "success", 1, 2),
    ]


def test_a_run_that_was_cancelled_in_the_queue_never_left_it():
    assert read((None, Type.RUN_ENQUEUED), (None, Type.RUN_CANCELED)) == [("", "", 0, "queue", "cancelled", 0, 1)]


def test_a_launch_that_came_to_nothing_has_failed():
    events = (None, Type.RUN_STARTING), (None, Type.RUN_FAILURE)
    assert read(*events) == [("", "", 0, "launch", "failed", 0, 1)]


def test_a_step_loads_inputs_and_handles_outputs_in_each_attempt():
    events = (
        ("load[a]", Type.STEP_START),
        ("load[a]", Type.LOADED_INPUT, loaded("x")),
        ("load[a]", Type.STEP_UP_FOR_RETRY),
        ("load[a]", Type.STEP_RESTARTED),
        ("load[a]", Type.LOADED_INPUT, loaded("x")),
        ("load[a]", Type.STEP_OUTPUT),
        ("load[a]", Type.HANDLED_OUTPUT, handled("result")),
        ("load[a]", Type.HANDLED_OUTPUT, handled("result")),
        ("load[a]", Type.STEP_SUCCESS),
    )
    assert read(*events) == [
        ("load", "a", 1, "load input x", "success", 0, 1),
        ("load", "a", 2, "load input x", "success", 3, 4),
        ("load", "a", 2, "handle output result", "success", 5, 6),
        ("load", "a", 2, "handle output result #2", "success", 6, 7),
    ]


def test_resources_of_a_step_are_made_before_the_attempt_that_needs_them():
    events = (
        ("load", Type.RESOURCE_INIT_STARTED),
        ("load", Type.RESOURCE_INIT_SUCCESS),
        ("load", Type.STEP_START),
        ("load", Type.STEP_UP_FOR_RETRY),
        ("load", Type.RESOURCE_INIT_STARTED),
        ("load", Type.RESOURCE_INIT_FAILURE),
        ("load", Type.STEP_FAILURE),
    )
    assert read(*events) == [
        ("load", "", 1, "init resources", "success", 0, 1),
        ("load", "", 2, "init resources", "failed", 4, 5),
    ]
