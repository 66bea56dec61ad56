"""Every shape of a run on a real Prefect: what our trace says is what Prefect's own database says."""

import json
import shutil
import time

import pytest

from datatracing.store.sql.schema import upgrade
from datatracing_prefect.states import UNTOLD
from tests.conformance import shapes
from tests.conformance.check import one_sided, unbalanced, untruths
from tests.conformance.shapes import departures
from tests.postgres import TEMPLATE
from tests.prefect_rig.oracle import Oracle, by_number
from tests.prefect_rig.shapes import ABSENT, NEUTRAL, SHAPES
from tests.prefect_rig.theatre import Theatre, copied, differences, ship, watch_once

pytestmark = [pytest.mark.xdist_group("prefect"), pytest.mark.timeout(600)]
PLAYED = tuple(shape.name for shape in SHAPES if not shape.started_by)
SOURCES = ("decorator", "watcher", "both")


@pytest.fixture(scope="session")
def theatres(prefect_server, tmp_path_factory, postgres_server):
    """Played once, seen three times: the watcher, who is told nothing by the process, has the runs in Postgres."""
    folder, began = tmp_path_factory.mktemp("theatres"), time.time()
    with postgres_server.connect() as admin:
        admin.execute(f"CREATE DATABASE prefect_traces TEMPLATE {TEMPLATE} STRATEGY file_copy")
    spool = {"DATATRACING_SPOOL_DIR": str(folder / "spool")}
    plain = prefect_server.beside(
        DATATRACING_STORE=postgres_server.url("prefect_traces"), DATATRACING_SPOOL_DIR=str(folder / "nothing")
    )
    runs = prefect_server.beside(RIG_TRACED="1", **spool).play(*PLAYED)
    Oracle(prefect_server.database).settled()
    told = prefect_server.beside(DATATRACING_STORE=f"sqlite:///{folder}/told.db", **spool)
    both = prefect_server.beside(DATATRACING_STORE=f"sqlite:///{folder}/both.db", **spool)
    upgrade(told.settings["DATATRACING_STORE"])
    ship(told)
    copied(folder / "told.db", folder / "both.db")
    watch_once(plain, since=began)
    watch_once(both, since=began)
    yield {
        "decorator": Theatre(told, runs, overheard=True),
        "watcher": Theatre(plain, runs, traced=False),
        "both": Theatre(both, runs),
    }
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def answer():
    """A function that gives what a command answers as JSON; each is asked once."""
    known = {}

    def ask(theatre: Theatre, *words: str):
        asked = (theatre.home.settings["DATATRACING_STORE"], *words)
        if asked not in known:
            known[asked] = json.loads(theatre.home.datatracing(*words, "--json"))
        return known[asked]

    return ask


every_shape = pytest.mark.parametrize("shape", SHAPES, ids=str)
every_source = pytest.mark.parametrize("source", SOURCES)


def test_no_shape_is_left_out_silently():
    taken = {shape.name for shape in SHAPES}
    assert {shape.name for shape in shapes.SHAPES} <= taken | ABSENT.keys()
    assert not taken & ABSENT.keys()
    assert {shape.name for shape in NEUTRAL} <= {shape.name for shape in shapes.SHAPES}


@every_shape
def test_the_run_takes_the_shape(theatres, shape):
    theatre = theatres["watcher"]
    names = {other.name: theatre.name(other) for other in SHAPES}
    assert departures(shape, by_number(theatre.oracle.account(theatre.runs[shape.name])), names) == []


@every_source
@every_shape
def test_the_command_line_shows_what_prefect_says(theatres, source, shape, answer):
    theatre = theatres[source]
    account = theatre.account(shape)
    assert untruths(answer(theatre, "trace", account.name), account) == []


@every_shape
def test_merging_both_sources_changes_nothing(theatres, shape, answer):
    alone, merged = (answer(theatres[each], "trace", theatres[each].name(shape)) for each in ("decorator", "both"))
    calls = frozenset(theatres["both"].oracle.called(theatres["both"].runs[shape.name]))
    assert differences(alone, merged, besides=calls) == []


@every_source
def test_both_ends_tell_of_every_link(theatres, source, answer):
    theatre = theatres[source]
    linked = [shape for shape in SHAPES if shape.links]
    assert one_sided([answer(theatre, "trace", theatre.name(shape)) for shape in linked]) == []


@every_source
@every_shape
def test_law_6_the_books_balance_and_nothing_is_lost(theatres, source, shape, answer):
    theatre = theatres[source]
    document = answer(theatre, "why", theatre.name(shape))
    books = next(stage["facts"] for stage in document["stages"] if stage["stage"] == "books")
    assert unbalanced(books) == []


@every_source
@pytest.mark.parametrize("shape", ["failed_flow", "failing_subflow", "failing_child"])
def test_a_password_in_an_error_is_nowhere_in_the_trace(theatres, source, shape, answer):
    theatre = theatres[source]
    printed = json.dumps(answer(theatre, "trace", f"prefect:{shape}/{theatre.runs[shape]}"))
    assert "refused the connection" in printed
    assert "hunter2" not in printed


@every_source
def test_law_6_an_error_whose_text_cannot_be_had_ends_its_attempt(theatres, source, answer):
    theatre = theatres[source]
    document = answer(theatre, "trace", f"prefect:mute/{theatre.runs['mute']}")
    errors = [span["error"] for span in document["spans"] if span["level"] == "task"]
    if theatre.traced:
        assert {error["type"] for error in errors} == {"MuteError"}
        assert {error["message"] for error in errors} == {"the message cannot be read: RuntimeError"}
        assert all("in fall_silent" in error["stacktrace"] for error in errors)
    else:
        assert {error["message"] for error in errors} == {UNTOLD.message}
