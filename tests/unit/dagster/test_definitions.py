"""`trace(defs)`: whatever is in a user's definitions stays in them, and ours is in them once."""

import dagster as dg
import pytest

from datatracing.errors import BadInputError
from datatracing_dagster import DataTracingResource, trace
from datatracing_dagster.sensor import NAME


@dg.op
def nothing():
    pass


@dg.job
def quiet():
    nothing()


@dg.asset
def orders():
    return 1


@dg.sensor(job=quiet)
def own_sensor():
    return dg.SkipReason("nothing to do")


@dg.schedule(job=quiet, cron_schedule="@daily")
def own_schedule():
    return {}


def sensors(defs):
    return sorted(sensor.name for sensor in defs.sensors or ())


def test_the_resource_and_the_sensor_are_added_and_the_user_keeps_everything():
    own = DataTracingResource(store="sqlite:///elsewhere.db")
    defs = dg.Definitions(
        assets=[orders],
        jobs=[quiet],
        sensors=[own_sensor],
        schedules=[own_schedule],
        resources={"warehouse": 7},
        executor=dg.in_process_executor,
    )
    traced = trace(defs, own)
    assert sensors(traced) == [NAME, "own_sensor"]
    assert traced.resources["datatracing"] is own
    assert traced.resources["warehouse"] == 7
    assert traced.executor is dg.in_process_executor
    repository = traced.get_repository_def()
    assert {"quiet", "__ASSET_JOB"} <= set(repository.job_names)
    assert [schedule.name for schedule in repository.schedule_defs] == ["own_schedule"]


def test_the_sensor_is_on_from_the_start():
    sensor = trace(dg.Definitions()).get_repository_def().get_sensor_def(NAME)
    assert sensor.default_status is dg.DefaultSensorStatus.RUNNING


def test_tracing_twice_changes_nothing():
    once = trace(dg.Definitions(jobs=[quiet]))
    assert trace(once) is once
    assert sensors(trace(once)) == [NAME]


def test_a_resource_that_is_there_already_is_used():
    own = DataTracingResource(store="sqlite:///elsewhere.db")
    traced = trace(dg.Definitions(resources={"datatracing": own}))
    assert traced.resources["datatracing"] is own
    assert sensors(traced) == [NAME]
    assert trace(dg.Definitions(resources={"datatracing": own}), own).resources["datatracing"] is own


@pytest.mark.parametrize("theirs", [7, DataTracingResource(store="sqlite:///elsewhere.db")], ids=["no", "another"])
def test_something_else_under_the_key_is_an_error_that_names_the_way_out(theirs):
    with pytest.raises(BadInputError, match=r"trace\(key="):
        trace(dg.Definitions(resources={"datatracing": theirs}), DataTracingResource(store="sqlite:///here.db"))


def test_a_name_of_ones_own_for_the_resource():
    traced = trace(dg.Definitions(resources={"datatracing": 7}), key="traces")
    assert isinstance(traced.resources["traces"], DataTracingResource)
    assert traced.get_repository_def().get_sensor_def(NAME).required_resource_keys == {"traces"}


def test_a_job_takes_the_resource_that_was_added():
    seen = []

    @dg.op
    def ask(datatracing: DataTracingResource):
        seen.append(datatracing.namespace)

    @dg.job
    def asking():
        ask()

    traced = trace(dg.Definitions(jobs=[asking]), DataTracingResource(namespace="shop"))
    assert traced.get_repository_def().get_job("asking").execute_in_process().success
    assert seen == ["shop"]


def test_a_users_own_test_may_hand_the_resource_to_an_op_as_any_other(tmp_path):
    @dg.op
    def ask(context, datatracing: DataTracingResource):
        datatracing.record("order-1")
        with datatracing.span("write"):
            return datatracing.headers()

    resource = DataTracingResource(spool_dir=str(tmp_path))
    assert ask(dg.build_op_context(resources={"datatracing": resource})) == {}


def test_the_location_without_a_users_code_has_the_sensor_and_nothing_else():
    from datatracing_dagster import code_location

    repository = code_location.defs.get_repository_def()
    assert [sensor.name for sensor in repository.sensor_defs] == [NAME]
    assert list(repository.assets_defs_by_key) == []


def test_what_is_exported_is_found_and_nothing_else():
    import datatracing_dagster

    for name in datatracing_dagster.__all__:
        assert getattr(datatracing_dagster, name).__name__ == name
    with pytest.raises(AttributeError, match="has no attribute 'traces'"):
        _ = datatracing_dagster.traces
