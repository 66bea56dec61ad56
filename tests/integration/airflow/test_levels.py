"""Law 8 in Airflow's own api-server: on every route, each user sees what Airflow's auth manager allows, no more."""

from pathlib import Path

import pytest

from datatracing.access.visibility import Level
from tests.canaries.world import told
from tests.integration.airflow.stage import play, stage

pytestmark = [pytest.mark.xdist_group("airflow-mount"), pytest.mark.timeout(600)]

TOKEN = "a token for workers"
LEVELS = {"dag_only": Level.NOTHING, "dag_runs": Level.RUN, "dag_tasks": Level.TASKS, "all_parts": Level.TEXTS}
LEVELS |= {"nobody": Level.NOTHING, "stranger": Level.NOTHING, "worker": Level.RUN}
"""A worker reads nothing, but when it tells the end of a run it is answered what became of that run."""


@pytest.fixture(scope="module")
def told_all(tmp_path_factory, blank: Path):
    """What each reader was told, and what went wrong."""
    folder = tmp_path_factory.mktemp("levels")
    settings = {
        "DATATRACING_STORE": f"sqlite:///{folder}/traces.db",
        "DATATRACING_SPOOL_DIR": f"{folder}/spool",
        "DATATRACING_TOKEN": TOKEN,
    }
    return play(stage(folder, blank, "rows.py", settings), "levels", folder, TOKEN, timeout=500)


@pytest.fixture(scope="module")
def heard(told_all):
    """By reader: what each was told."""
    return told_all["heard"]


def levels_in(shown):
    """(whose, level) of every canary."""
    canaries = (text.split(".") for text in shown if text.startswith("canary."))
    return {(whose, Level[level.upper()]) for _, whose, level, _ in canaries}


@pytest.mark.parametrize("name", LEVELS)
def test_law8_nobody_is_told_more_than_airflow_would(heard, name):
    allowed = {(whose, level) for whose in ("mine", "peer") for level in Level if level <= LEVELS[name]}
    assert levels_in(heard[name]["shown"]) <= allowed


@pytest.mark.parametrize("name", LEVELS)
def test_law8_each_reader_is_told_as_much_as_airflow_would(heard, name):
    allowed = {("mine", level) for level in Level if Level.NOTHING < level <= LEVELS[name]}
    assert allowed <= levels_in(heard[name]["shown"])


def test_law8_an_id_is_as_secret_as_its_run(heard):
    for name, level in LEVELS.items():
        assert (told("mine").run.trace_id in heard[name]["shown"]) == (level >= Level.RUN), name
        assert told("hidden").run.trace_id not in heard[name]["shown"]


def test_the_admin_is_told_everything(heard):
    shown = levels_in(heard["admin"]["shown"])
    assert shown == {(whose, level) for whose in ("mine", "peer", "hidden") for level in Level if level > Level.NOTHING}


@pytest.mark.parametrize("name", LEVELS)
def test_law8_a_hidden_run_is_answered_like_one_that_does_not_exist(heard, name):
    assert heard[name]["apart"] == []


@pytest.mark.parametrize("name", [*LEVELS, "admin"])
def test_no_request_breaks_the_server(heard, name):
    assert heard[name]["broken"] == []


def test_law_8_no_request_by_our_own_document_breaks_airflows_server(told_all):
    assert told_all["broken"] == []
