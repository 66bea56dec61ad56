"""An Airflow to throw away: its own home, SQLite metadata, free ports."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from secrets import token_hex

from datatracing.demo.processes import Programs, free_port

COMPONENTS = {
    "api-server": (),
    "dag-processor": (),
    # Its server for task logs would listen to other machines, and everything is on this one.
    "scheduler": ("--skip-serve-logs",),
}
"""In the order of their start, with their options. The first one ends last: tasks that are ending report to it."""


@dataclass(frozen=True)
class Installation:
    """Where one Airflow lives and how it is configured."""

    home: Path
    dags: Path
    port: int = field(default_factory=free_port)
    secret: str = field(default_factory=partial(token_hex, 64), repr=False)

    @property
    def url(self) -> str:
        """Where the api-server listens: this machine only."""
        return f"http://127.0.0.1:{self.port}"

    def variables(self) -> dict[str, str]:
        """Airflow's configuration as environment variables."""
        return {"AIRFLOW_HOME": str(self.home)} | {
            f"AIRFLOW__{section.upper()}__{key.upper()}": value
            for section, pairs in self._options().items()
            for key, value in pairs.items()
        }

    def _options(self) -> Mapping[str, Mapping[str, str]]:
        return {
            "core": {
                "dags_folder": str(self.dags),
                "load_examples": "False",
                "dags_are_paused_at_creation": "False",
                "executor": "LocalExecutor",
                "parallelism": "4",
                "execution_api_server_url": f"{self.url}/execution/",
                "simple_auth_manager_all_admins": "True",
            },
            "database": {"sql_alchemy_conn": f"sqlite:///{self.home / 'airflow.db'}"},
            "api": {"host": "127.0.0.1", "port": str(self.port), "base_url": self.url, "workers": "1"},
            # Without a shared secret each process makes up its own, and tasks cannot report.
            "api_auth": {"jwt_secret": self.secret},
            "scheduler": {"scheduler_idle_sleep_time": "0.2"},
        }

    def migrate(self, programs: Programs) -> None:
        """Create Airflow's own tables."""
        programs.run("migrate", airflow("db", "migrate"))

    def start(self, programs: Programs) -> None:
        """All components."""
        for component, options in COMPONENTS.items():
            programs.start(component, airflow(component, *options))


def airflow(*words: str) -> list[str]:
    """The command line of the Airflow that is installed beside us."""
    return [sys.executable, "-m", "airflow", *words]
