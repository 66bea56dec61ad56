"""Single values of Prefect in our terms."""

from datetime import datetime, timezone
from uuid import UUID, uuid4

import pytest
from prefect.client.schemas.objects import Constant, FlowRunResult, Parameter, TaskRunResult

from datatracing.model.event import ErrorInfo
from datatracing_prefect.mapping import error_info, inputs, micros, run_ref, span_key, task_name, untracked

RUN = UUID("A1B2C3D4-0000-4000-8000-00000000000F")


@pytest.mark.parametrize(
    ("name", "task_key", "dynamic_key", "task"),
    [
        ("load-1f2", "load-0a1b2c3d", "1f2e3d4c-5b6a", "load"),
        ("Load orders-1f2", "load-0a1b2c3d", "1f2e3d4c-5b6a", "Load orders"),
        ("1 - 2-1f2", "load-0a1b2c3d", "1f2e3d4c-5b6a", "1 - 2"),
        ("shop-rates-0", "rates-0a1b2c3d", "0", "shop-rates"),
        ("rates-1f2e3d4c-5b6a", "rates-0a1b2c3d", "1f2e3d4c-5b6a", "rates"),
        ("order 17", "load-0a1b2c3d", "1f2e3d4c-5b6a", "load"),
        ("order 17", "load-unknown", "1f2e3d4c-5b6a", "load"),
        ("load", "load-0a1b2c3d", "load-0a1b2c3d-99e1", "load"),
        ("Callable-1f2", "shop.tasks.Callable", "1f2e3d4c", "Callable"),
        ("order 17", "shop.tasks.Callable", "1f2e3d4c", "Callable"),
        ("order 17", "<lambda>-0a1b2c3d", "1f2e3d4c", "<lambda>"),
        ("any", "prefect.deployments.flow_runs.run_deployment.shop-nightly", "0", "run_deployment.shop-nightly"),
        ("-1f2", "load-0a1b2c3d", "1f2e3d4c", "load"),
        ("nameless", "", "", "nameless"),
    ],
)
def test_a_task_has_one_name_whatever_its_calls_are_named(name, task_key, dynamic_key, task):
    assert task_name(name, task_key, dynamic_key) == task


def test_ids_are_those_of_prefect_in_small_letters():
    run = run_ref("shop", RUN, "default")
    assert run.name == "prefect:shop/a1b2c3d4-0000-4000-8000-00000000000f"
    assert run.trace_id == RUN.hex
    assert span_key("load", str(RUN).upper(), 2) == span_key("load", RUN, 2)


def test_a_moment_is_the_same_as_text_and_as_an_object():
    moment = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=timezone.utc)
    assert micros(moment) == micros(moment.isoformat()) == micros("2026-01-02T03:04:05.678901Z")
    assert micros(None) is None


def test_inputs_are_the_same_from_an_event_and_from_the_client():
    one, child = uuid4(), uuid4()
    objects = {
        "xs": {TaskRunResult(id=one), Constant(type="int")},
        "child": [FlowRunResult(id=child)],
        "__parents__": {TaskRunResult(id=one)},
        "limit": {Parameter(name="limit")},
        "none": None,
    }
    plain = {name: [each.model_dump(mode="json") for each in several or ()] for name, several in objects.items()}
    expected = {("task_run", str(one)), ("flow_run", str(child))}
    assert set(inputs(objects)) == set(inputs(plain)) == expected
    assert len(list(inputs(objects))) == 2, "each once"
    assert list(inputs(None)) == []


def test_a_parameter_without_a_source_may_be_a_result_that_prefect_lost():
    one = {"input_type": "task_run", "id": str(uuid4())}
    assert untracked({"x": []})
    assert untracked({"x": [one], "y": []})
    assert not untracked({"x": [one]})
    assert not untracked({"wait_for": [], "__parents__": []})
    assert not untracked(None)


@pytest.mark.parametrize(
    ("state", "message", "error"),
    [
        ("Failed", "Task run encountered an exception ValueError: no luck", ErrorInfo("ValueError", "no luck")),
        ("Failed", "Flow run encountered an exception: KeyError: 'a: b'", ErrorInfo("KeyError", "'a: b'")),
        ("Failed", "Task run encountered an exception Broken: two\nlines", ErrorInfo("Broken", "two\nlines")),
        ("Failed", "Task run encountered an exception Broken: ", ErrorInfo("Broken", "")),
        (
            "Crashed",
            "Execution was interrupted by an unexpected exception: OSError: disk",
            ErrorInfo("OSError", "disk"),
        ),
        ("Crashed", "Execution was aborted by an interrupt signal.", "Execution was aborted by an interrupt signal."),
        ("TimedOut", "Task run exceeded timeout of 1.0 second(s)", "Task run exceeded timeout of 1.0 second(s)"),
        ("Failed", "not: an error of a type that is named", "not: an error of a type that is named"),
        ("Failed", None, ""),
    ],
)
def test_an_error_is_what_the_message_names_or_else_the_state(state, message, error):
    expected = error if isinstance(error, ErrorInfo) else ErrorInfo(state, error)
    assert error_info(state, message) == expected
