"""Two users, one spool: what belongs to the other is named, never "nothing waits"."""

import os
import pwd
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from datatracing.capture import CaptureSettings, Recorder
from datatracing.model.event import EventKind, Statement
from tests.sample_runs import NIGHT

NOBODY = pwd.getpwnam("nobody").pw_uid
LOOK = """
import os, sys
from pathlib import Path
from datatracing.capture.inventory import spool_status
from datatracing.ops import host
from datatracing.query.waiting import spooled
if os.geteuid() == 0:
    os.setgroups([])
    os.setuid(int(sys.argv[3]))
found = host.spool(Path(sys.argv[1]), spool_status, 0)
stage = spooled(Path(sys.argv[1]), sys.argv[2])
print(found.ok, "|", found.detail, "|", found.advice, "|", stage.status.value, "|", stage.says)
"""


@pytest.fixture
def spool():
    """With an event of NIGHT in it, at a place that everybody can reach."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        directory = Path(folder) / "spool"
        directory.mkdir()
        directory.chmod(0o777)
        recorder = Recorder(CaptureSettings(store="", spool_dir=directory))
        recorder.say(Statement(EventKind.STARTED, NIGHT))
        recorder.close()
        yield directory
        directory.chmod(0o777)


def as_another_user(directory):
    """What doctor and `why` say to somebody for whom these are closed."""
    command = [sys.executable, "-c", LOOK, str(directory), NIGHT.trace_id, str(NOBODY)]
    said = subprocess.run(command, capture_output=True, text=True, check=True, cwd="/").stdout
    return [part.strip() for part in said.split("|")]


def test_a_file_of_another_user_is_named_with_its_owner_and_what_to_do(spool):
    (file,) = spool.glob("*.spool")
    file.chmod(0)
    ok, detail, advice, status, says = as_another_user(spool)
    me = pwd.getpwuid(os.geteuid()).pw_name
    assert (ok, status) == ("False", "unknown")
    assert f"1 file is closed to this user and of user {me}" in detail
    assert "as that user" in advice
    assert f"is not known: 1 file is closed to this user and of user {me}" in says


def test_a_directory_of_another_user_is_named(spool):
    spool.chmod(0)
    ok, detail, advice, status, _ = as_another_user(spool)
    assert (ok, status) == ("False", "unknown")
    assert f"{spool} cannot be read by this user" in detail
    assert "DATATRACING_SPOOL_DIR" in advice
