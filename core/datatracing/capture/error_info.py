"""An exception as text, whatever it is: a user's class may raise, lie, or never end in every method that it has.

So nothing of the exception is asked but its text, and that guarded. All else is read past its class, where Python
itself keeps it. Sizes are generous, because a secret that is cut here is no longer recognised by redaction, which cuts
to what is kept; see docs/adr/0003.
"""

import builtins
import sys
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import islice
from traceback import StackSummary, walk_tb
from types import FrameType, TracebackType
from typing import Any, TypeVar

from datatracing.model.event import ErrorInfo

TEXT_LIMIT = 65_536
"""Characters of a message, and of a stack trace: far above what redaction keeps of it."""
TOLD_LIMIT = 8_000
"""Characters of a message inside a stack trace."""
ENTRY_LIMIT = 2_000
"""Characters of one frame with its source line."""
NAME_LIMIT = 200
NOTES = 20
FRAMES = 10, 40
"""Of one exception: the outermost, and the innermost."""
CAUSES = 5, 5
"""The newest, and those at the root."""
WALKED = 1_000
"""Causes of causes that are followed."""
MEMBERS = 5
"""Of a group."""
TOLD = 40
"""Exceptions in one stack trace."""
BECAUSE = "\nThe above exception was the direct cause of the following exception:\n\n"
MEANWHILE = "\nDuring handling of the above exception, another exception occurred:\n\n"

T = TypeVar("T")
_name: Any = type.__dict__["__name__"].__get__
_qualname: Any = type.__dict__["__qualname__"].__get__
_module: Any = type.__dict__["__module__"].__get__
_attributes: Any = BaseException.__dict__["__dict__"].__get__
_cause: Any = BaseException.__dict__["__cause__"].__get__
_context: Any = BaseException.__dict__["__context__"].__get__
_silent: Any = BaseException.__dict__["__suppress_context__"].__get__
_trace: Any = BaseException.__dict__["__traceback__"].__get__


def error_info(
    error: BaseException | None, *, hosts: tuple[str, ...] = (), qualified: bool = False
) -> ErrorInfo | None:
    """Type, message, and stack trace with causes, notes and groups; None for no error. Raises no Exception.

    `hosts`: beginnings of module names; their frames are left out where they come before the user's. `qualified`: the
    type with its module, where it is not one of Python's own.
    """
    if error is None:
        return None
    try:
        stack = _bounded("".join(_Story(hosts).of(error)))
    except Exception as failure:
        stack = f"the stack trace cannot be read: {_class_name(failure)}\n"
    return ErrorInfo(_class_name(error, qualified=qualified), text_of(error), stack)


def text_of(value: object) -> str:
    """What it says of itself, or that it cannot; bounded. Raises no Exception."""
    try:
        return _bounded(str(value))
    except Exception as failure:
        return f"the message cannot be read: {_class_name(failure)}"


def _class_name(error: BaseException, *, qualified: bool = False) -> str:
    """As the class statement gave it, whatever the class says of itself now."""
    kind = type(error)
    name = str(_name(kind))
    if qualified:
        module = _module_of(kind)
        name = str(_qualname(kind)) if module == "builtins" else f"{module}.{_qualname(kind)}"
    return name[:NAME_LIMIT]


def _module_of(kind: type) -> str:
    try:
        found = _module(kind)
    except AttributeError:  # it was deleted
        return "?"
    return found if type(found) is str else "?"


def _bounded(text: str) -> str:
    """Head and tail. It may be of a subclass of str with ideas of its own about slices."""
    length, half = str.__len__(text), TEXT_LIMIT // 2
    if length <= TEXT_LIMIT:
        return str.__getitem__(text, slice(length))
    head, tail = str.__getitem__(text, slice(half)), str.__getitem__(text, slice(length - half, length))
    return f"{head}\n[{length - TEXT_LIMIT} characters are left out]\n{tail}"


class _Story:
    """Told once, from the root cause on. An exception that comes up again is only named."""

    def __init__(self, hosts: tuple[str, ...]) -> None:
        self._hosts = hosts
        self._told: set[int] = set()

    def of(self, error: BaseException) -> Iterator[str]:
        """The lines of a stack trace."""
        newest, between, roots = _ends(islice(self._causes(error), WALKED), *CAUSES)
        for each, why in reversed(roots):
            yield from self._one(each)
            yield why
        if between:
            yield f"[{between} exceptions between are left out]\n\n"
        for each, why in reversed(newest):
            yield from self._one(each)
            yield why

    def _causes(self, error: BaseException) -> Iterator[tuple[BaseException, str]]:
        """The exception, what led to it, what led to that; and the words between each and the one before it."""
        why, met = "", set[int]()
        each: BaseException | None = error
        while each is not None and id(each) not in met:
            met.add(id(each))
            yield each, why
            cause = _cause(each)
            why = BECAUSE if cause is not None else MEANWHILE
            each = cause if cause is not None or _silent(each) else _context(each)

    def _one(self, error: BaseException) -> Iterator[str]:
        if id(error) in self._told or len(self._told) >= TOLD:
            yield f"{_named(error)}\n"
            return
        self._told.add(id(error))
        trace = _trace(error)
        if trace is not None:
            yield "Traceback (most recent call last):\n"
            yield from _frames(trace, self._hosts)
        yield f"{_named(error)}{_said(text_of(error))}\n"
        yield from (f"{text_of(note)}\n" for note in _notes(error))
        yield from self._members(error)

    def _members(self, error: BaseException) -> Iterator[str]:
        members = _members(error)
        for number, member in enumerate(members[:MEMBERS], 1):
            yield f"\n{_named(error)}, {number} of {len(members)}:\n"
            yield from self.of(member)


def _named(error: BaseException) -> str:
    return _class_name(error, qualified=True)


def _said(message: str) -> str:
    if len(message) > TOLD_LIMIT:
        return f": a message of {len(message)} characters"
    return f": {message}" if message else ""


def _notes(error: BaseException) -> list[Any]:
    notes: Any = dict.get(_attributes(error), "__notes__")
    return list(list.__getitem__(notes, slice(NOTES))) if issubclass(type(notes), list) else []


def _members(error: BaseException) -> tuple[BaseException, ...]:
    """Python 3.10 has groups only where a library of that name was loaded."""
    there = sys.modules.get("exceptiongroup")
    group = getattr(builtins, "BaseExceptionGroup", None) or getattr(there, "BaseExceptionGroup", None)
    return tuple(group.exceptions.__get__(error)) if group and issubclass(type(error), group) else ()


def _frames(trace: TracebackType, hosts: tuple[str, ...]) -> Iterator[str]:
    users: TracebackType | None = trace
    while users is not None and str(users.tb_frame.f_globals.get("__name__", "")).startswith(hosts):
        users = users.tb_next
    outermost, between, innermost = _ends(walk_tb(users or trace), *FRAMES)
    yield from _entries(outermost)
    if between:
        yield f"  [{between} frames are left out]\n"
    yield from _entries(innermost)


def _entries(frames: Iterable[tuple[FrameType, int]]) -> Iterator[str]:
    for text in StackSummary.extract(iter(frames)).format():
        yield text if len(text) <= ENTRY_LIMIT else f"  [a frame of {len(text)} characters]\n"


def _ends(several: Iterable[T], head: int, tail: int) -> tuple[list[T], int, deque[T]]:
    """The first, how many were left out, and the last of them."""
    rest = enumerate(several, 1)
    first = [each for _, each in islice(rest, head)]
    last = deque(rest, maxlen=tail)
    count = last[-1][0] if last else len(first)
    return first, count - len(first) - len(last), deque(each for _, each in last)
