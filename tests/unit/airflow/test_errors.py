"""What Airflow hands to a hook as the error: an exception, or words."""

from datatracing.model.event import ErrorInfo
from datatracing_airflow.mapping import error_info


class UnreadableError(Exception):
    """Says nothing about itself."""

    def __str__(self):
        raise RuntimeError("no")


def test_nothing_is_nothing():
    assert error_info(None) is None


def test_what_airflow_says_in_words_is_airflows():
    assert error_info("heartbeat timeout") == ErrorInfo("airflow", "heartbeat timeout")


def test_law_1_an_exception_that_cannot_say_what_it_is_raises_nothing():
    found = error_info(UnreadableError())
    assert (found.type, found.message) == (f"{__name__}.UnreadableError", "the message cannot be read: RuntimeError")
