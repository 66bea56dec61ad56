"""What a run was meant to do, from snapshots as Dagster makes them of real jobs."""

from dagster import In, Nothing, job, op
from dagster._core.execution.api import create_execution_plan
from dagster._core.snap import snapshot_from_execution_plan

from datatracing.model.link import Dependency
from datatracing_dagster.plan import Source, read_plan
from tests.dagster_rig import jobs


def planned(target, *selected):
    plan = create_execution_plan(target, step_keys_to_execute=list(selected) or None)
    return read_plan(snapshot_from_execution_plan(plan, "a snapshot's id"))


def test_a_chain():
    plan = planned(jobs.success_chain)
    assert plan.tasks == {"extract", "transform", "load"}
    assert set(plan.dependencies) == {Dependency("extract", "transform"), Dependency("transform", "load")}
    assert plan.ancestors("load") == {"extract", "transform"}
    assert plan.mapped == {}


def test_a_part_of_a_chain_has_the_edges_of_the_part():
    plan = planned(jobs.success_chain, "transform", "load")
    assert plan.tasks == {"transform", "load"}
    assert plan.dependencies == (Dependency("transform", "load"),)


def test_along_a_mapped_chain_each_instance_depends_on_its_own():
    plan = planned(jobs.mapped_group)
    source = Source("items", "result")
    assert plan.mapped == {"pair.first": source, "pair.second": source}
    assert Dependency("pair.first", "pair.second", same_index=True) in plan.dependencies
    assert Dependency("pair.second", "collect") in plan.dependencies
    assert plan.keys("pair.second", {source: ["a", "b"]}) == ["a", "b"]
    assert plan.keys("pair.second", {}) == []


@op
def both(x, _fixed):
    return x


@op(ins={"ready": In(Nothing)})
def after():
    pass


@job
def mapped_and_fixed():
    fixed = jobs.start()
    jobs.collect(jobs.items().map(lambda x: both(x, fixed)).collect())
    after(fixed)


def test_a_mapped_step_that_also_waits_for_one_that_is_not_has_its_keys_from_the_dynamic_one():
    plan = planned(mapped_and_fixed)
    assert plan.mapped == {"both": Source("items", "result")}
    assert {each for each in plan.dependencies if each.downstream == "both"} == {
        Dependency("items", "both"),
        Dependency("start", "both"),
    }
    assert Dependency("start", "after") in plan.dependencies


def test_a_run_that_was_never_planned_has_an_empty_plan():
    plan = read_plan(None)
    assert (plan.tasks, plan.dependencies, plan.ancestors("anything")) == (set(), (), set())
