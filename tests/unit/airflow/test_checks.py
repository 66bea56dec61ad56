"""What `doctor` says about an Airflow."""

from datatracing_airflow import checks


def test_airflow_is_asked_for_its_version_its_plugin_and_its_store(tmp_path):
    found = checks.findings({"DATATRACING_STORE": "sqlite:///x"})
    assert [(each.name, each.ok) for each in found] == [("airflow", True), ("plugin", True), ("airflow store", True)]


def test_airflow_without_a_store_says_where_to_set_it(tmp_path):
    store = checks.findings({"AIRFLOW_HOME": str(tmp_path)})[-1]
    assert (store.ok, store.advice) == (False, "set one of them for Airflow's processes: without it the plugin is off")


def test_a_store_in_airflows_own_configuration_counts(tmp_path):
    file = tmp_path / "airflow.cfg"
    file.write_text("[core]\nx = %(odd\n[datatracing]\nstore = sqlite:///x\n")
    store = checks.findings({"AIRFLOW_HOME": str(tmp_path)})[-1]
    assert (store.ok, store.detail) == (True, f"store in [datatracing] of {file} names the store")


def test_a_configuration_that_cannot_be_read_is_not_one_without_a_store(tmp_path):
    (tmp_path / "airflow.cfg").write_text("[datatracing\nstore = sqlite:///x\n")
    store = checks.findings({"AIRFLOW_HOME": str(tmp_path)})[-1]
    assert (store.ok, "cannot be read" in store.detail) == (False, True)


def test_an_old_airflow_is_told_what_works_with_it():
    assert checks.version_of("3.3.2").ok
    assert not checks.version_of("3.0.6").ok
    assert checks.version_of("2.11.2").advice == "upgrade to Airflow 3.1 or later"
