"""Which run caused which, on a real Dagster without a daemon: assets, re-executions, ticks, what callers pass on."""

import json
import sys
import time

import dagster as dg
import pytest
from dagster._core.definitions.observe import observe
from dagster._core.scheduler.instigation import InstigatorType, TickData, TickStatus

from datatracing.context.traceparent import parse_traceparent
from datatracing.model.run import RunRef, SpanKey
from datatracing_dagster import DataTracingResource, propagation_tags, run_request
from tests.conformance.check import one_sided

pytestmark = [
    pytest.mark.xdist_group("dagster-links"),
    # Dagster warns of what it uses itself: observable assets and Pipes do.
    pytest.mark.filterwarnings("ignore:.*(in beta|in preview|experimental|is deprecated)"),
]
FOREIGN = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
NIGHTLY = "airflow:nightly/manual__2026"
DAYS = dg.StaticPartitionsDefinition(["monday", "tuesday", "wednesday"])


@dg.asset
def source():
    return 1


@dg.asset
def reader(source):
    return source


@dg.asset(deps=[source])
def follower():
    return 1


@dg.asset(partitions_def=DAYS)
def daily_source():
    return 1


@dg.asset(partitions_def=DAYS, deps=[daily_source])
def daily_reader():
    return 1


@dg.asset(deps=[daily_source])
def summary():
    return 1


@dg.op
def nothing():
    pass


@dg.job
def quiet():
    nothing()


class Player:
    """Runs of one instance, in this process."""

    def __init__(self, instance):
        self.instance = instance

    def make(self, *assets, fails=False, **more):
        """Materialise; what stands behind them is only declared."""
        made = dg.materialize(
            [source, daily_source, *(each for each in assets if each not in {source, daily_source})],
            instance=self.instance,
            selection=[each.key for each in assets],
            raise_on_error=not fails,
            **more,
        )
        return made.run_id

    def quiet(self, **tags):
        return quiet.execute_in_process(instance=self.instance, tags=tags).run_id

    def name(self, run_id):
        return f"dagster:{self.instance.get_run_by_id(run_id).job_name}/{run_id}"


@pytest.fixture
def play(instance):
    return Player(instance)


@pytest.mark.parametrize("asset", [reader, follower], ids=["input", "deps only"])
def test_who_reads_an_asset_is_linked_to_the_run_that_wrote_it(tracing, play, asset):
    wrote = play.make(source)
    read = play.make(asset)
    tracing.watch()
    assert tracing.links(read) == {("asset", "up", play.name(wrote), "exact")}
    assert tracing.links(wrote) == {("asset", "down", play.name(read), "exact")}
    assert tracing.evidence(read, "asset") == "asset source: Dagster's pointer to what was read"
    assert one_sided(map(tracing.trace, (wrote, read))) == []


@pytest.mark.parametrize("key", [["lake", "raw/orders"], ["lake/raw", "orders"], ["a b", "ü%/?"]])
def test_a_key_with_a_slash_in_a_part_is_one_asset_for_its_writer_and_its_reader(tracing, play, key):
    @dg.multi_asset(outs={"out": dg.AssetOut(key=dg.AssetKey(key))})
    def placed():
        return 1

    @dg.asset(ins={"given": dg.AssetIn(key=dg.AssetKey(key))})
    def finder(given):
        return given

    wrote = play.make(placed)
    read = dg.materialize([placed, finder], instance=play.instance, selection=[finder.key]).run_id
    tracing.watch()
    assert tracing.links(read) == {("asset", "up", play.name(wrote), "exact")}
    [(_, written)] = tracing.assets(wrote)
    assert ("read", written) in tracing.assets(read)


def test_an_asset_that_a_run_wrote_and_read_itself_links_it_to_nobody(tracing, play):
    run = play.make(source, reader)
    tracing.watch()
    assert tracing.links(run) == set()


def test_a_partition_is_linked_to_the_run_that_wrote_that_partition(tracing, play):
    monday, _tuesday = (play.make(daily_source, partition_key=day) for day in ("monday", "tuesday"))
    read = play.make(daily_reader, partition_key="monday")
    tracing.watch()
    assert tracing.links(read) == {("asset", "up", play.name(monday), "inferred")}
    assert "the last event of partition monday" in tracing.evidence(read, "asset")


def test_the_partition_that_was_written_last_is_linked_by_dagsters_own_pointer(tracing, play):
    tuesday = play.make(daily_source, partition_key="tuesday")
    read = play.make(daily_reader, partition_key="tuesday")
    tracing.watch()
    assert tracing.links(read) == {("asset", "up", play.name(tuesday), "exact")}


def test_a_partition_that_was_written_again_while_it_was_read_is_linked_to_what_was_read(tracing, play):
    @dg.asset(partitions_def=DAYS, deps=[daily_source])
    def slow_reader():
        play.make(daily_source, partition_key="monday")

    monday, _tuesday = (play.make(daily_source, partition_key=day) for day in ("monday", "tuesday"))
    read = play.make(slow_reader, partition_key="monday")
    tracing.watch()
    assert tracing.links(read) == {("asset", "up", play.name(monday), "inferred")}


