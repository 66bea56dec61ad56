"""Asks Airflow's own api-server app, with ours mounted in it, as several people: run by the tests, not imported.

Usage: python -m tests.integration.airflow.direct.serve OUT FOLDER TOKEN
"""

import json
import sys
from pathlib import Path

from tests.integration.airflow.direct.rows import Stage

SEEN, HIDDEN = ("chain", "seen"), ("writer", "hidden")
MOUNT = "/datatracing"


def main(out: Path, folder: Path, token: str) -> None:
    stage = Stage(folder)
    stage.test("chain")  # the server knows the DAGs of the folder then
    ids = {dag_id: seed(stage, dag_id, run_id, other) for dag_id, run_id, other in ((*SEEN, HIDDEN), (*HIDDEN, SEEN))}
    from airflow.api_fastapi.app import create_app
    from starlette.testclient import TestClient

    app = create_app()
    with TestClient(app) as client:
        people = {name: signed_in(client, name) for name in ("admin", "guest")}
        people |= {"nobody": {}, "worker": bearer(token), "stranger": bearer("not.a.token")}
        answers = [
            ask(client, name, headers, *request) for name, headers in people.items() for request in requests(ids)
        ]
        client.cookies.set("_token", people["guest"]["Authorization"].split()[1])
        answers.append(ask(client, "cookie", {}, "GET", f"{MOUNT}/api/v1/runs"))
    out.write_text(json.dumps({"answers": answers, "routes": routes(app), "ids": ids}))


def seed(stage, dag_id, run_id, other):
    """A run that triggered the other one, as far as it can tell."""
    from datatracing.model.link import Direction, Link, LinkKind
    from datatracing.model.manifest import Manifest
    from datatracing.model.run import RunRef
    from datatracing.model.states import State

    run, there = RunRef("airflow", "default", dag_id, run_id), RunRef("airflow", "default", *other)
    links = (Link(LinkKind.TRIGGERED, Direction.DOWN, there, "a task triggered it"),)
    stage.connection.complete(Manifest(run, State.SUCCESS, "success", 1, links=links))
    return run.trace_id


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def signed_in(client, name):
    answer = client.post("/auth/token", json={"username": name, "password": name})
    return bearer(answer.json()["access_token"])


def requests(ids):
    """Every reading route about both runs, what must be closed, and what takes data in."""
    for dag_id, run_id in (SEEN, HIDDEN):
        name = f"airflow:{dag_id}/{run_id}"
        yield "GET", f"{MOUNT}/api/v1/traces/{ids[dag_id]}"
        yield "GET", f"{MOUNT}/api/v1/traces/{ids[dag_id]}/why"
        yield "GET", f"{MOUNT}/api/v1/traces?run={name}"
        yield "GET", f"{MOUNT}/api/v1/find?run={name}"
        yield "GET", f"{MOUNT}/api/v1/runs?pipeline={dag_id}"
    yield "GET", f"{MOUNT}/api/v1/runs"
    for closed in ("docs", "redoc", "openapi.json"):
        yield "GET", f"{MOUNT}/{closed}"
    yield "GET", f"{MOUNT}/healthz"
    yield "POST", f"{MOUNT}/api/v1/events"


def ask(client, who, headers, method, path):
    answer = client.request(method, path, headers=headers, content=b"" if method == "POST" else None)
    return [who, method, path, answer.status_code, answer.text]


def routes(app):
    """All reading paths that our app has, as it knows them itself."""
    (ours,) = (route.app for route in app.routes if getattr(route, "path", "") == MOUNT)
    found = [(route.path, sorted(route.methods)) for route in ours.routes if hasattr(route, "methods")]
    return [path for path, methods in found if "GET" in methods]


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
