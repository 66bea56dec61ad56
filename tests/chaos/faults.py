"""One function per kind of fault. Each is a context: the fault begins, and at the end of the block it is over."""

import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from random import Random

import psutil

from tests.airflow_rig.gate import Gate
from tests.chaos.host import Host
from tests.chaos.plan import Fault
from tests.chaos.world import World

HEADER = 4096
"""Bytes at the beginning of a spool file that no fault takes: a file without them is a foreign one."""
DAY = 86_400


def of(world: World, fault: Fault) -> AbstractContextManager[None]:
    """The fault itself."""
    return KINDS[fault.kind](world, world.hosts[fault.host], Random(fault.choice))


@contextmanager
def kill_producer(_world: World, host: Host, random: Random) -> Iterator[None]:
    for process in _somebody(host, random):
        _kill(process)
    yield


@contextmanager
def kill_agent(_world: World, host: Host, _random: Random) -> Iterator[None]:
    for agent in host.agents():
        with suppress(psutil.NoSuchProcess):
            agent.kill()
    yield


@contextmanager
def kill_serve(world: World, _host: Host, _random: Random) -> Iterator[None]:
    world.collector.kill()
    yield
    world.collector.start()


@contextmanager
def kill_store(world: World, _host: Host, _random: Random) -> Iterator[None]:
    world.keeper.kill()
    yield
    world.keeper.resume()


@contextmanager
def freeze_producer(_world: World, host: Host, random: Random) -> Iterator[None]:
    with _frozen([process.pid for process in _somebody(host, random)]):
        yield


@contextmanager
def freeze_agent(_world: World, host: Host, _random: Random) -> Iterator[None]:
    with _frozen([agent.pid for agent in host.agents()]):
        yield


@contextmanager
def freeze_serve(world: World, _host: Host, _random: Random) -> Iterator[None]:
    with _frozen([world.collector.process.pid]):
        yield


@contextmanager
def cut(world: World, host: Host, _random: Random) -> Iterator[None]:
    _gate(world, host).open()
    yield


@contextmanager
def refuse(world: World, host: Host, _random: Random) -> Iterator[None]:
    _gate(world, host).refuse()
    yield
    _gate(world, host).open()


@contextmanager
def swallow(world: World, host: Host, _random: Random) -> Iterator[None]:
    _gate(world, host).swallow()
    yield
    _gate(world, host).open()


@contextmanager
def fill_disk(_world: World, host: Host, _random: Random) -> Iterator[None]:
    """Not one byte is left. Where the disk is not its own, nobody else's is filled."""
    ballast = host.disk / "ballast"
    if host.mounted:
        with suppress(OSError), ballast.open("wb", buffering=0) as file:
            while file.write(bytes(4096)):
                pass
    yield
    ballast.unlink(missing_ok=True)


@contextmanager
def tear(_world: World, host: Host, random: Random) -> Iterator[None]:
    """The machine loses power while the last bytes are being written."""
    for path in _left(host, random):
        _shorten(path, random.randint(1, 300))
    yield


@contextmanager
def truncate(_world: World, host: Host, random: Random) -> Iterator[None]:
    """A file system check keeps a part of the file."""
    for path in _left(host, random):
        with suppress(FileNotFoundError):
            _shorten(path, int(path.stat().st_size * random.random()))
    yield


@contextmanager
def copy(_world: World, host: Host, random: Random) -> Iterator[None]:
    """A backup is put back."""
    for path in _files(host, random):
        with suppress(OSError):
            shutil.copyfile(path, path.with_name(f"{random.randrange(10**9)}{path.name}"))
    yield


@contextmanager
def copy_half(_world: World, host: Host, random: Random) -> Iterator[None]:
    """And the backup was made while the file grew, or the disk is full."""
    for path in _files(host, random):
        with suppress(OSError):
            half = path.read_bytes()[: max(HEADER, int(path.stat().st_size * random.random()))]
            path.with_name(f"{random.randrange(10**9)}{path.name}").write_bytes(half)
    yield


@contextmanager
def foreign(_world: World, host: Host, random: Random) -> Iterator[None]:
    """Files of nobody, under names like ours."""
    for path in _files(host, random):
        with suppress(OSError):
            path.with_name(f"{random.randrange(10**9)}{path.suffix}").write_bytes(random.randbytes(3_000))
            path.with_name(f"{random.randrange(10**9)}.txt").write_text("nothing of ours\n")
    yield


@contextmanager
def unreadable(_world: World, host: Host, random: Random) -> Iterator[None]:
    """For a while, what a dead producer left cannot be opened."""
    paths = _left(host, random)
    _allow(paths, 0o000)
    yield
    _allow(paths, 0o600)


@contextmanager
def clock(_world: World, host: Host, random: Random) -> Iterator[None]:
    """The clock of the host is wrong by up to a day, in either direction."""
    host.clock.write_text(str(random.choice((-1, 1)) * random.choice((1, 60, 3_600, DAY)) * random.random()))
    yield
    host.clock.write_text("0")


KINDS: dict[str, Callable[[World, Host, Random], AbstractContextManager[None]]] = {
    each.__name__: each
    for each in (
        kill_producer, kill_agent, kill_serve, kill_store, freeze_producer, freeze_agent, freeze_serve, cut, refuse,
        swallow, fill_disk, tear, truncate, copy, copy_half, foreign, unreadable, clock,
    )
}  # fmt: skip


def _gate(world: World, host: Host) -> Gate:
    """The network of this host; of the other one, where a file is all that there is between it and the store."""
    return world.gates[world.hosts.index(host)] or next(filter(None, world.gates))


def _kill(process: "subprocess.Popen[bytes]") -> None:
    process.kill()
    process.wait()


def _somebody(host: Host, random: Random) -> "list[subprocess.Popen[bytes]]":
    """One producer in the middle of its work; none when the last one has just ended."""
    speaking = host.speaking()
    return random.sample(speaking, min(1, len(speaking)))


def _files(host: Host, random: Random) -> list[Path]:
    """What a living producer has written so far."""
    return [path for process in _somebody(host, random) for path in host.files_of(process)]


def _left(host: Host, random: Random) -> list[Path]:
    """A producer's files, after its death; some may have been shipped and removed by then."""
    found = []
    for process in _somebody(host, random):
        found += host.files_of(process)
        _kill(process)
    return [path for path in found if path.is_file()]


def _shorten(path: Path, size: int) -> None:
    with suppress(FileNotFoundError):
        os.truncate(path, max(min(HEADER, path.stat().st_size), path.stat().st_size - size))


def _allow(paths: list[Path], mode: int) -> None:
    for path in paths:
        with suppress(FileNotFoundError):
            path.chmod(mode)


@contextmanager
def _frozen(pids: list[int]) -> Iterator[None]:
    _tell(pids, signal.SIGSTOP)
    yield
    _tell(pids, signal.SIGCONT)


def _tell(pids: list[int], message: signal.Signals) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, message)