def test_a_partition_that_nobody_has_written_links_to_nobody(tracing, play):
    play.make(daily_source, partition_key="tuesday")
    read = play.make(daily_reader, partition_key="wednesday")
    tracing.watch()
    assert tracing.links(read) == set()


def test_who_reads_all_partitions_is_linked_to_the_last_one(tracing, play):
    last = play.make(daily_source, partition_key="tuesday")
    read = play.make(summary)
    tracing.watch()
    assert tracing.links(read) == {("asset", "up", play.name(last), "exact")}


def test_an_observed_asset_links_to_the_run_that_observed_it(tracing, play, instance):
    @dg.observable_source_asset
    def observed():
        return dg.DataVersion(str(time.time()))

    @dg.asset(deps=[observed])
    def of_observed():
        return 1

    saw = observe([observed], instance=instance).run_id
    read = dg.materialize([observed, of_observed], instance=instance, selection=[of_observed.key]).run_id
    tracing.watch()
    assert tracing.links(read) == {("asset", "up", play.name(saw), "exact")}


def reported(instance, **metadata):
    """An asset that something outside of Dagster says it has made, and a run that reads it."""
    external = dg.AssetSpec("external")

    @dg.asset(deps=[external])
    def of_external():
        return 1

    instance.report_runless_asset_event(dg.AssetMaterialization("external", metadata=metadata))
    return dg.materialize([of_external], instance=instance).run_id


def test_an_asset_that_was_reported_from_outside_links_to_the_trace_that_is_named_with_it(tracing, instance):
    read = reported(instance, traceparent=FOREIGN)
    tracing.watch()
    trace = FOREIGN.split("-")[1]
    assert tracing.links(read) == {("propagated", "up", f"w3c:trace/{trace}", "exact")}
    assert "the metadata of asset external" in tracing.evidence(read, "propagated")


def test_an_asset_that_was_reported_from_outside_by_a_run_of_this_dagster_links_to_it(tracing, play, instance):
    cause = play.quiet()
    tags = propagation_tags(instance.get_run_by_id(cause))
    read = reported(instance, traceparent=tags["traceparent"])
    tracing.watch()
    assert tracing.links(read) == {("propagated", "up", play.name(cause), "exact")}


@pytest.mark.parametrize("metadata", [{}, {"traceparent": "yesterday"}, {"traceparent": 7}], ids=str)
def test_an_asset_that_was_reported_without_a_word_of_its_cause_links_to_nobody(tracing, instance, metadata):
    read = reported(instance, **metadata)
    assert tracing.watch().failed == 0
    assert tracing.links(read) == set()


def test_a_writer_that_was_deleted_since_leaves_no_link_and_no_error(tracing, play, instance):
    wrote = play.make(source)
    read = play.make(reader)
    instance.delete_run(wrote)
    assert tracing.watch().failed == 0
    assert tracing.links(read) == set()


def test_an_asset_is_known_by_the_address_that_its_metadata_gives_and_by_its_key_otherwise(tracing, instance):
    @dg.asset(key_prefix=["Lake", "raw"])
    def placed():
        return dg.MaterializeResult(metadata={"dagster/uri": "S3://Bucket/orders/"})

    @dg.asset(deps=[placed], key_prefix="Lake")
    def unplaced():
        return 1

    wrote = dg.materialize([placed], instance=instance).run_id
    read = dg.materialize([placed, unplaced], instance=instance, selection=[unplaced.key]).run_id
    tracing.watch()
    assert tracing.assets(wrote) == {("write", "s3://bucket/orders")}
    assert tracing.assets(read) == {("read", "s3://bucket/orders"), ("write", "dagster://default/Lake/unplaced")}


def test_a_run_that_names_its_parent_is_linked_to_it_and_says_which_retry_it_is(tracing, play):
    first = play.quiet()
    again = play.quiet(**{"dagster/parent_run_id": first, "dagster/root_run_id": first, "dagster/retry_number": "1"})
    tracing.watch()
    assert tracing.links(again) == {("rerun_of", "up", play.name(first), "exact")}
    assert tracing.evidence(again, "rerun_of") == "run retry 1 of it"


def test_a_run_with_the_tags_of_another_one_is_linked_to_it(tracing, play, instance):
    cause = play.quiet()
    effect = play.quiet(**propagation_tags(instance.get_run_by_id(cause)))
    tracing.watch()
    assert tracing.links(effect) == {
        ("triggered", "up", play.name(cause), "exact"),
        ("propagated", "up", play.name(cause), "exact"),
    }
    assert one_sided(map(tracing.trace, (cause, effect))) == []


def test_a_run_request_names_its_cause_and_keeps_what_else_it_was_given(tracing, play, instance):
    cause = play.quiet()
    asked = run_request(caused_by=instance.get_run_by_id(cause), run_key="once", tags={"team": "shop"})
    assert (asked.run_key, asked.tags["team"]) == ("once", "shop")
    effect = play.quiet(**asked.tags)
    tracing.watch()
    assert ("triggered", "up", play.name(cause), "exact") in tracing.links(effect)


