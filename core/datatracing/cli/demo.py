"""`datatracing demo`: hand over to the orchestrator's own demonstration. Core never imports an orchestrator."""

import os
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from datatracing.errors import MissingExtraError

KEEP = typer.Option(help="Leave Airflow running afterwards, until Ctrl-C.")
FOLDER = typer.Option(help="Where Airflow's files and the store are kept.")


def demo(keep: Annotated[bool, KEEP] = False, folder: Annotated[Path, FOLDER] = Path(".demo")) -> None:
    """Run the example DAGs in a real, throw-away Airflow and show their traces."""
    if find_spec("airflow") is None:
        raise MissingExtraError("Airflow is not installed: pip install 'datatracing[airflow]'")
    call = [sys.executable, "-m", "datatracing_airflow.demo", "--folder", str(folder), *(["--keep"] if keep else [])]
    # The demonstration takes this process over, so that a Ctrl-C reaches it alone and it stops what it started.
    os.execv(sys.executable, call)  # noqa: S606  # our own interpreter and our own words
