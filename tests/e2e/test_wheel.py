"""The distribution as a user gets it: built, installed beside its dependencies, away from the checkout."""

import os
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

from datatracing import __version__

REPOSITORY = Path(__file__).parents[2]
pytestmark = pytest.mark.xdist_group("wheel")  # one build for all of them


def call(*words, **options):
    ended = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False, **options)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def build(target, source, folder):
    call(sys.executable, "-m", "hatchling", "build", "-t", target, "-d", folder, cwd=source)
    [built] = folder.iterdir()
    return built


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    return build("wheel", REPOSITORY, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def sdist(tmp_path_factory):
    return build("sdist", REPOSITORY, tmp_path_factory.mktemp("sdist"))


@pytest.fixture(scope="module")
def python(wheel, tmp_path_factory):
    """An interpreter with the wheel; its dependencies are looked up where the tests have theirs, DataTracing is not."""
    home = tmp_path_factory.mktemp("installed")
    venv.create(home, with_pip=False)
    inside = home / "bin" / "python"
    call(sys.executable, "-m", "pip", "--python", inside, "install", "--quiet", "--no-deps", "--no-index", wheel)
    [packages] = home.glob("lib/python*/site-packages")
    # A path named in a .pth file is searched, but .pth files in it (the checkout's) are not read.
    (packages / "dependencies.pth").write_text(sysconfig.get_paths()["purelib"])
    return inside


@pytest.fixture
def elsewhere(tmp_path):
    """Settings that point nowhere near the checkout."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "DATATRACING"))}
    return {
        "cwd": tmp_path,
        "env": inherited | {"AIRFLOW_HOME": str(tmp_path), "DATATRACING_STORE": f"sqlite:///{tmp_path / 'traces.db'}"},
    }


def test_the_package_and_the_distribution_have_one_version():
    assert f'\nversion = "{__version__}"\n' in (REPOSITORY / "pyproject.toml").read_text()


def test_the_wheel_holds_every_package_its_types_migrations_and_the_examples(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())

    assert {name.split("/")[0] for name in names if not name.split("/")[0].endswith(".dist-info")} == {
        "datatracing",
        "datatracing_airflow",
        "datatracing_dagster",
        "datatracing_migrations",
        "datatracing_prefect",
    }
    assert {
        "datatracing/py.typed",
        "datatracing_airflow/py.typed",
        "datatracing_airflow/demo/dags/shop.py",
        "datatracing_dagster/py.typed",
        "datatracing_dagster/demo/example/shop.py",
        "datatracing_prefect/py.typed",
        "datatracing_prefect/demo/example/shop.py",
        "datatracing_migrations/env.py",
        "datatracing_migrations/script.py.mako",
        f"datatracing-{__version__}.dist-info/licenses/LICENSE",
    } <= names
    assert any(name.startswith("datatracing_migrations/versions/") for name in names)


def test_a_wheel_built_from_the_sdist_holds_the_same_files(wheel, sdist, tmp_path):
    with tarfile.open(sdist) as archive:
        # Python 3.14's default, asked for where it is known; without it 3.12 and 3.13 warn.
        archive.extraction_filter = getattr(tarfile, "data_filter", None)
        archive.extractall(tmp_path / "source")
    [source] = (tmp_path / "source").iterdir()

    again = build("wheel", source, tmp_path / "again")

    assert sorted(zipfile.ZipFile(again).namelist()) == sorted(zipfile.ZipFile(wheel).namelist())


def test_the_sdist_holds_what_a_packager_needs_to_run_the_tests(sdist):
    with tarfile.open(sdist) as archive:
        names = {name.split("/", 1)[1] for name in archive.getnames() if "/" in name}

    assert {"Makefile", "LICENSE", "README.md", "constraints/airflow-3.3.txt", "tests/e2e/test_wheel.py"} <= names


def test_the_installed_command_says_its_version(python, elsewhere):
    assert __version__ in call(python.parent / "datatracing", "--version", **elsewhere)


def test_the_installed_code_is_the_wheels_and_not_the_checkouts(python, elsewhere):
    script = "import datatracing, datatracing_airflow, datatracing_migrations as m; print(m.__file__)"

    assert Path(call(python, "-c", script, **elsewhere).strip()).is_relative_to(python.parents[1])


def test_migrations_run_from_the_wheel(python, elsewhere):
    command = python.parent / "datatracing"

    call(command, "db", "upgrade", **elsewhere)

    call(command, "db", "check", **elsewhere)


def test_airflow_finds_the_plugin_of_the_wheel(python, elsewhere):
    listed = call(python, "-m", "airflow", "plugins", "--output", "json", **elsewhere)

    assert '"datatracing"' in listed
    assert "datatracing_airflow" in listed


def test_the_example_dags_are_found_where_the_wheel_put_them(python, elsewhere):
    script = "from datatracing_airflow.demo.story import example_dags; print(example_dags())"

    dags = Path(call(python, "-c", script, **elsewhere).strip())

    assert dags.is_relative_to(python.parents[1])
    assert (dags / "shop.py").is_file()