@pytest.mark.parametrize(
    ("tags", "links"),
    [
        ({"traceparent": FOREIGN}, {("propagated", "up", f"w3c:trace/{FOREIGN.split('-')[1]}", "exact")}),
        ({"traceparent": "00-0-0-00"}, set()),
        ({"datatracing/caused_by": NIGHTLY}, {("triggered", "up", NIGHTLY, "inferred")}),
        ({"datatracing/caused_by": "somebody"}, set()),
        ({"dagster/backfill": "abc"}, {("backfill_of", "up", "dagster:quiet/backfill:abc", "exact")}),
        ({"dagster/tick": "999999", "dagster/sensor_name": "gone"}, set()),
        ({"dagster/asset_evaluation_id": "999999"}, set()),
    ],
    ids=str,
)  # fmt: skip
def test_what_tags_say_about_the_cause(tracing, play, tags, links):
    run = play.quiet(**tags)
    assert tracing.watch().failed == 0
    assert tracing.links(run) == links


def ticked(instance, sensor, cursor):
    """What Dagster's daemon does with a sensor: evaluates it, keeps the tick, and starts what it asks for."""
    context = dg.build_sensor_context(
        instance=instance, cursor=cursor, repository_def=dg.Definitions(jobs=[quiet]).get_repository_def()
    )
    asked = sensor.evaluate_tick(context)
    if not asked.run_requests:
        return asked.cursor, None
    kind, selector = InstigatorType.SENSOR, f"selector of {sensor.name}"
    about = {"run_ids": [], "selector_id": selector, "cursor": asked.cursor}
    data = TickData(sensor.name, sensor.name, kind, TickStatus.SUCCESS, time.time(), **about)
    tags = {"dagster/tick": str(instance.create_tick(data).tick_id), "dagster/sensor_name": sensor.name}
    [request] = asked.run_requests
    return asked.cursor, quiet.execute_in_process(instance=instance, tags={**request.tags, **tags}).run_id


def test_a_run_that_a_run_status_sensor_asked_for_is_linked_to_the_run_it_saw(tracing, play, instance):
    @dg.run_status_sensor(run_status=dg.DagsterRunStatus.SUCCESS, request_job=quiet, monitored_jobs=[quiet])
    def after_quiet(context):
        return dg.RunRequest()

    cursor, _ = ticked(instance, after_quiet, None)
    cause = play.quiet()
    time.sleep(0.01)
    play.quiet()
    _, effect = ticked(instance, after_quiet, cursor)
    tracing.watch()
    assert tracing.links(effect) == {("triggered", "up", play.name(cause), "exact")}
    assert tracing.evidence(effect, "triggered") == "sensor after_quiet saw its success"


def test_a_run_that_an_asset_sensor_asked_for_is_linked_to_the_run_that_wrote_the_asset(tracing, play, instance):
    @dg.asset_sensor(asset_key=source.key, job=quiet)
    def after_source(context, event):
        return dg.RunRequest()

    cursor, _ = ticked(instance, after_source, None)
    cause = play.make(source)
    _, effect = ticked(instance, after_source, cursor)
    tracing.watch()
    assert tracing.links(effect) == {("triggered", "up", play.name(cause), "inferred")}
    assert tracing.evidence(effect, "triggered") == "sensor after_source saw asset source"


def test_a_step_knows_its_own_traceparent_and_hands_it_to_a_pipes_subprocess(tracing, instance, tmp_path):
    told = tmp_path / "told"
    script = f"import json, os; open({str(told)!r}, 'a').write(json.dumps(os.environ['TRACEPARENT']) + '\\n')"

    @dg.asset(retry_policy=dg.RetryPolicy(max_retries=1))
    def outside(context: dg.AssetExecutionContext, traces: DataTracingResource, pipes: dg.PipesSubprocessClient):
        assert traces.headers()["traceparent"] == traces.pipes_env()["TRACEPARENT"]
        done = pipes.run(command=[sys.executable, "-c", script], context=context, env=traces.pipes_env())
        if context.retry_number == 0:
            raise ValueError("no luck yet")
        return done.get_materialize_result()

    resources = {"traces": DataTracingResource(spool_dir=str(tmp_path)), "pipes": dg.PipesSubprocessClient()}
    run = dg.materialize([outside], instance=instance, resources=resources).run_id
    trace_id = RunRef("dagster", "default", "", run).trace_id
    heard = [parse_traceparent(json.loads(line)) for line in told.read_text().splitlines()]
    assert [each.trace_id for each in heard] == [trace_id, trace_id]
    assert [each.span_id for each in heard] == [SpanKey("outside", attempt=n).span_id(trace_id) for n in (1, 2)]
    tracing.watch()
    spans = {span["span_id"]: span["state"] for span in tracing.trace(run)["spans"]}
    assert [spans[each.span_id] for each in heard] == ["retried", "success"]


def test_outside_of_a_step_there_is_no_traceparent(tmp_path):
    assert DataTracingResource(spool_dir=str(tmp_path)).headers() == {}
    assert DataTracingResource(spool_dir=str(tmp_path)).pipes_env() == {}
