"""What doctor says about Prefect."""

import pytest

from datatracing_prefect.checks import active_profile, fastapi, findings, plugins, unreachable, version_of


def said(found):
    return {each.name: (each.ok, each.detail) for each in found}


def test_the_prefect_of_this_environment_is_fine():
    found = said(findings({}))
    assert found["prefect"][0]
    assert found["prefect plugin"] == (True, found["prefect plugin"][1])
    assert "a server of its own, which no watcher can follow" in found["prefect api"][1]
    assert "prefect server" not in found


def test_a_prefect_that_is_not_known_is_named_with_what_still_works():
    for version in ("3.6.29", "4.0.0"):
        finding = version_of(version)
        assert not finding.ok
        assert "3.7.7 or later, below 3.10" in finding.advice
        assert "datatracing prefect watch" in finding.advice


@pytest.mark.parametrize(
    ("prefect", "found", "trap"),
    [("3.8.8", "0.165.0", True), ("3.8.8", "0.150.0", False), ("3.9.1", "0.151.0", False), ("3.7.9", "0.151.1", True)],
)
def test_the_fastapi_that_breaks_prefects_server_is_named(prefect, found, trap):
    assert [each.advice for each in fastapi(prefect, found)] == ["pip install 'fastapi<0.151'"] * trap


def test_plugins_are_found_in_the_environment_and_in_prefects_profile():
    assert "every flow is traced" in plugins({"PREFECT_PLUGINS_ENABLED": "true"}, {}).detail
    assert "every flow is traced" in plugins({}, {"PREFECT_PLUGINS_ENABLED": "1"}).detail
    assert "flows with @traced are traced" in plugins({}, {}).detail


def test_the_active_profile_is_read_from_prefects_file(tmp_path):
    profiles = tmp_path / "profiles.toml"
    environ = {"PREFECT_HOME": str(tmp_path)}
    assert active_profile(environ) == {}
    profiles.write_text('active = "a"\n[profiles.a]\nPREFECT_API_URL = "u"\n[profiles.b]\nPREFECT_X = 1\n')
    assert active_profile(environ) == {"PREFECT_API_URL": "u"}
    assert active_profile({**environ, "PREFECT_PROFILE": "b"}) == {"PREFECT_X": "1"}
    profiles.write_text("no toml")
    assert active_profile({"PREFECT_PROFILES_PATH": str(profiles)}) == {}


def test_an_api_that_does_not_answer_is_named_without_its_password():
    url = "http://me:hunter2@127.0.0.1:9/api"
    assert unreachable("http://127.0.0.1:9/api")
    assert unreachable("no url") != ""
    found = said(findings({"PREFECT_API_URL": url}))
    assert not found["prefect api"][0]
    assert "hunter2" not in found["prefect api"][1]
