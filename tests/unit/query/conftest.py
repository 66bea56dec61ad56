"""A store that lives as long as its test."""

import pytest

from datatracing.connection import connect


@pytest.fixture
def connection():
    opened = connect("memory://")
    yield opened
    opened.close()
