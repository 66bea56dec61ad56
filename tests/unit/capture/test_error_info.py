"""A user's exception may do anything when it is asked. It becomes text all the same: bounded, without an Exception."""

import sys
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datatracing.capture import error_info, text_of
from datatracing.capture.error_info import ENTRY_LIMIT, FRAMES, TEXT_LIMIT, TOLD


def raised(error):
    try:
        raise error  # noqa: TRY301  # to be caught with a traceback is all it is for
    except BaseException as caught:
        return caught


def refusing(*_):
    raise RuntimeError("no")


def endless(this, *_):
    return str(this)


class Slippery(str):
    """A text with ideas of its own."""

    __slots__ = ()
    __len__ = __getitem__ = __format__ = __add__ = startswith = refusing


METHODS = {
    "raises": refusing,
    "recurses": endless,
    "is huge": lambda _: "x" * (3 * TEXT_LIMIT),
    "is no text": lambda _: 7,
    "is slippery": lambda _: Slippery("y" * (2 * TEXT_LIMIT)),
    "has half a surrogate": lambda _: "\ud800",
    "is empty": lambda _: "",
}
ATTRIBUTES = {
    "raises": property(refusing),
    "lies": property(lambda _: 7),
    "is huge": property(lambda _: "x" * 1_000_000),
    "is itself": property(lambda this: this),
}
READ = (
    "__traceback__",
    "__cause__",
    "__context__",
    "__suppress_context__",
    "args",
    "__class__",
    "__dict__",
    "__notes__",
)


class Sly(type):
    """A class that does not say what it is called."""

    __name__ = __module__ = __mro__ = property(refusing)
    __getattribute__ = refusing


bodies = st.fixed_dictionaries(
    {},
    optional={
        **{name: st.sampled_from([*METHODS.values()]) for name in ("__str__", "__repr__", "__hash__", "__eq__")},
        **{name: st.sampled_from([*ATTRIBUTES.values()]) for name in READ},
        "__getattribute__": st.just(refusing),
        "__module__": st.sampled_from([None, 7, "", "m" * 1_000_000, Slippery("m")]),
    },
)
metaclasses = st.sampled_from([type, Sly])
names = st.sampled_from(["Weird", "W" * 100_000, "a.b", "\n"])
bases = st.sampled_from([Exception, ValueError, KeyError, OSError, SystemExit, KeyboardInterrupt, UnicodeDecodeError])


def made(kind, name, base, body):
    found = kind(name, (base,), body)
    return BaseException.__new__(found) if base is UnicodeDecodeError else found()


errors = st.builds(made, metaclasses, names, bases, bodies)


@given(st.lists(errors, min_size=1, max_size=5), st.booleans(), st.booleans())
def test_law_1_whatever_an_exception_does_it_becomes_bounded_text(chain, qualified, explicit):
    for effect, cause in zip(chain, [*chain[1:], None], strict=True):
        (BaseException.__cause__ if explicit else BaseException.__context__).__set__(effect, cause)
    found = error_info(raised(chain[0]), qualified=qualified)
    for text in (found.type, found.message, found.stacktrace):
        assert type(text) is str
        assert len(text) <= TEXT_LIMIT + 100
    assert found.type
    assert "in raised" in found.stacktrace


@given(st.sampled_from([KeyboardInterrupt, SystemExit, GeneratorExit]))
def test_law_1_control_flow_of_the_host_goes_through(control):
    def escapes(_):
        raise control

    with pytest.raises(control):
        error_info(type("Weird", (Exception,), {"__str__": escapes})())


def test_nothing_is_nothing():
    assert error_info(None) is None


def test_an_exception_has_its_type_its_message_and_where_it_was_raised():
    found = error_info(raised(ValueError("bad")))
    assert (found.type, found.message) == ("ValueError", "bad")
    assert found.stacktrace.startswith("Traceback (most recent call last):\n")
    assert "raise error" in found.stacktrace, "the source line"
    assert found.stacktrace.endswith("ValueError: bad\n")


class OwnError(Exception):
    """A user's."""


def test_the_module_is_said_where_it_is_asked_for_and_in_the_stack():
    found = error_info(raised(OwnError("x")))
    assert found.type == "OwnError"
    assert found.stacktrace.endswith(f"{__name__}.OwnError: x\n")
    assert error_info(raised(OwnError("x")), qualified=True).type == f"{__name__}.OwnError"
    assert error_info(raised(SystemExit(7)), qualified=True).type == "SystemExit"


