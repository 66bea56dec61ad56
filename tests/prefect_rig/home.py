"""A Prefect home: a folder with its own database, a real server on it, and programs that run in it."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext, redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass, field
from functools import cached_property, partial
from http import HTTPStatus
from io import StringIO
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from prefect import settings
from prefect.settings import temporary_settings

from datatracing.cli.app import run
from datatracing.demo.processes import Programs, free_port
from datatracing.demo.stage import without_hosts
from datatracing_prefect.demo.story import healthy, prefect

REPOSITORY = Path(__file__).parents[2]
PATIENCE = 240
"""Seconds for a server to start or a program to end, on a machine that has other things to do."""
READ_BY_COMMANDS = ("PREFECT_API_URL", "PREFECT_API_AUTH_STRING")
QUIET = {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_UI_ENABLED": "false",
    "PREFECT_LOGGING_TO_API_ENABLED": "false",
    "PREFECT_LOGGING_LEVEL": "ERROR",
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": str(PATIENCE),
    "PREFECT_RUNNER_POLL_FREQUENCY": "1",
    # In bundles, once a second: by default a server stands in its own way, and clients wait 2 s to try again.
    "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_BATCH_SIZE": "500",
    "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_FLUSH_INTERVAL": "1",
}


@dataclass
class Home:
    """`settings` are ours and more of Prefect's, as environment variables."""

    folder: Path
    settings: Mapping[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)

    @property
    def database(self) -> Path:
        """The server's SQLite file."""
        return self.folder / "prefect.db"

    @property
    def api(self) -> str:
        """Where the server answers."""
        return f"http://127.0.0.1:{self.port}/api"

    @property
    def spool(self) -> Path:
        """Where flows of this home leave what they say."""
        return Path(self.settings["DATATRACING_SPOOL_DIR"])

    @property
    def environment(self) -> dict[str, str]:
        """Of every process in this home; a setting that is empty is not there."""
        own = {"PREFECT_HOME": str(self.folder), "PREFECT_API_URL": self.api, "PYTHONPATH": str(REPOSITORY)}
        said = {**without_hosts(os.environ), **QUIET, **own, **self.settings}
        return {name: value for name, value in said.items() if value}

    @cached_property
    def programs(self) -> Programs:
        """What was started here and must be stopped; each one's log is in the folder."""
        self.folder.mkdir(parents=True, exist_ok=True)
        return Programs(self.folder, self.environment)

    def open(self) -> "Home":
        """With a server that answers; Prefect makes its tables itself."""
        self.programs.start("server", prefect("server", "start", "--host", "127.0.0.1", "--port", str(self.port)))
        self.programs.wait("Prefect", partial(healthy, self.port), PATIENCE)
        return self

    def close(self) -> None:
        """Stop everything that was started here."""
        self.programs.stop()

    def beside(self, **settings: str) -> "Home":
        """The same server, seen by programs with further settings; closed by whoever opened it."""
        return Home(self.folder, {**self.settings, **settings}, self.port)

    def call(self, *words: str, check: bool = True, patience: float = PATIENCE) -> "subprocess.CompletedProcess[str]":
        """`python -m` these words, to the end."""
        return subprocess.run(
            [sys.executable, "-m", *words],
            env=self.environment,
            cwd=REPOSITORY,
            capture_output=True,
            text=True,
            check=check,
            timeout=patience,
        )

    @contextmanager
    def begin(self, *words: str) -> "Iterator[subprocess.Popen[str]]":
        """`python -m` these words; what still runs when the block ends is killed."""
        started = subprocess.Popen(
            [sys.executable, "-m", *words],
            env=self.environment,
            cwd=REPOSITORY,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )
        with started:
            try:
                yield started
            finally:
                with suppress(ProcessLookupError):
                    os.killpg(started.pid, signal.SIGKILL)

    def play(self, *flows: str) -> dict[str, str]:
        """The run ids by flow."""
        printed = self.call("tests.prefect_rig.play", *flows, check=False)
        runs = dict(line.split() for line in printed.stdout.splitlines() if len(line.split()) == 2)
        assert set(flows) <= set(runs), printed.stdout[-1_000:] + printed.stderr[-3_000:]
        return runs

    def datatracing(self, *words: str) -> str:
        """What a command of ours prints. It runs in this process, which saves the seconds of a start."""
        said, complaints = StringIO(), StringIO()
        known = self._known_to_prefect() if words[0] == "prefect" else nullcontext()
        with known, patch.dict(os.environ, self.settings), redirect_stdout(said), redirect_stderr(complaints):
            code = run([*words])
        assert code == 0, said.getvalue() + complaints.getvalue()
        return said.getvalue()

    def _known_to_prefect(self) -> AbstractContextManager[Any]:
        """Prefect reads its environment once, ours is read by each command."""
        return temporary_settings({getattr(settings, name): self.environment.get(name) for name in READ_BY_COMMANDS})

    def ask(self, path: str, body: Mapping[str, Any]) -> Any:
        """What Prefect's API answers. A server whose SQLite file is locked asks to come again, and did nothing yet."""
        request = Request(self.api + path, json.dumps(body).encode(), {"Content-Type": "application/json"})
        while True:
            try:
                with urlopen(request, timeout=PATIENCE) as answer:
                    return json.load(answer)
            except HTTPError as error:  # for ever: then the test's own time is over
                if error.code != HTTPStatus.SERVICE_UNAVAILABLE:
                    raise
            time.sleep(1)

    def mark(self, run_id: str, state: str) -> None:
        """As the menu in Prefect's UI does."""
        self.ask(f"/flow_runs/{run_id}/set_state", {"state": {"type": state, "message": "by hand"}, "force": True})
