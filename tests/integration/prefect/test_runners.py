"""Tasks and flows that run in other threads, other processes, and on other machines for all that Prefect knows."""

import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from datatracing.store.sql.schema import upgrade
from tests.conformance.check import one_sided, untruths
from tests.conformance.shapes import Shape, departures
from tests.prefect_rig.home import Home
from tests.prefect_rig.oracle import Oracle, by_number
from tests.prefect_rig.theatre import Theatre, copied, differences, read, ship, watch_once

pytestmark = [pytest.mark.xdist_group("prefect"), pytest.mark.timeout(600)]
MAPPED = {
    "double[0]": "success",
    "double[1]": "success",
    "total": "success",
    "flaky_there": "retried",
    "flaky_there #2": "success",
}
SHAPES = (
    Shape("thread_pool", "threads", "success", MAPPED),
    Shape("process_pool", "a pool of processes, whose events the flow's own process sends on", "success", MAPPED),
    Shape("dask", "Dask, whose workers tell the server themselves", "success", MAPPED),
    Shape("delays", "a task that another process takes on", "success", {"double": "success"}),
    Shape(
        "calls_served",
        "a flow that runs a deployment and waits for it",
        "success",
        {"run_deployment.served-here": "success"},
        links=(("triggered", "down", "served"),),
    ),
    Shape(
        "served",
        "a run of a deployment",
        "success",
        {"double": "success"},
        links=(("triggered", "up", "calls_served"),),
    ),
)
ELSEWHERE = {"dask", "delays"}
"""Where the flow's process does not hear of its tasks. These do tell, because they too know that the flow is traced."""
SOURCES = ("decorator", "watcher", "both")
every_shape = pytest.mark.parametrize("shape", SHAPES, ids=str)


@pytest.fixture(scope="module")
def theatres(prefect_server, tmp_path_factory):
    folder, began = tmp_path_factory.mktemp("runners"), time.time()
    spool = {"DATATRACING_SPOOL_DIR": str(folder / "spool")}
    stores = {source: f"sqlite:///{folder}/{source}.db" for source in SOURCES}
    told, plain, both = (prefect_server.beside(DATATRACING_STORE=stores[source], **spool) for source in SOURCES)
    runs = played(prefect_server.beside(RIG_TRACED="1", **spool))
    upgrade(stores["decorator"])
    upgrade(stores["watcher"])
    ship(told)
    copied(folder / "decorator.db", folder / "both.db")
    watch_once(plain, since=began)
    watch_once(both, since=began)
    yield {
        "decorator": Theatre(told, runs, overheard=True),
        "watcher": Theatre(plain, runs),
        "both": Theatre(both, runs),
    }
    shutil.rmtree(folder, ignore_errors=True)


def played(home: Home) -> dict[str, str]:
    with serving(home):
        runs = home.play("thread_pool", "process_pool", "dask", "delays", "calls_served")
        oracle = Oracle(home.database)
        oracle.settled()
        return {**runs, "served": oracle.runs("served")[-1]}


@contextmanager
def serving(home: Home) -> Iterator[None]:
    """Processes that wait for runs of a deployment, and for tasks."""
    for what in ("flows", "tasks"):
        home.programs.start(what, [sys.executable, "-m", "tests.prefect_rig.serve", what])
    try:
        home.programs.wait("the deployment", lambda: Oracle(home.database).deployments("served"))
        yield
    finally:
        home.programs.stop()


@every_shape
def test_the_run_takes_the_shape(theatres, shape):
    theatre = theatres["watcher"]
    names = {other.name: theatre.name(other) for other in SHAPES}
    assert departures(shape, by_number(theatre.account(shape)), names) == []


@every_shape
@pytest.mark.parametrize("source", SOURCES)
def test_the_trace_shows_what_prefect_says(theatres, source, shape):
    theatre = theatres[source]
    document, account = read(theatre, shape), theatre.account(shape)
    if shape.name == "process_pool" and source != "watcher":
        account = admitted(document, account)
    if shape.name in ELSEWHERE and source == "decorator":
        document["run"]["completeness"] = {**completeness(document), "status": "complete"}
    assert untruths(document, account) == []


def admitted(document, account):
    """What a pool of processes is given, Prefect has made values of before. Its own record has no word of that; only
    the flow's process knows, and says so of everything that may have got something."""
    lost = set(completeness(document)["unknown_edges"])
    known = tuple(replace(each, edges_known=f"{each.task}[{each.map_key}]" not in lost) for each in account.attempts)
    assert {"total", "flaky_there"} <= {each.task for each in known if not each.edges_known}
    return replace(account, attempts=known)


def completeness(document):
    return document["run"]["completeness"]


@pytest.mark.parametrize("shape", [shape for shape in SHAPES if shape.name in ELSEWHERE], ids=str)
def test_a_process_does_not_call_complete_what_ran_elsewhere(theatres, shape):
    statuses = {source: completeness(read(theatres[source], shape))["status"] for source in SOURCES}
    assert statuses == {"decorator": "unknown", "watcher": "complete", "both": "complete"}


@every_shape
def test_merging_both_sources_changes_nothing(theatres, shape):
    alone, merged = (read(theatres[source], shape) for source in ("decorator", "both"))
    calls = frozenset(theatres["both"].oracle.called(theatres["both"].runs[shape.name]))
    if shape.name in ELSEWHERE:
        alone["run"]["completeness"] = completeness(merged)
    assert differences(alone, merged, besides=calls) == []


@pytest.mark.parametrize("source", SOURCES)
def test_both_ends_tell_of_a_deployment_s_run(theatres, source):
    assert one_sided(read(theatres[source], shape) for shape in SHAPES if shape.links) == []
