"""Airflow's own REST API, as a person with a browser would use it."""

import time
from typing import Any
from urllib.parse import quote

import httpx


class Api:
    """Calls with one user's token. Every refusal is an error that shows Airflow's answer."""

    def __init__(self, url: str, user: str = "admin") -> None:
        self.client = httpx.Client(base_url=url, timeout=60)
        token = self.client.post("/auth/token", json={"username": user, "password": user})
        self.client.headers["Authorization"] = f"Bearer {_json(token)['access_token']}"

    def get(self, path: str, **parameters: Any) -> Any:
        """The JSON of a GET below /api/v2."""
        return _json(self.client.get(f"/api/v2/{path}", params=parameters))

    def change(self, method: str, path: str, body: dict[str, Any]) -> None:
        """Once more when SQLite is busy with another writer: Airflow then answers 500 and has changed nothing."""
        for _ in range(5):
            answer = self.client.request(method, f"/api/v2/{path}", json=body)
            if answer.status_code != httpx.codes.INTERNAL_SERVER_ERROR:
                break
            time.sleep(0.5)
        _json(answer)

    def trigger(self, dag: str, run: str, conf: dict[str, Any] | None = None) -> None:
        """A run by hand, without a logical date."""
        body = {"dag_run_id": run, "logical_date": None, "conf": conf or {}}
        self.change("POST", f"dags/{_quoted(dag)}/dagRuns", body)

    def mark_task(self, dag: str, run: str, task: str, state: str) -> None:
        """Set a task's state by hand."""
        path = f"dags/{_quoted(dag)}/dagRuns/{_quoted(run)}/taskInstances/{_quoted(task)}"
        self.change("PATCH", path, {"new_state": state})

    def mark_run(self, dag: str, run: str, state: str) -> None:
        """Set a run's state by hand."""
        self.change("PATCH", f"dags/{_quoted(dag)}/dagRuns/{_quoted(run)}", {"state": state})

    def clear(self, dag: str, run: str, *tasks: str) -> None:
        """Clear tasks, or the whole run, and what comes after them."""
        body: dict[str, Any] = {"dry_run": False, "dag_run_id": run, "only_failed": False, "include_downstream": True}
        body |= {"task_ids": list(tasks)} if tasks else {}
        self.change("POST", f"dags/{_quoted(dag)}/clearTaskInstances", body)

    def close(self) -> None:
        """Give back the connection."""
        self.client.close()


def _quoted(text: str) -> str:
    return quote(text, safe="")


def _json(answer: httpx.Response) -> Any:
    assert answer.is_success, f"{answer.request.method} {answer.request.url}: {answer.status_code} {answer.text}"
    return answer.json()
