"""Prefect's server from our app factory: it is watched, serves traces to Prefect's users, and outlives our faults."""

import base64
import contextlib
import json
import shutil
import signal
import sys
import time
from functools import partial
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from datatracing import connect
from datatracing.model.run import RunRef
from datatracing.store.sql.schema import upgrade
from datatracing.testing.build import manifest
from datatracing_prefect.demo.story import healthy
from tests import agents
from tests.conformance.check import untruths
from tests.conformance.shapes import Shape
from tests.prefect_rig.home import Home
from tests.prefect_rig.oracle import Oracle
from tests.prefect_rig.theatre import Theatre, read, ship

pytestmark = [pytest.mark.xdist_group("prefect-apart"), pytest.mark.timeout(600)]
PATIENCE = 180
COMMAND = str(Path(sys.executable).with_name("datatracing"))
USER = "admin:with:colons and spaces"
TOKEN = "the-token-of-workers"
STRANGERS = (RunRef("airflow", "default", "dag", "run"), RunRef("prefect", "elsewhere", "flow", "run"))
FACTORY = "datatracing_prefect.server:create_app"


def serve(home, name="server"):
    words = ["--factory", FACTORY, "--host", "127.0.0.1", "--port", str(home.port), "--log-level", "warning"]
    home.programs.start(name, [sys.executable, "-m", "uvicorn", *words])
    home.programs.wait("Prefect", partial(healthy, home.port), PATIENCE)


def stop(home, name="server", how=signal.SIGTERM):
    program = home.programs._running.pop(name)
    program.send_signal(how)
    program.wait(60)


@pytest.fixture(scope="module")
def inside(tmp_path_factory):
    """A server of ours with a password, and a store of its own."""
    folder = tmp_path_factory.mktemp("inside")
    store = f"sqlite:///{folder}/traces.db"
    upgrade(store)
    settings = {
        "DATATRACING_STORE": store,
        "DATATRACING_SPOOL_DIR": str(folder / "spool"),
        "DATATRACING_TOKEN": TOKEN,
        "DATATRACING_SETTLE_SECONDS": "1",
        "DATATRACING_PREFECT_GRACE": "1",
        "DATATRACING_UI_URL": "http://traces.example",
        "DATATRACING_PREFECT_ANNOUNCE": "true",
        "PREFECT_SERVER_API_AUTH_STRING": USER,
        "PREFECT_API_AUTH_STRING": USER,
    }
    home = Home(folder / "prefect", settings)
    with contextlib.closing(home):
        serve(home)
        yield home
    shutil.rmtree(folder, ignore_errors=True)


def ask(home, path, user=None, body=None, token=None):
    """Status and answer."""
    basic = f"Basic {base64.b64encode(user.encode()).decode()}" if user else None
    said = basic or (f"Bearer {token}" if token else None)
    headers = {"Content-Type": "application/json"} | ({"Authorization": said} if said else {})
    data = None if body is None else json.dumps(body).encode()
    try:
        with urlopen(Request(f"http://127.0.0.1:{home.port}{path}", data, headers), timeout=30) as answer:
            return answer.status, answer.read()
    except HTTPError as error:
        return error.code, error.read()


def trace_of(home, run):
    path = f"/datatracing/api/v1/traces/{run.replace('-', '')}"

    def there():
        status, answer = ask(home, path, USER)
        document = json.loads(answer)
        return document if status == 200 and document["run"]["verdict"] else None

    return home.programs.wait(f"the trace of {run}", there, PATIENCE)


def artifacts(home, run):
    where = {"artifacts": {"flow_run_id": {"any_": [run]}, "key": {"any_": ["datatracing-trace"]}}}
    status, answer = ask(home, "/api/artifacts/filter", USER, where)
    assert status == 200
    return json.loads(answer)


READS = (
    "/datatracing/api/v1/runs",
    "/datatracing/api/v1/find?run=prefect:a/b",
    f"/datatracing/api/v1/traces/{'a' * 32}",
)


@pytest.mark.parametrize("path", READS)
def test_without_prefects_password_nobody_reads(inside, path):
    for user in (None, "admin:wrong", "nobody:", USER + "x"):
        assert ask(inside, path, user)[0] == 401
    assert ask(inside, path, token=TOKEN)[0] == 401
    assert ask(inside, path, USER)[0] in {200, 404}
    assert ask(inside, "/api/flows/count", None, {})[0] == 401
    assert ask(inside, "/api/flows/count", USER, {})[0] == 200


def test_prefects_password_is_none_of_a_workers(inside):
    assert ask(inside, "/datatracing/api/v1/events", USER, {"no": "event"})[0] == 401
    assert ask(inside, "/datatracing/api/v1/events", token=TOKEN, body={"no": "event"})[0] == 200
    assert ask(inside, "/datatracing/api/v1/summaries", token=TOKEN, body={"trace_ids": []})[0] == 403


