"""Installed by its entry point and configured by one setting, in the three places where Airflow's users set things."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.integration.airflow.stage import play, stage

pytestmark = pytest.mark.xdist_group("airflow-configuration")


@pytest.fixture(scope="module")
def scenes(tmp_path_factory, blank: Path):
    folder = tmp_path_factory.mktemp("configuration")
    options = {
        "store": "sqlite:////file.db",
        "namespace": "of the file",
        "token": "a token",
        "spool_dir": str(folder / "spool"),
        "settle_seconds": "0.5",
        "sample_rate": "0.25",
    }
    home = stage(folder, blank, "rows.py", {})
    home = replace(home, overrides={("datatracing", name): value for name, value in options.items()}).furnish()
    return play(home, "configure")


def test_airflow_cfg_is_enough(scenes):
    found = scenes["from_the_file"]
    assert (found["store"], found["namespace"], found["token"]) == ("sqlite:////file.db", "of the file", "a token")
    assert found["spool_dir"].endswith("spool")
    assert (found["settle"], found["sample_rate"]) == (0.5, 0.25)


def test_airflows_own_kind_of_variable_wins_over_the_file(scenes):
    assert scenes["airflows_variable_over_the_file"]["store"] == "sqlite:////variable.db"
    assert scenes["airflows_variable_over_the_file"]["namespace"] == "of the file"


def test_our_own_variable_wins_over_all(scenes):
    assert scenes["our_variable_over_all"]["store"] == "sqlite:////ours.db"
    assert scenes["our_variable_over_all"]["namespace"] == "ours"


def test_a_worker_that_may_not_see_airflows_database_sees_the_settings(scenes):
    assert scenes["in_a_worker"]["namespace"] == "of the file"


def test_a_value_that_cannot_be_is_named(scenes):
    assert len(scenes["bad_values"]) == 4
    assert all(said.startswith("DATATRACING_SPOOL_LIMIT must be") for said in scenes["bad_values"])


def test_law_1_without_a_store_or_with_a_bad_value_the_plugin_is_there_and_does_nothing(scenes):
    assert scenes["off"] == [[[], [], True], [[], [], True]]


def test_airflow_finds_one_listener_whose_every_hook_it_knows(scenes):
    found = scenes["found"]
    assert set(found["listeners"]) == {"Listener"}
    assert found["same"]
    assert len(found["hooks"]) == 9
    assert set(found["hooks"]) <= set(found["known"])


def test_law_1_nothing_that_only_a_long_lived_process_needs_is_imported_with_it(scenes):
    assert scenes["found"]["heavy"] == []
