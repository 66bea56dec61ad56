"""What Dagster's own storage keeps of watching."""

import time

import pytest
from dagster import DagsterInstance

from datatracing_dagster import progress
from datatracing_dagster.cursors import TRIES, Cursor
from datatracing_dagster.progress import Progress
from datatracing_dagster.settings import WatchSettings


@pytest.fixture
def instance(tmp_path):
    with DagsterInstance.local_temp(str(tmp_path)) as made:
        yield made


def kept(instance, **given):
    given = {"store": "postgresql+psycopg://u:secret@h/traces", "look_back": 60.0, **given}
    return Progress(instance, WatchSettings.read(**given))


def test_the_first_moment_is_kept_however_long_nothing_is_stored(instance):
    first = kept(instance).cursor()
    time.sleep(0.05)
    assert kept(instance, look_back=0.01).cursor() == first


def test_another_process_goes_on_where_one_was_killed(instance):
    cursor = Cursor({"RUN_SUCCESS": 7}, {}, 1.0).write()
    kept(instance).keep(cursor)
    assert kept(instance).cursor() == cursor


@pytest.mark.parametrize("other", [{"namespace": "shop"}, {"store": "postgresql+psycopg://u:secret@h/others"}])
def test_another_store_or_namespace_has_a_progress_of_its_own(instance, other):
    kept(instance).keep(Cursor({"RUN_SUCCESS": 7}, {}, 1.0).write())
    assert Cursor.read(kept(instance, **other).cursor(), 60.0).seen == {}


def test_a_password_that_has_changed_makes_no_other_store(instance):
    cursor = Cursor({"RUN_SUCCESS": 7}, {}, 1.0).write()
    kept(instance).keep(cursor)
    assert kept(instance, store="postgresql+psycopg://u:changed@h/traces").cursor() == cursor


def test_what_was_said_last_is_heard_until_it_is_old(instance, monkeypatch):
    assert kept(instance).heard() == ""
    kept(instance).say("2 runs completed")
    assert kept(instance).heard() == "2 runs completed"
    monkeypatch.setattr(progress, "FRESH", 0.0)
    assert kept(instance).heard() == ""


def test_runs_that_were_given_up_are_tried_again_when_somebody_asks(instance):
    kept(instance).keep(Cursor({}, {"run": TRIES}, 1.0).write())
    kept(instance).forgive()
    assert Cursor.read(kept(instance).cursor(), 60.0).due() == ["run"]
