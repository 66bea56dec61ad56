"""For tests of the spool: the spools of several processes, and a thread that stands still in the middle of a call."""

import os
import threading
from contextlib import contextmanager

import pytest

from datatracing.capture import page
from datatracing.capture.reading import read, spool_files
from datatracing.capture.segment import lock
from datatracing.capture.spool import Spool

ROOM = 1 << 30


@pytest.fixture
def spools(spool_dir):
    """Makes the spools of several processes of one directory, and closes them."""
    made = []

    def make(limit=ROOM):
        made.append(Spool(spool_dir, limit))
        return made[-1]

    yield make
    for each in made:
        each.close()


def numbers(spool_dir):
    """Of all frames that are in its files."""
    return sorted(each.seq for path in spool_files(spool_dir) for each in read(path.read_bytes()).frames)


def free(path):
    """Whether the agent could take the file."""
    with path.open("rb") as opened:
        return lock(opened.fileno())


def behind_the_page(_descriptor, _data, at):
    """A frame is written, and not a count."""
    return at >= page.SIZE


@pytest.fixture
def stuck(monkeypatch):
    """`with stuck("pwrite", do, ...) as go_on:` another thread does it, and stands inside that call until `go_on()`."""

    @contextmanager
    def begin(call, do, *given, where=lambda *_: True):
        inside, may_go = threading.Event(), threading.Event()
        really = getattr(os, call)

        def slow(*words):
            if threading.current_thread() is thread and where(*words):
                inside.set()
                assert may_go.wait(20)
            return really(*words)

        def go_on():
            may_go.set()
            thread.join(20)
            assert not thread.is_alive()

        thread = threading.Thread(target=do, args=given)
        monkeypatch.setattr(os, call, slow)
        thread.start()
        assert inside.wait(20)
        try:
            yield go_on
        finally:
            go_on()

    return begin
