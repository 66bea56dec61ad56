"""`datatracing demo`: hand over to the demonstrations of the orchestrators that are installed."""

import os
import sys
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from datatracing.errors import BadInputError, MissingExtraError

NAMES = typer.Argument(metavar="[airflow|dagster|prefect]...", help="Which ones; by default all that are installed.")
KEEP = typer.Option(help="Leave the last orchestrator running afterwards, until Ctrl-C.")
FOLDER = typer.Option(help="Where the orchestrators' files and the store are kept.")


def demo(
    names: Annotated[list[str] | None, NAMES] = None,
    *,
    keep: Annotated[bool, KEEP] = False,
    folder: Annotated[Path, FOLDER] = Path(".demo"),
) -> None:
    """Run the examples in real, throw-away orchestrators and show their traces."""
    chosen = _chosen(names or [])
    call = [sys.executable, "-m", "datatracing.demo", "--folder", str(folder), *(["--keep"] if keep else []), *chosen]
    # The demonstration takes this process over, so that a Ctrl-C reaches it alone and it stops what it started.
    os.execv(sys.executable, call)  # noqa: S606  # our own interpreter and our own words


def _chosen(names: list[str]) -> list[str]:
    known = sorted(entry_points(group="datatracing.demos").names)
    if unknown := set(names) - set(known):
        raise BadInputError(f"there is no demonstration of {min(unknown)!r}, only of {', '.join(known)}")
    missing = [name for name in names or known if find_spec(name) is None]
    if names and missing:
        raise MissingExtraError(f"{missing[0]} is not installed: pip install 'datatracing[{missing[0]}]'")
    chosen = [name for name in names or known if name not in missing]
    if not chosen:
        raise MissingExtraError(
            "no orchestrator is installed: pip install 'datatracing[airflow]', [dagster] or [prefect]"
        )
    return chosen
