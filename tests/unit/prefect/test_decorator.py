"""`@traced` leaves a flow a flow."""

import cloudpickle
import pytest
from prefect import flow, task

import datatracing_prefect
from datatracing_prefect import compat, headers, record, traced
from datatracing_prefect.decorator import NotAFlowError
from datatracing_prefect.hooks import LISTS, datatracing, has_hooks


def other_hook(flow, flow_run, state):
    """Of the user's."""


@traced
@flow(on_completion=[other_hook], version="7")
def shop(day="monday"):
    return day


def hooks(flow):
    return {name: getattr(flow, name) for name in LISTS}


def test_the_flow_is_the_same_object_with_a_hook_for_every_state():
    plain = flow(lambda: 1, name="plain")
    before = dict(vars(plain))
    assert traced(plain) is plain
    assert hooks(plain) == {name: [datatracing] for name in LISTS}
    assert {name for name, value in vars(plain).items() if value != before[name]} == set(LISTS)


def test_with_and_without_arguments_and_twice_is_once():
    assert hooks(traced()(traced(shop))) == hooks(shop)
    assert shop.on_completion_hooks == [datatracing, other_hook], "ours first: another may end the process"


def test_the_lists_of_the_user_stay_the_users():
    mine = []
    traced(flow(lambda: 1, name="mine", on_running=mine))
    assert mine == []


def test_a_flow_that_is_made_from_it_is_traced_too():
    again = shop.with_options(retries=2)
    assert hooks(again) == hooks(shop)
    assert again.version == "7"
    changed = shop.with_options(on_running=[other_hook])
    assert changed.on_running_hooks == [other_hook]
    assert has_hooks(changed)
    assert traced(changed).on_running_hooks == [datatracing, other_hook]


def test_async_flows_and_generators_stay_what_they_are():
    @traced
    @flow
    async def waits():
        return 1

    @traced
    @flow
    def yields():
        yield 1

    assert (waits.isasync, waits.isgenerator) == (True, False)
    assert (yields.isasync, yields.isgenerator) == (False, True)


def test_a_flow_pickles_with_its_hooks_because_they_belong_to_a_module():
    assert hooks(cloudpickle.loads(cloudpickle.dumps(shop)))["on_running_hooks"] == [datatracing]


def test_below_flow_it_says_where_it_belongs():
    with pytest.raises(NotAFlowError, match="shop is not a flow: put @traced above @flow"):
        flow(traced(shop.fn))
    with pytest.raises(TypeError, match="put @traced above the @flow that calls it"):
        traced(task(lambda: 1, name="load"))


def test_outside_of_a_run_the_api_for_tasks_is_inert():
    assert headers() == {}
    assert record("order-1") is None


def test_the_names_of_the_package_are_lazy_and_no_others():
    assert set(datatracing_prefect.__all__) == {"headers", "record", "traced"}
    with pytest.raises(AttributeError, match="has no attribute 'trace'"):
        _ = datatracing_prefect.trace


@pytest.mark.parametrize(
    ("version", "known"),
    [
        ("3.7.6", False),
        ("3.7.7", True),
        ("3.8.8", True),
        ("3.9.1", True),
        ("3.9.2.dev3", True),
        ("3.10.0", False),
        ("4.0.0", False),
        ("3.8.8+local.1", True),
        ("unknown", False),
    ],
)
def test_versions_that_are_known(version, known):
    assert compat.supported(version) is known
