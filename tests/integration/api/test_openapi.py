"""Whatever a caller sends by the document: no answer is 5xx, whichever scope its token has."""

import httpx
import pytest

from datatracing.access.tokens import token
from datatracing.access.visibility import EVERYTHING
from datatracing.api.app import create_app
from datatracing.api.standalone import standalone
from datatracing.connection import connect
from datatracing.model.token import Scope
from datatracing.testing import build
from tests.integration.api.conftest import served
from tests.integration.api.fuzzing import never_breaks, operations

TOKENS = [token(scope.value, "default", [scope], f"secret of {scope}") for scope in Scope]


@pytest.fixture(scope="module")
def app(sqlite_module_url):
    connection = connect(sqlite_module_url)
    connection.complete(build.manifest(build.run(), "load"))
    yield standalone(connection, TOKENS, 0.5)
    connection.close()


@pytest.fixture(scope="module")
def sqlite_module_url(sqlite_template, tmp_path_factory):
    import shutil

    return f"sqlite:///{shutil.copy(sqlite_template, tmp_path_factory.mktemp('openapi') / 'traces.db')}"


@pytest.mark.parametrize("scope", list(Scope))
def test_law_8_no_request_by_the_document_breaks_the_server(app, scope):
    headers = {"Authorization": f"Bearer secret of {scope}"}
    with served(app) as url, httpx.Client(base_url=url, timeout=20) as client:
        for operation in operations(app):
            never_breaks(operation, client.request, headers)


def test_problems_are_documented_as_what_they_are():
    connection = connect("memory://")
    document = create_app(connection, reader=lambda: EVERYTHING).openapi()
    connection.close()
    for path in document["paths"].values():
        for operation in path.values():
            kinds = {kind for code, each in operation["responses"].items() if code != "200" for kind in each["content"]}
            assert kinds == {"application/problem+json"}
