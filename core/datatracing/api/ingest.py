"""The routes that take data in, for holders of the ingest token."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.exceptions import HTTPException
from starlette.responses import Response

from datatracing.access.tokens import same_token
from datatracing.access.visibility import EVERYTHING
from datatracing.api import schemas
from datatracing.api.answers import answer
from datatracing.api.body import BodyLimits, read_body
from datatracing.api.reading import checked, shape
from datatracing.connection.local import LocalConnection
from datatracing.errors import BadInputError
from datatracing.model import codec
from datatracing.model.fate import Fate, LedgerEntry
from datatracing.model.manifest import Manifest
from datatracing.query.summary import summary_document

Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(HTTPBearer(auto_error=False))]


def token_holder(token: str) -> Callable[[Credentials], None]:
    """A dependency that lets holders of this token through, and nobody while the token is empty."""

    def holder(credentials: Credentials) -> None:
        if not same_token(credentials.credentials if credentials else "", token):
            raise HTTPException(401, "a valid bearer token is needed", {"WWW-Authenticate": "Bearer"})

    return holder


def ingest(connection: LocalConnection, token: str, limits: BodyLimits) -> APIRouter:
    """Routes that store. The token is checked before any of the body is read."""
    router = APIRouter(prefix="/api/v1", tags=["ingest"], dependencies=[Depends(token_holder(token))])

    async def taken(request: Request, take: Callable[[Any], Any]) -> Response:
        body = await read_body(request, limits)
        return answer(await run_in_threadpool(take, body))

    @router.post("/events", responses=shape(schemas.ReceiptShape), openapi_extra=sends("application/x-ndjson"))
    async def events(request: Request) -> Response:
        """Events, one JSON object per line. Stored when this answers; the same may be sent again."""
        return await taken(request, lambda body: asdict(connection.accept(body.lines())))

    @router.post("/losses", responses=shape(schemas.RecordedShape), openapi_extra=sends("application/x-ndjson"))
    async def losses(request: Request) -> Response:
        """What a producer could not deliver, one ledger entry per line."""
        return await taken(request, lambda body: record_losses(connection, body.lines()))

    @router.post("/manifests", responses=shape(schemas.SummaryShape), openapi_extra=sends("application/json"))
    async def manifests(request: Request) -> Response:
        """The orchestrator's final record of a run: seals it."""
        return await taken(request, lambda body: complete(connection, body.inflate()))

    @router.post("/summaries", responses=shape(schemas.SummariesShape), openapi_extra=sends("application/json"))
    async def summaries(request: Request) -> Response:
        """Those of the named runs that are stored: how a finalizer learns what it has still to report."""
        return await taken(request, lambda body: known(connection, body.inflate()))

    return router


def complete(connection: LocalConnection, body: bytes) -> dict[str, Any]:
    """Seal by the manifest in the body. BadInputError names what is wrong with it."""
    sealed = connection.complete(connection.redactor.manifest(codec.loads(Manifest, body)))
    return summary_document(sealed, EVERYTHING)


def record_losses(connection: LocalConnection, lines: list[bytes]) -> dict[str, int]:
    """BadInputError when a line is not a loss: nothing is recorded then."""
    entries = [codec.loads(LedgerEntry, line) for line in lines]
    for entry in entries:
        if entry.fate is not Fate.LOST or entry.count < 1:
            raise BadInputError("a loss has the fate lost and a count above 0")
    connection.lose(entries)
    return {"recorded": len(entries)}


def known(connection: LocalConnection, body: bytes) -> dict[str, Any]:
    """Summaries by the ids in the body."""
    try:
        wanted = schemas.WantedShape.model_validate_json(body)
    except ValueError as error:
        raise BadInputError("summaries are asked for as {trace_ids: [at most 1,000]}") from error
    found = connection.summaries([checked(trace_id) for trace_id in wanted.trace_ids])
    return {"runs": {trace_id: summary_document(summary, EVERYTHING) for trace_id, summary in found.items()}}


def sends(media_type: str) -> dict[str, Any]:
    """What the body is, for the OpenAPI document."""
    return {"requestBody": {"required": True, "content": {media_type: {"schema": {"type": "string"}}}}}
