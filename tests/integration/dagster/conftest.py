"""Runs that are played once for all tests of this folder."""

import pytest

from tests.dagster_rig.home import Home


@pytest.fixture
def home(tmp_path, sqlite_url):
    """An instance with no runs, and a store with no traces."""
    settings = {"DATATRACING_STORE": sqlite_url, "DATATRACING_SPOOL_DIR": str(tmp_path / "spool")}
    return Home(tmp_path / "dagster", settings).furnish()
