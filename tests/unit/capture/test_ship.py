"""Who sends: known from what orchestrators set in the containers that they make for one task or one run."""

import pytest

from datatracing.capture import CaptureSettings
from datatracing.capture import settings as module
from datatracing.capture.settings import AGENT, SELF, default_ship


@pytest.fixture
def first(tmp_path, monkeypatch):
    """The environment of a container's first process."""
    path = tmp_path / "environ"
    begun = module._begun_for_a_run
    monkeypatch.setattr(module, "_begun_for_a_run", lambda: begun(path))
    return path


@pytest.mark.parametrize("name", ["AIRFLOW_IS_K8S_EXECUTOR_POD", "DAGSTER_RUN_JOB_NAME"])
def test_a_container_for_one_task_or_run_is_known_by_its_variable(name):
    assert default_ship({name: "x"}) == SELF
    assert default_ship({name: ""}) == default_ship({}) == AGENT


def test_a_flow_in_a_container_of_its_own_sends_itself(first):
    first.write_bytes(b"PATH=/bin\0PREFECT__FLOW_RUN_ID=01\0")
    assert default_ship({"PREFECT__FLOW_RUN_ID": "01"}) == SELF


def test_a_flow_that_a_worker_runs_in_its_own_container_leaves_it_to_the_agent(first):
    first.write_bytes(b"PATH=/bin\0KUBERNETES_SERVICE_HOST=10.0.0.1\0")
    assert default_ship({"PREFECT__FLOW_RUN_ID": "01"}) == AGENT


def test_a_flow_on_a_host_whose_first_process_nobody_may_look_at_leaves_it_to_the_agent(first):
    assert default_ship({"PREFECT__FLOW_RUN_ID": "01"}) == AGENT


def test_a_person_knows_better(tmp_path):
    environ = {"DAGSTER_RUN_JOB_NAME": "shop", "DATATRACING_SHIP": "agent"}
    assert CaptureSettings.from_env({"spool_dir": tmp_path}, environ).ship == AGENT
