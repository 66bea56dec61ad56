"""An exception becomes text: bounded, whatever it is."""

from datatracing.model.event import ErrorInfo
from datatracing_airflow.mapping import MESSAGE_LIMIT, STACK_LIMIT, error_info


def raised(error):
    try:
        raise error  # noqa: TRY301  # to be caught with a traceback is all it is for
    except BaseException as caught:
        return caught


class UnreadableError(Exception):
    """Says nothing about itself."""

    def __str__(self):
        raise RuntimeError("no")


def test_nothing_is_nothing():
    assert error_info(None) is None


def test_what_airflow_says_in_words_is_airflows():
    assert error_info("heartbeat timeout") == ErrorInfo("airflow", "heartbeat timeout")


def test_an_exception_has_its_type_its_message_and_where_it_was_raised():
    found = error_info(raised(ValueError("bad")))
    assert (found.type, found.message) == ("ValueError", "bad")
    assert "in raised" in found.stacktrace
    assert found.stacktrace.endswith("ValueError: bad\n")


def test_a_type_of_somebodys_own_has_its_module():
    assert error_info(raised(UnreadableError())).type == f"{__name__}.UnreadableError"


def test_law_1_an_exception_that_cannot_say_what_it_is_raises_nothing():
    assert error_info(raised(UnreadableError())).message == "the message cannot be read: RuntimeError"


def test_control_flow_of_the_host_is_told_like_an_exception():
    assert error_info(raised(SystemExit(7))).type == "SystemExit"


def test_a_cause_is_told_too():
    effect = RuntimeError("the effect")
    effect.__cause__ = raised(KeyError("the cause"))
    assert "KeyError: 'the cause'" in error_info(raised(effect)).stacktrace


def test_it_is_bounded_and_the_end_is_what_stays():
    def deep(left):
        if not left:
            raise ValueError("x" * 1_000_000)
        deep(left - 1)

    try:
        deep(500)
    except ValueError as error:
        found = error_info(error)
    assert len(found.message) == MESSAGE_LIMIT
    assert len(found.stacktrace) <= STACK_LIMIT
    assert found.stacktrace.endswith("x\n")
