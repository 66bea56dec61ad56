"""Asks Airflow's own api-server app everything that ours can be asked, as readers of every level: run by the tests.

Usage: python -m tests.integration.airflow.direct.levels OUT FOLDER TOKEN
"""

import json
import sys
from pathlib import Path

from tests.airflow_rig.home import GRADED
from tests.canaries.asking import blurred, requests
from tests.canaries.world import STORED, fill, leaks, told
from tests.integration.airflow.direct.serve import MOUNT, bearer, signed_in
from tests.integration.api.fuzzing import never_breaks, operations


def main(out: Path, folder: Path, token: str) -> None:
    from airflow.api_fastapi.app import create_app
    from starlette.testclient import TestClient

    from datatracing.connection import connect

    connection = connect(f"sqlite:///{folder}/traces.db", migrate=True)
    fill(connection.store)
    parsed([told(whose).run.pipeline for whose in STORED])
    app = create_app()
    (ours,) = (route.app for route in app.routes if getattr(route, "path", "") == MOUNT)
    with TestClient(app, raise_server_exceptions=False, follow_redirects=False) as client:
        people = {name: signed_in(client, name) for name in ("admin", *GRADED)}
        people |= {"nobody": {}, "worker": bearer(token), "stranger": bearer("not.a.token")}
        heard = {name: Reader(client, ours, headers).told() for name, headers in people.items()}
        broken = list(made_up(client, ours, [people["admin"], people["worker"]]))
    out.write_text(json.dumps({"heard": heard, "broken": broken}))


def made_up(client, app, people):
    """What went wrong when requests were made up from our own document."""

    def request(method, path, **given):
        return client.request(method, MOUNT + path, **given)

    for operation in operations(app):
        for headers in people:
            try:
                never_breaks(operation, request, headers)
            except AssertionError as error:
                yield f"{operation.label}: {error}"


def parsed(dag_ids):
    """What Airflow's own DAG processor would have written about these DAGs."""
    from airflow.models.dag import DagModel
    from airflow.models.dagbundle import DagBundleModel
    from airflow.utils.session import create_session

    with create_session() as session:
        session.merge(DagBundleModel(name="dags-folder"))
        session.flush()
        session.add_all(DagModel(dag_id=dag_id, bundle_name="dags-folder", fileloc="/x.py") for dag_id in dag_ids)


class Reader:
    """One person, and all that person is told."""

    def __init__(self, client, app, headers) -> None:
        self.client, self.app, self.headers = client, app, headers

    def told(self):
        """What was shown that nobody had said, what told a hidden run from an absent one, and what broke."""
        self.shown, self.broken = set(), set()
        for asked in requests(self.app, told("mine")):
            self.hear(asked)
        hidden, absent = told("hidden"), told("absent")
        asked = [each for each in requests(self.app, hidden) if each.method != "POST"]  # a sender knows what it sends
        twins = [(each, each.about(hidden, absent)) for each in asked]
        apart = [one.path for one, other in twins if self.hear(one, hidden) != self.hear(other, absent)]
        return {"shown": sorted(self.shown), "broken": sorted(self.broken), "apart": apart}

    def hear(self, asked, each=None):
        """The answer, as good as any other about a run that is not there."""
        answer = self.ask(asked)
        said = asked.path.encode() + asked.body
        self.shown.update(leaks(answer.content + repr(answer.headers).encode(), {}, said))
        if answer.status_code >= 500:
            self.broken.add(f"{asked.method} {asked.path}")
        return blurred(answer.status_code, answer.text, each) if each else None

    def ask(self, asked):
        headers = self.headers | ({"content-type": asked.media_type} if asked.media_type else {})
        return self.client.request(asked.method, MOUNT + asked.path, content=asked.body, headers=headers)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
