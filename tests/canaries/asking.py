"""Every request that an app can be asked about a run, made from its own list of routes. A route or a parameter that is
added later has no samples here, and that is an error: whoever adds it says what it could be an oracle for."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from fastapi import FastAPI
from fastapi.routing import APIRoute

from datatracing.model.run import RunRef
from datatracing.store.paging import Place
from tests.canaries.world import BEGAN, Told, bodies_of

CURSOR_AT = BEGAN
METHODS = ("HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE")


@dataclass(frozen=True)
class Asked:
    """One request; `path` has the query in it."""

    method: str
    path: str
    body: bytes = b""
    media_type: str = ""

    def about(self, one: Told, other: Told) -> "Asked":
        """The same request about another run."""
        path, body = self.path, self.body
        for known, new in _names(one, other):
            path = path.replace(known, new).replace(quote(known, safe=""), quote(new, safe=""))
            body = body.replace(known.encode(), new.encode())
        return Asked(self.method, path, body, self.media_type)


def _names(one: Told, other: Told) -> Iterator[tuple[str, str]]:
    places = [Place(CURSOR_AT, each.run.trace_id).cursor() for each in (one, other)]
    for known, new in ((one.run.trace_id, other.run.trace_id), (one.alias, other.alias), tuple(places)):
        yield known, new
        yield known.upper(), new.upper()
    for known, new in ((f"canary.{one.whose}.", f"canary.{other.whose}."), (f"*{one.whose}*", f"*{other.whose}*")):
        yield known, new
        yield known.upper(), new.upper()
    yield one.run.trace_id[:31], other.run.trace_id[:31]


def requests(app: FastAPI, each: Told) -> list[Asked]:
    """All of them, about this run."""
    described: dict[str, Any] = app.openapi()["paths"]
    for route in (each for each in app.routes if getattr(each, "path", None) != app.openapi_url):
        known = isinstance(route, APIRoute) and {method.lower() for method in route.methods} <= {
            *described.get(route.path, ())
        }
        assert known, f"{route} is not in the OpenAPI document, so no request is made for it"
    found = [
        asked
        for path, operations in described.items()
        for method, operation in operations.items()
        for asked in _of(path, method.upper(), operation, each)
    ]
    return list(dict.fromkeys(found))


def _of(path: str, method: str, operation: dict[str, Any], each: Told) -> Iterator[Asked]:
    parameters = operation.get("parameters", [])
    assert {parameter["in"] for parameter in parameters} <= {"path", "query"}, path
    in_path = [parameter["name"] for parameter in parameters if parameter["in"] == "path"]
    in_query = [parameter["name"] for parameter in parameters if parameter["in"] == "query"]
    places = list(_filled(path, in_path, each))
    for filled in places:
        for query in _queries(in_query, each):
            yield from _sent(method, filled + (f"?{query}" if query else ""), operation, each)
    yield from (Asked(other, places[0]) for other in METHODS)
    yield from (Asked(method, odd) for odd in (places[0] + "/", f"/{places[0]}", places[0].upper()))
    yield from (Asked(method, f"{places[0]}/{up}/{quote(each.run.pipeline)}") for up in ("..", "%2e%2e"))


def _sent(method: str, path: str, operation: dict[str, Any], each: Told) -> Iterator[Asked]:
    yield Asked(method, path)
    for media_type in operation.get("requestBody", {}).get("content", {}):
        yield from (Asked(method, path, body, media_type) for body in bodies_of(each)[media_type])


def _filled(path: str, names: list[str], each: Told) -> Iterator[str]:
    if not names:
        yield path
        return
    assert names == ["trace_id"], f"{path}: say here what {names} may be"
    for trace_id in (each.run.trace_id, each.run.trace_id.upper(), each.alias, each.run.trace_id[:31]):
        yield path.replace("{trace_id}", trace_id)


def _queries(names: list[str], each: Told) -> Iterator[str]:
    """None, then one parameter at a time, then that with each other one."""
    yield ""
    samples = _samples(each)
    for name in names:
        assert name in samples, f"say here what {name!r} may be, and what it could tell of a run that is hidden"
        yield from (urlencode({name: value}) for value in samples[name])
    if "limit" in names:
        yield from (urlencode({name: samples[name][0], "limit": 1}) for name in names if name != "limit")


def _samples(each: Told) -> dict[str, list[str]]:
    run: RunRef = each.run
    name = run.name
    return {
        "orchestrator": ["airflow", "prefect", "w3c"],
        "namespace": [run.namespace, "another"],
        "pipeline": [run.pipeline, f"canary.{each.whose}.*", f"*{each.whose}*", "*", "?*", run.pipeline.upper()],
        "run_id": [run.run_id, run.run_id.upper(), run.run_id[:-1]],
        "state": ["failed", "success", "running", each.text("state")],
        "since": ["2020-01-01", "1h", "2023-11-14T22:13:20Z"],
        "slower_than": ["1ms", "4s", "10h"],
        "limit": ["1", "2", "500"],
        "cursor": [Place(CURSOR_AT, run.trace_id).cursor(), Place(2**62, run.trace_id).cursor(), each.text("cursor")],
        "run": [name, run.trace_id, run.trace_id.upper(), each.alias, name.upper(), f"airflow:{run.pipeline}/../x",
                f"airflow:../{run.pipeline}/{run.run_id}", f"airflow:{run.pipeline}/", f"w3c:{run.pipeline}/x",
                f"airflow:*/{run.run_id}", f"airflow:{run.pipeline}/{run.run_id}/"],
    }  # fmt: skip


def blurred(status: int, text: str, each: Told) -> tuple[int, str]:
    """An answer without what was said in the request about this run, so that two runs' answers can be compared."""
    for known in (each.run.trace_id, each.alias, f"canary.{each.whose}.", each.run.trace_id[:31]):
        text = text.replace(known, "IT").replace(known.upper(), "IT")
    return status, text
