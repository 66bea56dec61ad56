"""One AIRFLOW_HOME: its settings on disk, and the environment its processes run in."""

import configparser
import io
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
DAGS = Path(__file__).with_name("dags")
PYTHON = Path(os.environ.get("DATATRACING_TEST_AIRFLOW_PYTHON", sys.executable))
"""The interpreter that has Airflow and DataTracing installed; another one than ours tests another Airflow."""

GRADED = ("dag_only", "dag_runs", "dag_tasks", "all_parts")
USERS = {"admin": "ADMIN", "guest": "VIEWER", **dict.fromkeys(GRADED, "VIEWER")}
"""Each user's password is the user's own name. The guest sees only the DAGs named in [rig] guest_dags; the graded ones
see more and more of a DAG (tests.airflow_rig.guests)."""


@dataclass(frozen=True)
class Home:
    """Where one Airflow lives. `settings` are `DATATRACING_*` variables; `overrides` go over the rig's airflow.cfg."""

    folder: Path
    port: int = 0
    metadata: str = ""
    """URL of Airflow's own database; a SQLite file in the folder when it is not said."""
    python: Path = PYTHON
    dags: Path = DAGS
    settings: Mapping[str, str] = field(default_factory=dict)
    overrides: Mapping[tuple[str, str], str] = field(default_factory=dict)

    @property
    def database(self) -> str:
        """URL of Airflow's own database."""
        return self.metadata or f"sqlite:///{self.folder}/airflow.db"

    @property
    def spool(self) -> Path:
        """Where captured events wait."""
        return Path(next(value for name, value in self.settings.items() if name.endswith("_SPOOL_DIR")))

    @property
    def url(self) -> str:
        """Where the api-server answers."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """Nothing of the caller's own Airflow or DataTracing comes through."""
        inherited = {key: value for key, value in os.environ.items() if not key.startswith(("AIRFLOW", "DATATRACING"))}
        return {
            **inherited,
            "PATH": f"{self.python.parent}{os.pathsep}{inherited.get('PATH', '')}",
            "PYTHONPATH": str(REPOSITORY),
            "AIRFLOW_HOME": str(self.folder),
            **self.settings,
        }

    def furnish(self) -> "Home":
        """Write the settings; the database is somebody else's to make."""
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "airflow.cfg").write_text(_config({**_options(self), **self.overrides}), encoding="utf-8")
        (self.folder / "passwords.json").write_text(_passwords(), encoding="utf-8")
        return self


def _passwords() -> str:
    return "{" + ", ".join(f'"{user}": "{user}"' for user in USERS) + "}"


def _config(options: Mapping[tuple[str, str], str]) -> str:
    config, text = configparser.RawConfigParser(), io.StringIO()
    for (section, option), value in options.items():
        if not config.has_section(section):
            config.add_section(section)
        config.set(section, option, value)
    config.write(text)
    return text.getvalue()


def _options(home: Home) -> dict[tuple[str, str], str]:
    return {
        ("core", "dags_folder"): str(home.dags),
        ("core", "executor"): "LocalExecutor",
        ("core", "parallelism"): "6",
        ("core", "load_examples"): "False",
        ("core", "dags_are_paused_at_creation"): "False",
        ("core", "killed_task_cleanup_time"): "1",
        ("core", "fernet_key"): "",
        ("core", "execution_api_server_url"): f"{home.url}/execution/",
        ("core", "auth_manager"): "tests.airflow_rig.guests.GuestsSeeLess",
        ("core", "simple_auth_manager_users"): ",".join(f"{user}:{role}" for user, role in USERS.items()),
        ("core", "simple_auth_manager_passwords_file"): str(home.folder / "passwords.json"),
        ("rig", "guest_dags"): "",
        ("database", "sql_alchemy_conn"): home.database,
        **({("database", "sql_alchemy_conn_async"): home.metadata} if home.metadata else {}),
        ("api", "base_url"): home.url,
        ("api", "secret_key"): "the other secret of the test rig",
        ("api_auth", "jwt_secret"): "a secret of the test rig, long enough for its algorithm to be content with it",
        ("scheduler", "scheduler_heartbeat_sec"): "1",
        ("scheduler", "scheduler_idle_sleep_time"): "0.2",
        ("scheduler", "task_instance_heartbeat_timeout"): "20",
        ("scheduler", "task_instance_heartbeat_timeout_detection_interval"): "2",
        ("scheduler", "trigger_timeout_check_interval"): "2",
        # More letters than Airflow allows by default: an installation may widen this pattern, and some do.
        ("scheduler", "allowed_run_id_pattern"): r"^[\w.~:+ -]+$",
        ("workers", "execution_api_timeout"): "30",
        ("workers", "min_heartbeat_interval"): "2",
        ("triggerer", "job_heartbeat_sec"): "1",
        ("dag_processor", "min_file_process_interval"): "3600",
        ("dag_processor", "refresh_interval"): "3600",
        # Airflow's own template makes a folder of each id, and no file system takes a name of 250 letters and more.
        ("logging", "log_filename_template"): "{{ ti.id }}/{{ try_number|default(ti.try_number) }}.log",
    }
