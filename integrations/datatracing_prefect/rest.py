"""One Prefect server's API as plain JSON, whose words are then the same as in events."""

from collections.abc import AsyncIterator, Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from datatracing.errors import DataTracingError

PAGE, EVENTS_PAGE = 200, 50
"""The most that a server gives at once."""
Plain = dict[str, Any]


class PrefectUnreachableError(DataTracingError):
    """Prefect's API did not answer, or refused."""

    exit_code = 3


class GoneError(DataTracingError):
    """Prefect has deleted it."""


class Rest:
    """Over Prefect's own client, which knows the address and the password, and tries again what can be tried again; or
    over a client of httpx that is as good.

    Every method raises PrefectUnreachableError, which is also what a refusal and an unknown answer are.
    """

    def __init__(self, client: Any) -> None:
        self._client = client
        self._flows: dict[str, str] = {}

    async def get(self, path: str, **params: Any) -> Any:
        """What is there; None where nothing is."""
        return await self._ask("GET", path, params=params)

    async def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """The answer; None where there is no such thing."""
        return await self._ask("POST", path, json=body)

    async def patch(self, path: str, body: Mapping[str, Any]) -> None:
        """Change what is there."""
        await self._ask("PATCH", path, json=body)

    async def delete(self, path: str) -> None:
        """Nothing is there afterwards."""
        await self._ask("DELETE", path)

    async def pages(self, path: str, **where: Any) -> AsyncIterator[list[Plain]]:
        """Everything that fits the filter, in the one order in which what comes in meanwhile hides nothing."""
        offset = 0
        while True:
            page = await self.post(path, {"sort": "ID_DESC", **where, "limit": PAGE, "offset": offset}) or []
            yield page
            if len(page) < PAGE:
                return
            offset += PAGE

    async def every(self, path: str, **where: Any) -> list[Plain]:
        """All of it, each once."""
        found = [each async for page in self.pages(path, **where) for each in page]
        return list({each["id"]: each for each in found}.values())

    async def events(self, where: Mapping[str, Any], limit: int) -> list[Plain]:
        """Events that fit, at most so many. A server writes them down some seconds after they have come."""
        answer = await self.post("/events/filter", {"filter": where, "limit": min(limit, EVENTS_PAGE)}) or {}
        found = list(answer.get("events", ()))
        while (more := _page_token(answer.get("next_page"))) and len(found) < limit:
            # Only the token of the address is used: a server behind a proxy does not know its own.
            answer = await self.get("/events/filter/next", **{"page-token": more}) or {}
            found += answer.get("events", ())
        return found[:limit]

    async def flow_name(self, flow_id: str) -> str:
        """Empty when the flow has been deleted, which takes its runs along."""
        if flow_id not in self._flows:
            flow = await self.get(f"/flows/{flow_id}")
            if flow is None:
                return ""
            self._flows[flow_id] = flow["name"]
        return self._flows[flow_id]

    async def _ask(self, method: str, path: str, **rest: Any) -> Any:
        try:
            response = await self._client.request(method, path, **rest)
            response.raise_for_status()
            return response.json() if response.content else None
        except httpx.HTTPStatusError as error:
            if error.response.status_code == httpx.codes.NOT_FOUND:
                return None
            raise PrefectUnreachableError(f"Prefect answers {error.response.status_code} to {method} {path}") from error
        except (httpx.HTTPError, ValueError, RuntimeError, OSError) as error:
            # Prefect's client says in a RuntimeError that there is no server at its address.
            raise PrefectUnreachableError(f"Prefect's API does not answer: {type(error).__name__}: {error}") from error


def _page_token(address: str | None) -> str:
    return next(iter(parse_qs(urlsplit(address or "").query).get("page-token", ())), "")