def test_what_cannot_be_had_says_so():
    found = error_info(raised(type("Mute", (Exception,), {"__str__": refusing})()))
    assert (found.type, found.message) == ("Mute", "the message cannot be read: RuntimeError")
    assert text_of(Slippery("as it is")) == "as it is"


def test_causes_and_contexts_are_told_from_the_root_on():
    try:
        try:
            raise KeyError("root")  # noqa: TRY301
        except KeyError as error:
            raise ValueError("middle") from error
    except ValueError:
        found = error_info(raised(TypeError("end")))
    stack = found.stacktrace
    assert stack.index("KeyError: 'root'") < stack.index("direct cause") < stack.index("ValueError: middle")
    assert stack.index("ValueError: middle") < stack.index("During handling") < stack.index("TypeError: end")


def test_a_context_that_was_suppressed_is_not_told():
    effect = raised(TypeError("end"))
    effect.__context__, effect.__cause__ = KeyError("hidden"), None
    assert "hidden" not in error_info(effect).stacktrace


def test_causes_in_a_circle_have_an_end():
    first, second = ValueError("first"), ValueError("second")
    first.__cause__, second.__cause__ = second, first
    assert error_info(first).stacktrace.count("first") == 1


def test_of_a_long_line_of_causes_the_newest_and_the_root_are_told():
    line = [raised(ValueError(f"number {n}.")) for n in range(500)]
    for effect, cause in zip(line[1:], line, strict=False):
        effect.__cause__ = cause
    stack = error_info(line[-1]).stacktrace
    assert "number 0." in stack
    assert "490 exceptions between are left out" in stack
    assert stack.endswith("number 499.\n")


def test_notes_are_told():
    error = ValueError("bad")
    error.__notes__ = ["while reading page 7", *("more" for _ in range(1_000))]
    stack = error_info(error).stacktrace
    assert "ValueError: bad\nwhile reading page 7\nmore\n" in stack
    assert stack.count("more") < 50


@pytest.mark.skipif(sys.version_info < (3, 11), reason="groups are of Python 3.11")
def test_members_of_a_group_are_told_and_a_deep_one_has_an_end():
    group = ExceptionGroup("two", [ValueError("one"), ExceptionGroup("inner", [KeyError("other")])])  # noqa: F821
    stack = error_info(raised(group)).stacktrace
    for each in ("ValueError: one", "KeyError: 'other'", "ExceptionGroup, 1 of 2"):
        assert each in stack
    for _ in range(200):
        group = ExceptionGroup("again", [group, *(ValueError() for _ in range(9))])  # noqa: F821
    assert len(error_info(group).stacktrace.splitlines()) < TOLD * 20


def deep(left):
    if not left:
        raise ValueError("deep")
    return deep(left - 1)


def test_of_a_deep_stack_the_outermost_and_the_innermost_frames_are_told():
    try:
        deep(500)
    except ValueError as error:
        stack = error_info(error).stacktrace
    assert "in test_of_a_deep_stack" in stack
    assert f"  [{502 - sum(FRAMES)} frames are left out]\n" in stack
    assert 'raise ValueError("deep")' in stack


def test_a_huge_message_keeps_head_and_tail_and_does_not_drown_the_stack():
    found = error_info(raised(ValueError("head" + "x" * 1_000_000 + "tail")))
    assert found.message.startswith("head")
    assert found.message.endswith("tail")
    assert "characters are left out" in found.message
    assert len(found.stacktrace) < ENTRY_LIMIT


def test_frames_of_the_host_before_the_users_are_left_out():
    space = {"__name__": "prefect.engine"}
    exec("def run(call):\n    call()\n", space)
    try:
        space["run"](lambda: deep(0))
    except ValueError as error:
        stack = error_info(error.with_traceback(error.__traceback__.tb_next), hosts=("prefect.",)).stacktrace
        everything = error_info(error.with_traceback(error.__traceback__)).stacktrace
    assert "in run" not in stack
    assert "in run" in everything
    assert "in deep" in stack


def test_a_line_of_huge_and_endless_exceptions_is_no_work():
    error = ValueError("x" * 50_000_000)
    for _ in range(100):
        effect = type("Weird", (Exception,), {"__str__": endless})()
        effect.__cause__, error = error, effect
    began = time.process_time()
    error_info(error)
    assert time.process_time() - began < 1
