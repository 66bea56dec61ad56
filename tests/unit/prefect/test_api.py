"""Who may read traces in Prefect's server."""

import base64

import pytest

from datatracing_prefect.api import Installation, knows


def basic(text):
    return "Basic " + base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize("password", ["admin:secret", "admin:with:colons", "ädmin:ü ü"])
def test_whoever_says_the_password_knows_it(password):
    assert knows(basic(password), password)


@pytest.mark.parametrize(
    "header",
    ["", "Basic", "Basic ", "Basic !!", basic("admin:secre"), basic("admin:secrets"), "Bearer admin:secret",
     "Basic admin:secret", basic("ü"), "Basic \u00fc"],
)  # fmt: skip
def test_nobody_else_does(header):
    assert not knows(header, "admin:secret")


def test_the_pipelines_of_one_prefect_are_all_of_its_namespace_and_no_others():
    visible = Installation.of("here")
    assert ("prefect", "here", "any flow") in visible
    assert ("prefect", "there", "any flow") not in visible
    assert ("airflow", "here", "any flow") not in visible
    assert "prefect" not in visible
    assert visible
