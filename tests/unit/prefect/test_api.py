"""Who may read traces in Prefect's server."""

import base64

import pytest
from fastapi import Request

from datatracing.model.run import RunRef
from datatracing_prefect.api import knows, reader_of


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


def test_law8_a_reader_sees_all_of_this_prefect_and_nothing_else():
    visibility = reader_of("here", "")(Request({"type": "http", "headers": []}))
    assert visibility.sees_texts(RunRef("prefect", "here", "any flow", "r"))
    assert not visibility.sees(RunRef("prefect", "there", "any flow", "r"))
    assert not visibility.sees(RunRef("airflow", "here", "any flow", "r"))
