"""Law 1: our failure never becomes the host's, and is never hidden either."""

import logging
import threading

import pytest

from datatracing.capture.guard import caught, guard, reraising


@pytest.fixture
def in_production():
    """As it is inside a host: nothing is raised again."""
    with reraising(on=False):
        yield


class HostControlFlow(BaseException):
    """What deferral and timeouts look like in an orchestrator."""


def fail(where, error):
    with guard(where):
        raise error


def test_law_1_an_error_of_ours_does_not_reach_the_host_and_is_counted_by_place(in_production):
    for _ in range(3):
        fail("test.counted", ValueError("boom"))
    fail("test.elsewhere", KeyError("x"))
    assert (caught()["test.counted"], caught()["test.elsewhere"]) == (3, 1)


@pytest.mark.parametrize("signal", [KeyboardInterrupt, SystemExit, GeneratorExit, HostControlFlow])
def test_law_1_the_control_flow_of_the_host_passes_through(in_production, signal):
    with pytest.raises(signal):
        fail("test.control", signal())
    assert "test.control" not in caught()


def test_an_error_is_logged_once_per_place_and_says_that_the_pipeline_is_not_affected(in_production, caplog):
    for _ in range(3):
        fail("test.logged", ValueError("boom"))
    fail("test.logged.too", ValueError("boom"))
    assert [record.getMessage().count("your pipeline is not affected") for record in caplog.records] == [1, 1]
    assert "test.logged with ValueError" in caplog.text
    assert __file__ in caplog.text


def test_law_7_the_log_does_not_repeat_what_the_error_quotes(in_production, caplog):
    fail("test.secret", ValueError("password=hunter2"))
    assert caplog.records
    assert "hunter2" not in caplog.text


def test_a_logging_handler_that_fails_is_caught_too(in_production):
    class Broken(logging.Handler):
        def handle(self, record):
            raise OSError("the log is on a full disk")

    handler = Broken()
    logging.getLogger("datatracing").addHandler(handler)
    try:
        fail("test.broken_log", ValueError())
    finally:
        logging.getLogger("datatracing").removeHandler(handler)
    assert caught()["guard.log"] >= 1


def test_in_tests_it_raises_again():
    with pytest.raises(ValueError):
        fail("test.reraised", ValueError())


def test_threads_share_the_count(in_production):
    threads = [threading.Thread(target=fail, args=("test.threads", ValueError())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert caught()["test.threads"] == 8
