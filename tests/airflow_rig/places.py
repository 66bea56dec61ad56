"""Where clusters of one test session stand: free ports, folders, and one blank database for all of them."""

import os
import socket
from pathlib import Path

import pytest


def free_port() -> int:
    """A port that nobody listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def shared_folder(factory: pytest.TempPathFactory) -> Path:
    """One folder for all workers of this session."""
    base = factory.getbasetemp()
    return base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base
