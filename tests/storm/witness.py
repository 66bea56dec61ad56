"""Who holds the store? Read from /proc, again and again, while something goes on. Linux only."""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from typing_extensions import Self

PAUSE = 0.2
"""Seconds between two looks."""


class Witness:
    """Looks from `with` to its end. Before each look it asks `marks` what tells a file or socket of the store by its
    name in /proc, and `servers` which processes may hold one beside our own programs.
    """

    def __init__(self, marks: Callable[[], Callable[[str], bool]], servers: Callable[[], set[int]]) -> None:
        self.marks, self.servers = marks, servers
        self.allowed: set[str] = set()
        """Command lines of who held the store and may."""
        self.others: dict[str, str] = {}
        """Who held it and may not: command line to what."""
        self.looks = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(PAUSE):
            self._look()

    def _look(self) -> None:
        is_the_stores, servers = self.marks(), {os.getpid(), *self.servers()}
        for pid in processes():
            # First who it is: a process that has gone by the end of the look held it all the same.
            who = command(pid)
            may = pid in servers or is_ours(who)
            held = next((link for link in links(pid) if is_the_stores(link)), None)
            if held is not None and may:
                self.allowed.add(" ".join(who))
            elif held is not None:
                self.others[" ".join(who) or f"process {pid}"] = held
        self.looks += 1


def is_ours(words: list[str]) -> bool:
    """`python -m datatracing...` or the command `datatracing`."""
    return any(word.split(".")[0] == "datatracing" or Path(word).name == "datatracing" for word in words[:3])


def sqlite_marks(path: Path) -> Callable[[], Callable[[str], bool]]:
    """The file, its journal and its shared memory, also when they are deleted."""
    return lambda: lambda link: link.startswith(str(path))


def tcp_marks(address: str, port: int) -> Callable[[], Callable[[str], bool]]:
    """Sockets that are connected to this address, at the moment of asking."""
    return lambda: _sockets(address, port).__contains__


def _sockets(address: str, port: int) -> set[str]:
    wanted = "".join(f"{int(part):02X}" for part in reversed(address.split("."))) + f":{port:04X}"
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return {f"socket:[{row[9]}]" for row in rows if row[2] == wanted}


def processes() -> list[int]:
    return [int(entry.name) for entry in os.scandir("/proc") if entry.name.isdigit()]


def links(pid: int) -> Iterator[str]:
    """What the process has open; nothing when it has gone."""
    with suppress(OSError):
        for each in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(OSError):
                yield str(each.readlink())


def command(pid: int) -> list[str]:
    """The command line, word by word; empty when the process has gone."""
    with suppress(OSError):
        return [word for word in Path(f"/proc/{pid}/cmdline").read_text("utf-8", "replace").split("\0") if word]
    return []
