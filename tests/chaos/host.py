"""One host: a spool on a small disk of its own, producers that come and go, and whatever agents they start."""

import os
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from tests.airflow_rig.home import REPOSITORY

ALIVE = 3
"""Producers at a time."""
EVENTS, PAUSE, RUNS = 150, 0.04, 3
"""What each emits, how long it waits in between (s), and about how many runs."""
DISK = "16m"
# Root reads every file; who may not is what a file of somebody else's is made for.
MODEST = ("setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-dac_override,-dac_read_search")


@dataclass
class Host:
    """`store` is where its spool is shipped to. `looked_after`: somebody starts an agent again that has died; otherwise
    it is left to the producers, who try once a minute.
    """

    folder: Path
    store: str
    looked_after: bool
    producers: "dict[str, subprocess.Popen[bytes]]" = field(default_factory=dict)
    """By name, which is that of their journal too."""
    started: int = 0
    agent: "subprocess.Popen[bytes] | None" = None

    def furnish(self) -> "Host":
        self.disk.mkdir(parents=True)
        self.journals.mkdir()
        self.mounted = mounted(self.disk)
        self.clock.write_text("0")
        return self

    def populate(self, runs: list[str]) -> None:
        """As many producers as there have to be, each about the next few of the runs."""
        self.producers = {name: each for name, each in self.producers.items() if each.poll() is None}
        if self.looked_after and (self.agent is None or self.agent.poll() is not None):
            self.agent = self.start("datatracing.agent", "--attend", os.getpid())
        while len(self.producers) < ALIVE:
            self.started += 1
            name, first = f"{self.folder.name}{self.started}", self.started % len(runs)
            about = [runs[(first + n) % len(runs)] for n in range(RUNS)]
            words = (self.journals / name, name, EVENTS, PAUSE, *about)
            self.producers[name] = self.start("tests.chaos.producer", *words)

    def speaking(self) -> "list[subprocess.Popen[bytes]]":
        """Producers that have emitted something and go on."""
        return [
            each for name, each in self.producers.items() if (self.journals / name).exists() and each.poll() is None
        ]

    def start(self, module: str, *arguments: object) -> "subprocess.Popen[bytes]":
        """A Python program in the environment of this host."""
        modest = MODEST if os.geteuid() == 0 and shutil.which(MODEST[0]) else ()
        command = [*modest, sys.executable, "-m", module, *map(str, arguments)]
        with (self.folder / "log").open("ab") as log:
            return subprocess.Popen(command, env=self.environment, cwd=REPOSITORY, stdout=log, stderr=log)

    def agents(self) -> list[psutil.Process]:
        return [each for each in psutil.process_iter() if _is_agent_of(each, str(self.spool))]

    def files_of(self, process: "subprocess.Popen[bytes]") -> list[Path]:
        """What a producer has open in the spool; nothing when it has ended."""
        found = []
        with suppress(FileNotFoundError):
            for link in Path(f"/proc/{process.pid}/fd").iterdir():
                with suppress(OSError):
                    found.append(link.readlink())
        return [path for path in found if self.spool in path.parents and path.is_file() and path.stat().st_size]

    def leave(self) -> None:
        """End what it started, and give its disk back."""
        for process in [*self.producers.values(), *self.agents(), *filter(None, [self.agent])]:
            with suppress(psutil.NoSuchProcess):
                process.send_signal(signal.SIGKILL)
                process.wait(10)
        if self.mounted:
            subprocess.run(["umount", "--lazy", self.disk], check=True)

    @property
    def disk(self) -> Path:
        return self.folder / "disk"

    @property
    def spool(self) -> Path:
        return self.disk / "spool"

    @property
    def journals(self) -> Path:
        return self.folder / "journals"

    @property
    def clock(self) -> Path:
        return self.folder / "clock"

    @property
    def environment(self) -> dict[str, str]:
        inherited = {key: value for key, value in os.environ.items() if not key.startswith(("AIRFLOW", "DATATRACING"))}
        ours = {
            "PYTHONPATH": os.pathsep.join([str(Path(__file__).with_name("clock")), str(REPOSITORY)]),
            "CHAOS_CLOCK": str(self.clock),
            "DATATRACING_STORE": self.store,
            "DATATRACING_SPOOL_DIR": str(self.spool),
            "DATATRACING_TOKEN": "chaos",
            "DATATRACING_RETRY_LIMIT": "2",
            "DATATRACING_SEND_TIMEOUT": "3",
        }
        return {**inherited, **ours}


def mounted(folder: Path) -> bool:
    """Whether it is a small disk of its own now; only root can have one."""
    command = ["mount", "-t", "tmpfs", "-o", f"size={DISK},mode=0700", "tmpfs", str(folder)]
    return os.geteuid() == 0 and subprocess.run(command, check=False, capture_output=True).returncode == 0


def _is_agent_of(process: psutil.Process, spool: str) -> bool:
    try:
        words = process.cmdline()[1:4]
        named = "datatracing.agent" in words or "agent" in words
        return named and process.environ().get("DATATRACING_SPOOL_DIR") == spool
    except psutil.Error:
        return False
