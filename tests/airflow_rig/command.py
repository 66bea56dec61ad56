"""Our own command line, run as a person next to this Airflow would run it."""

import json
import subprocess
from typing import Any

from tests.airflow_rig.home import Home


def datatracing(home: Home, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """`datatracing ...` with the environment of the home, whatever its exit code."""
    command = [str(home.python.with_name("datatracing")), *arguments]
    return subprocess.run(command, env=home.environment, capture_output=True, text=True, check=False, timeout=300)


def document(home: Home, verb: str, run: str) -> dict[str, Any]:
    """What `trace` or `why` says about a run, as JSON."""
    done = datatracing(home, verb, run, "--json")
    assert done.returncode == 0, f"{verb} {run}: exit code {done.returncode}\n{done.stdout}{done.stderr}"
    return json.loads(done.stdout)