def test_what_ends_is_stored_from_the_server_and_shown_in_its_ui(inside):
    run = inside.play("upstream_failed")["upstream_failed"]
    ended = time.monotonic()
    document = trace_of(inside, run)
    assert time.monotonic() - ended < 30
    states = {span["task"]: span["state"] for span in document["spans"] if span["level"] == "task"}
    assert states["transform"] == states["load"] == "upstream_failed"
    [artifact] = inside.programs.wait("the artifact", lambda: artifacts(inside, run), PATIENCE)
    assert artifact["type"] == "markdown"
    assert f"(http://traces.example/api/v1/traces/{run.replace('-', '')})" in artifact["data"]
    assert "```mermaid" in artifact["data"]


def test_prefects_users_see_the_runs_of_their_prefect_only(inside):
    with contextlib.closing(connect(inside.settings["DATATRACING_STORE"])) as connection:
        strangers = [connection.complete(manifest(run, "a task")).trace_id for run in STRANGERS]
    for trace_id in strangers:
        assert ask(inside, f"/datatracing/api/v1/traces/{trace_id}", USER)[0] == 404
    listed = json.loads(ask(inside, "/datatracing/api/v1/runs", USER)[1])["runs"]
    assert {(run["orchestrator"], run["namespace"]) for run in listed} == {("prefect", "default")}


def test_prefects_own_pages_are_as_they_were(inside):
    assert ask(inside, "/api/health")[0] == 200
    assert ask(inside, "/datatracing/healthz")[0] == 200
    assert ask(inside, "/datatracing/nothing")[0] == 404


@pytest.fixture
def away(inside, tmp_path):
    """A traced flow whose server is killed while it works, and comes back; and a watcher outside that waits for it.
    The run, and two homes: with a store of what the flow's own process told, and with one of what was watched."""
    told, watched = (
        inside.beside(
            RIG_TRACED="1", RIG_GATE=str(tmp_path / "gate"), DATATRACING_PREFECT_GRACE="1",
            DATATRACING_STORE=fresh(tmp_path / f"{name}.db"), DATATRACING_SPOOL_DIR=str(tmp_path / name),
        )
        for name in ("told", "watched")
    )  # fmt: skip
    with contextlib.closing(watched), told.begin("tests.prefect_rig.slow", "waits") as flow:
        watched.programs.start("outside", [COMMAND, "prefect", "watch", "--interval", "2"])
        run = flow.stdout.readline().split()[1]
        watched.programs.wait("the task", lambda: "last_to_leave" in Oracle(inside.database).at_work(run), PATIENCE)
        stop(inside, how=signal.SIGKILL)
        (tmp_path / "gate").touch()
        serve(inside)
        assert flow.wait(PATIENCE) == 0
        yield run, told, watched
    agents.end(told.spool)


def fresh(store):
    upgrade(f"sqlite:///{store}")
    return f"sqlite:///{store}"


def test_a_server_that_goes_away_and_comes_back_has_missed_nothing(inside, away):
    """Prefect's client gives up what it cannot tell for some seconds: its record may have no end of a task, for ever.
    What there is in it, watchers inside and outside have; the flow's own process knows everything."""
    run, told, watched = away
    oracle, shape = Oracle(inside.database), Shape("waits", "a flow in the middle of its work", "success", {})
    for found in (partial(trace_of, inside, run), partial(outside, watched, run)):
        inside.programs.wait("what Prefect says", partial(truly, found, oracle, run), PATIENCE)
    ship(told)
    assert states(read(Theatre(told, {"waits": run}), shape)) == ["success"] * 3
    told.datatracing("prefect", "watch", "--once")
    assert states(read(Theatre(told, {"waits": run}), shape)) == ["success"] * 3


def truly(found, oracle, run):
    document = found()
    return document and not untruths(document, oracle.account(run))


def outside(home, run):
    """The trace, once there is one."""
    with contextlib.closing(connect(home.settings["DATATRACING_STORE"])) as connection:
        trace_id = run.replace("-", "")
        return connection.trace(trace_id) if connection.summaries([trace_id]) else None


def states(document):
    return [span["state"] for span in document["spans"] if span["level"] == "task"]


def test_a_store_that_cannot_be_used_leaves_a_server_that_can(tmp_path):
    nowhere = {"DATATRACING_STORE": "sqlite:////proc/nowhere/traces.db", "DATATRACING_SPOOL_DIR": "/proc/nowhere"}
    home = Home(tmp_path / "prefect", nowhere)
    with contextlib.closing(home):
        serve(home)
        run = home.play("direct_calls")["direct_calls"]
        status, answer = ask(home, f"/api/flow_runs/{run}")
        assert (status, json.loads(answer)["state_name"]) == (200, "Completed")
        assert "Traceback" not in home.programs.log("server").read_text()
