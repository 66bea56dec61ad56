"""The few calls of Airflow's REST API that a demonstration needs."""

import http.client
import json
from typing import Any

TERMINAL = frozenset({"success", "failed"})


class Rest:
    """A client of one api-server whose login is open to all. Everything returns None while there is no answer yet."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.token = ""

    def healthy(self) -> bool:
        """The scheduler has reported in, so a run that is triggered now is picked up."""
        health = self._call("GET", "/api/v2/monitor/health")
        return health is not None and health["scheduler"]["status"] == "healthy"

    def parsed(self, dag_id: str) -> bool:
        """The dag-processor has stored this DAG."""
        return self._call("GET", f"/api/v2/dags/{dag_id}") is not None

    def trigger(self, dag_id: str, run_id: str) -> bool:
        """Ask for a run."""
        body: dict[str, Any] = {"dag_run_id": run_id, "logical_date": None, "conf": {}}
        return self._call("POST", f"/api/v2/dags/{dag_id}/dagRuns", body) is not None

    def finished(self, dag_id: str, count: int = 1) -> list[dict[str, Any]] | None:
        """The runs of a DAG, once there are `count` of them and all are over."""
        answer = self._call("GET", f"/api/v2/dags/{dag_id}/dagRuns?limit=100")
        runs: list[dict[str, Any]] = answer["dag_runs"] if answer else []
        over = [run for run in runs if run["state"] in TERMINAL]
        return over if len(over) == len(runs) >= count else None

    def _call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        try:
            if not self.token:
                self.token = self._send("GET", "/auth/token", None)["access_token"]
            return self._send(method, path, body)
        except (OSError, http.client.HTTPException, LookupError):
            return None

    def _send(self, method: str, path: str, body: dict[str, Any] | None) -> Any:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        headers = {"Content-Type": "application/json"} | (
            {"Authorization": f"Bearer {self.token}"} if self.token else {}
        )
        try:
            connection.request(method, path, json.dumps(body) if body is not None else None, headers)
            answer = connection.getresponse()
            text = answer.read()
        finally:
            connection.close()
        if answer.status >= http.HTTPStatus.BAD_REQUEST:
            raise LookupError(f"{answer.status} {text[:200]!r}")
        return json.loads(text)
