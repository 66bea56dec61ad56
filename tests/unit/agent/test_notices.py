"""Notices for a watcher in another process: they are there until it takes them, and then they are not."""

import pytest

from datatracing.agent import notices
from datatracing.agent.notices import LIMIT, post, take
from datatracing.capture import Notice


def over(run_id, orchestrator="airflow"):
    return Notice(orchestrator, "default", "etl", run_id)


@pytest.fixture
def directory(tmp_path):
    return tmp_path


def test_they_come_in_order_and_once(directory):
    for name in ("r1", "r2", "r3"):
        post(directory, over(name))
    assert [each.run_id for each in take(directory, "airflow")] == ["r1", "r2", "r3"]
    assert take(directory, "airflow") == []
    assert [*directory.iterdir()] == []


def test_each_watcher_takes_its_own(directory):
    post(directory, over("r1"))
    post(directory, over("r2", "dagster"))
    assert take(directory, "prefect") == []
    assert take(directory, "dagster") == [over("r2", "dagster")]
    assert take(directory, "airflow") == [over("r1")]


def test_what_is_told_while_others_are_taken_is_there_next_time(directory):
    post(directory, over("r1"))
    take(directory, "airflow")
    post(directory, over("r2"))
    assert take(directory, "airflow") == [over("r2")]


def test_any_run_id_fits_on_a_line(directory):
    odd = over("manual\n__ż\u2028\x00 \"'")
    post(directory, odd)
    assert take(directory, "airflow") == [odd]


def test_a_line_that_cannot_be_read_hides_no_other(directory):
    post(directory, over("r1"))
    path = directory / notices.NAME.format("airflow")
    path.write_bytes(path.read_bytes() + b'{"half": \n\xff\n')
    post(directory, over("r2"))
    assert take(directory, "airflow") == [over("r1"), over("r2")]


def test_what_nobody_takes_stops_growing(directory):
    path = directory / notices.NAME.format("airflow")
    path.write_bytes(b"x" * LIMIT)
    post(directory, over("r1"))
    assert path.stat().st_size == LIMIT


def test_nobody_writes_through_a_link_to_another_file(directory):
    theirs = directory / "theirs"
    theirs.write_text("precious")
    (directory / notices.NAME.format("airflow")).symlink_to(theirs)
    with pytest.raises(OSError, match="symbolic"):
        post(directory, over("r1"))
    assert theirs.read_text() == "precious"
