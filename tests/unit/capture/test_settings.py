"""The settings of capture: plain values, and a spool directory that can be trusted."""

import os
import stat
import tempfile
from pathlib import Path

import pytest

from datatracing.capture.settings import CaptureSettings, default_spool_dir
from datatracing.errors import BadInputError


def test_everything_comes_from_the_environment(tmp_path):
    environ = {
        "DATATRACING_STORE": "sqlite:///x.db",
        "DATATRACING_NAMESPACE": "prod",
        "DATATRACING_SPOOL_DIR": str(tmp_path),
        "DATATRACING_TOKEN": "t",
        "DATATRACING_SPOOL_LIMIT": "1000",
        "DATATRACING_FAREWELL_TIMEOUT": "0.25",
        "DATATRACING_SAMPLE_RATE": "0.1",
    }
    settings = CaptureSettings.from_env(environ=environ)
    assert settings == CaptureSettings("sqlite:///x.db", "prod", tmp_path, "t", 1000, farewell_timeout=0.25)


def test_what_the_host_configures_wins_over_the_environment(tmp_path):
    environ = {"DATATRACING_STORE": "sqlite:///x.db", "DATATRACING_NAMESPACE": "prod"}
    settings = CaptureSettings.from_env({"store": "sqlite:///y.db", "namespace": None, "spool_dir": tmp_path}, environ)
    assert (settings.store, settings.namespace) == ("sqlite:///y.db", "prod")


@pytest.mark.parametrize("value", ["many", "-1", "0", "nan", "inf", "1e999"])
def test_a_limit_that_is_no_number_above_zero_is_named(tmp_path, value):
    with pytest.raises(BadInputError, match="DATATRACING_FAREWELL_TIMEOUT must be a number"):
        CaptureSettings.from_env({"spool_dir": tmp_path}, {"DATATRACING_FAREWELL_TIMEOUT": value})


def test_a_setting_that_does_not_exist_is_named():
    with pytest.raises(BadInputError, match="stroe"):
        CaptureSettings.from_env({"stroe": "sqlite:///x.db"}, {})


def test_law_7_settings_that_are_printed_show_no_secret(tmp_path):
    settings = CaptureSettings("postgresql://me:hunter2@host/db", token="s3cret", spool_dir=tmp_path)
    assert "hunter2" not in repr(settings)
    assert "s3cret" not in repr(settings)


def test_the_spool_is_in_the_users_state_directory_and_private(tmp_path):
    directory = default_spool_dir({"HOME": str(tmp_path)})
    assert directory == tmp_path / ".local" / "state" / "datatracing" / "spool"
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    assert default_spool_dir({"XDG_STATE_HOME": str(tmp_path / "x")}) == tmp_path / "x" / "datatracing" / "spool"
    assert default_spool_dir({"DATATRACING_SPOOL_DIR": "/somewhere"}) == Path("/somewhere")


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    """A temporary directory of this test, and a home that cannot be written: it is a file."""
    (tmp_path / "home").write_text("")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path / f"datatracing-{os.geteuid()}"


def test_without_a_home_the_spool_is_private_in_the_temporary_directory(tmp_path, temporary):
    environ = {"HOME": str(tmp_path / "home")}
    assert default_spool_dir(environ) == default_spool_dir(environ) == temporary
    assert stat.S_IMODE(temporary.stat().st_mode) == 0o700


def test_a_temporary_spool_that_others_can_open_is_refused(tmp_path, temporary):
    temporary.mkdir()
    temporary.chmod(0o777)
    with pytest.raises(BadInputError, match="DATATRACING_SPOOL_DIR"):
        default_spool_dir({"HOME": str(tmp_path / "home")})


def test_a_temporary_spool_that_points_elsewhere_is_refused(tmp_path, temporary):
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    temporary.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(BadInputError):
        default_spool_dir({"HOME": str(tmp_path / "home")})
