"""One real Prefect server for all tests of this folder that one process runs.

Two processes share the folder: the group `prefect` has what is played and watched, `prefect-apart` what goes wrong.
"""

import shutil

import pytest

from tests import agents
from tests.prefect_rig.home import Home


@pytest.fixture(scope="session")
def prefect_server(tmp_path_factory):
    """A home with a server that answers, and no store of ours in its settings."""
    home = Home(tmp_path_factory.mktemp("prefect"))
    try:
        yield home.open()
    finally:
        home.close()
        shutil.rmtree(home.folder, ignore_errors=True)


@pytest.fixture
def home(prefect_server, tmp_path, sqlite_url):
    """The same server, seen by programs with a store without traces and a spool of their own."""
    settings = {"DATATRACING_STORE": sqlite_url, "DATATRACING_SPOOL_DIR": str(tmp_path / "spool")}
    yield prefect_server.beside(**settings)
    agents.end(tmp_path / "spool")
