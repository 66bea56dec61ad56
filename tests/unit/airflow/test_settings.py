"""Where the plugin, the command line and the agent find one and the same setting."""

import subprocess
import sys
import traceback

import pytest

from datatracing.capture.settings import ELSEWHERE
from datatracing.errors import BadInputError
from datatracing.settings import Settings
from datatracing_airflow.settings import capture_settings, places

STORE = "postgresql://worker:pw@db/traces"


@pytest.fixture
def cfg(tmp_path, monkeypatch):
    """Writes an airflow.cfg that Airflow would find."""
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("DATATRACING_STORE", "AIRFLOW_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AIRFLOW_HOME", str(tmp_path))
    # Where another test has loaded Airflow, its configuration is of another home.
    monkeypatch.delitem(sys.modules, "airflow.configuration", raising=False)

    def write(text):
        file = tmp_path / "airflow.cfg"
        file.write_text(text)
        return file

    return write


def test_airflows_file_its_environment_and_ours_win_in_this_order(cfg, monkeypatch):
    file = cfg("[datatracing]\nstore = sqlite:////file\n")
    assert (Settings().store, Settings().where("store")) == ("sqlite:////file", f"store in [datatracing] of {file}")
    monkeypatch.setenv("AIRFLOW__DATATRACING__STORE", "sqlite:////airflow")
    assert (Settings().store, Settings().where("store")) == ("sqlite:////airflow", "AIRFLOW__DATATRACING__STORE")
    monkeypatch.setenv("DATATRACING_STORE", "sqlite:////ours")
    assert (Settings().store, Settings().where("store")) == ("sqlite:////ours", "DATATRACING_STORE")
    assert Settings(store="sqlite:////given").store == "sqlite:////given"


@pytest.mark.parametrize("named", ["AIRFLOW_CONFIG", "AIRFLOW_HOME", "HOME"])
def test_the_file_is_found_as_airflow_finds_it(named, tmp_path, monkeypatch, cfg):
    monkeypatch.delenv("AIRFLOW_HOME")
    folder = tmp_path / "airflow" if named == "HOME" else tmp_path / "elsewhere"
    folder.mkdir()
    (folder / "airflow.cfg").write_text("[datatracing]\nnamespace = found\n")
    if named != "HOME":
        monkeypatch.setenv(named, "~/elsewhere" if named == "AIRFLOW_HOME" else "$HOME/elsewhere/airflow.cfg")
    assert Settings().namespace == "found"


@pytest.mark.parametrize(
    "text",
    [
        "[datatracing]\nstore = sqlite:////a\nstore = sqlite:////b\n",
        "[datatracing]\nstore = sqlite:////a\n[datatracing]\n",
        "[core]\nx = 1\n[datatracing\nstore = sqlite:////a\n",
        "[datatracing]\nstore postgresql://u:50%off@h/d\n",
        "postgresql://u:50%off@h/d\n[datatracing]\n",
        "store = sqlite:////a\n",
        "[datatracing]\nstore = postgresql://u:50%off@h/d\n",
    ],
)
def test_a_file_that_cannot_be_understood_is_an_error_and_not_another_store(cfg, text):
    file = cfg(text)
    with pytest.raises(BadInputError, match=f"{file} cannot be read") as raised:
        Settings()
    assert "off" not in "".join(traceback.format_exception(raised.value)).replace(str(file), "").partition("Error: ")[2]


def test_a_value_that_does_not_fit_names_its_place(cfg):
    file = cfg("[datatracing]\nsample_rate = often\n")
    with pytest.raises(BadInputError, match=f"sample_rate in .datatracing. of {file} does not fit: "):
        Settings()


def test_a_command_may_print_the_store(cfg):
    cfg(f"[datatracing]\nstore_cmd = echo {STORE}\n")
    assert Settings().store == STORE


def test_a_command_that_fails_says_so_and_never_what_it_printed(cfg):
    file = cfg("[datatracing]\ntoken_cmd = sh -c 'echo half-a-secret; exit 3'\n")
    with pytest.raises(BadInputError, match="ended with 3") as raised:
        Settings()
    assert f"token_cmd in [datatracing] of {file}" in str(raised.value)
    assert "half-a-secret" not in str(raised.value)


def test_law1_a_hook_runs_no_command_for_a_setting(cfg, tmp_path):
    cfg(f"[datatracing]\nstore_cmd = touch {tmp_path}/ran\nnamespace = mine\n")
    settings = capture_settings()
    assert (settings.store, settings.namespace) == (ELSEWHERE, "mine")
    assert not (tmp_path / "ran").exists()
    assert "DATATRACING_STORE" not in settings.environ(), "the agent that is started from here asks for itself"


def test_a_token_from_elsewhere_makes_the_agent_ask_for_the_store_too(cfg):
    cfg("[datatracing]\nstore = https://host/x\ntoken_cmd = echo t\n")
    settings = capture_settings()
    assert (settings.store, settings.token) == (ELSEWHERE, "")


def test_a_process_that_sends_for_itself_asks_for_itself(cfg):
    cfg("[datatracing]\nship = self\nstore_cmd = echo https://host/x\ntoken_cmd = echo t\n")
    settings = capture_settings()
    assert (settings.store, settings.token) == ("https://host/x", "t")


def test_a_plain_value_wins_over_a_command_and_a_command_over_a_secrets_backend(cfg):
    cfg(
        "[datatracing]\nstore = sqlite:////plain\nstore_cmd = false\nstore_secret = x\n"
        "token_cmd = echo t\ntoken_secret=x\n"
    )
    assert (Settings().store, Settings().token.get_secret_value()) == ("sqlite:////plain", "t")


def test_the_plugin_reads_the_same_from_a_loaded_airflow_as_the_command_line_without_one(cfg):
    cfg(
        "[DEFAULT]\nhost = db\n[datatracing]\nstore = postgresql://u:50%%off@%(host)s/$NAME\n"
        "namespace = ~x/${NAME}\nspool_limit = 1000000\n"
    )
    script = (
        "import os, sys; os.environ['NAME'] = 'n'; import datatracing_airflow.settings as s\n"
        "before = {k: v.read() for k, v in s.merged(s.places()).items()}; light = 'airflow' not in sys.modules\n"
        "import airflow.configuration as c\n"
        "after = {k: v.read() for k, v in s.merged(s.places()).items()}\n"
        "theirs = {k: c.conf.get('datatracing', k) for k in after}\n"
        "print(light, before == after == theirs, before['store'])"
    )
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ended.stdout.splitlines()[-1] == "True True postgresql://u:50%off@db/n"


def test_without_a_place_nothing_is_said(cfg):
    assert places({}) == [{}, {}]
