"""One AIRFLOW_HOME: settings on disk, a metadata database that was migrated once and is copied from then on."""

import configparser
import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
DAGS = Path(__file__).with_name("dags")
PYTHON = Path(os.environ.get("DATATRACING_TEST_AIRFLOW_PYTHON", sys.executable))
"""The interpreter that has Airflow and DataTracing installed; another one than ours tests another Airflow."""

USERS = {"admin": "ADMIN", "guest": "VIEWER"}
"""Each user's password is the user's own name. The guest sees only the DAGs named in [rig] guest_dags."""

MIGRATE = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute('PRAGMA journal_mode=WAL')"


@dataclass(frozen=True)
class Home:
    """Where one Airflow lives. `settings` are `DATATRACING_*` variables; `overrides` go over the rig's airflow.cfg."""

    folder: Path
    port: int = 0
    python: Path = PYTHON
    dags: Path = DAGS
    settings: Mapping[str, str] = field(default_factory=dict)
    overrides: Mapping[tuple[str, str], str] = field(default_factory=dict)

    @property
    def database(self) -> Path:
        """Airflow's metadata database."""
        return self.folder / "airflow.db"

    @property
    def url(self) -> str:
        """Where the api-server answers."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """Nothing of the caller's own Airflow or DataTracing comes through."""
        inherited = {key: value for key, value in os.environ.items() if not key.startswith(("AIRFLOW", "DATATRACING"))}
        path = f"{self.python.parent}{os.pathsep}{inherited.get('PATH', '')}"
        return {
            **inherited,
            "PATH": path,
            "PYTHONPATH": str(REPOSITORY),
            "AIRFLOW_HOME": str(self.folder),
            **self.settings,
        }

    def furnish(self, cache: Path) -> "Home":
        """Write the settings and lay the database; `cache` is shared by everyone who tests this Airflow."""
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "airflow.cfg").write_text(_config(self), encoding="utf-8")
        (self.folder / "passwords.json").write_text(_passwords(), encoding="utf-8")
        shutil.copyfile(migrated_database(self, cache), self.database)
        return self


def migrated_database(home: Home, cache: Path) -> Path:
    """A fresh metadata database of this Airflow. Migrating takes seconds, so the first one to ask does it for all."""
    cache.mkdir(parents=True, exist_ok=True)
    blank = cache / f"{home.python.as_posix().replace('/', '_')}.db"
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not blank.exists():
            _migrate(home)
            home.database.rename(blank)
    return blank


def _migrate(home: Home) -> None:
    _run(home, "-m", "airflow", "db", "migrate")
    # Readers that never wait for a writer: scheduler, api-server and the oracle all look at this one file.
    _run(home, "-c", MIGRATE, str(home.database))


def _run(home: Home, *arguments: str) -> None:
    done = subprocess.run(
        [str(home.python), *arguments], env=home.environment, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr


def _passwords() -> str:
    return "{" + ", ".join(f'"{user}": "{user}"' for user in USERS) + "}"


def _config(home: Home) -> str:
    config = configparser.RawConfigParser()
    for (section, option), value in {**_settings(home), **home.overrides}.items():
        if not config.has_section(section):
            config.add_section(section)
        config.set(section, option, value)
    with (home.folder / "airflow.cfg").open("w+", encoding="utf-8") as file:
        config.write(file)
        file.seek(0)
        return file.read()


def _settings(home: Home) -> dict[tuple[str, str], str]:
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
        ("database", "sql_alchemy_conn"): f"sqlite:///{home.database}",
        ("api", "base_url"): home.url,
        ("api", "secret_key"): "rig",
        ("api_auth", "jwt_secret"): "a secret of the test rig, long enough for its algorithm to be content with it",
        ("scheduler", "scheduler_heartbeat_sec"): "1",
        ("scheduler", "scheduler_idle_sleep_time"): "0.2",
        ("scheduler", "task_instance_heartbeat_timeout"): "20",
        ("scheduler", "task_instance_heartbeat_timeout_detection_interval"): "2",
        ("scheduler", "trigger_timeout_check_interval"): "2",
        # One more letter than Airflow allows by default: an installation may widen this pattern, and some do.
        ("scheduler", "allowed_run_id_pattern"): r"^[\w.~:+/ -]+$",
        ("workers", "execution_api_timeout"): "30",
        ("workers", "min_heartbeat_interval"): "2",
        ("triggerer", "job_heartbeat_sec"): "1",
        ("dag_processor", "min_file_process_interval"): "3600",
        ("dag_processor", "refresh_interval"): "3600",
        # Airflow's own template makes one folder of each id, and a file system takes no name of 250 letters with more.
        ("logging", "log_filename_template"): "{{ ti.id }}/{{ try_number|default(ti.try_number) }}.log",
    }
