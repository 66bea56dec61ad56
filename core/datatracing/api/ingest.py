"""The routes that take data in, for holders of a token."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from datatracing.access.tokens import Keyring
from datatracing.access.visibility import Level, Visibility
from datatracing.api import schemas
from datatracing.api.answers import answer
from datatracing.api.body import BodyLimits
from datatracing.api.gate import Gate
from datatracing.api.holders import holder_of
from datatracing.api.reading import checked, shape
from datatracing.connection.local import LocalConnection
from datatracing.errors import BadInputError
from datatracing.model import codec
from datatracing.model.fate import LedgerEntry
from datatracing.model.token import EVERYWHERE, Scope, Token
from datatracing.query.summary import summary_document

ASKED_BYTES = 64 * 1024
"""Of a question for summaries: 1,000 ids and some room."""
LOSSES = 1_000
"""In one body."""


def ingest(connection: LocalConnection, keyring: Keyring, limits: BodyLimits) -> APIRouter:
    """Routes that store. The token is checked before any of the body is read."""
    router = APIRouter(prefix="/api/v1", tags=["ingest"])
    gate = Gate(limits)
    adds = Annotated[Token, Depends(holder_of(keyring, Scope.EVENTS))]
    completes = Annotated[Token, Depends(holder_of(keyring, Scope.EVENTS, Scope.MANIFESTS))]
    asks = Annotated[Token, Depends(holder_of(keyring, Scope.MANIFESTS, Scope.READ))]

    @router.post("/events", responses=shape(schemas.ReceiptShape), openapi_extra=sends("application/x-ndjson"))
    async def events(request: Request, token: adds) -> Response:
        """Events, one JSON object per line. Stored when this answers; the same may be sent again."""
        return answer(await gate.taken(request, lambda body: asdict(connection.accept(body.lines(), token))))

    @router.post("/losses", responses=shape(schemas.RecordedShape), openapi_extra=sends("application/x-ndjson"))
    async def losses(request: Request, token: adds) -> Response:
        """What a producer could not deliver, one ledger entry per line; told again it counts once."""
        return answer(await gate.taken(request, lambda body: record_losses(connection, body.lines(), token)))

    @router.post("/manifests", responses=shape(schemas.SummaryShape), openapi_extra=sends("application/x-ndjson"))
    async def manifests(request: Request, token: completes) -> Response:
        """The final record of a run, which seals it; or parts of one that is large, one JSON object per line. Until all
        parts are there, and where the run is large, the answer has no verdict yet."""
        return answer(await gate.taken(request, lambda body: complete(connection, body.lines(), token)))

    @router.post("/summaries", responses=shape(schemas.SummariesShape), openapi_extra=sends("application/json"))
    async def summaries(request: Request, token: asks) -> Response:
        """Those of the named runs that are stored: how a watcher learns what it has still to report."""
        return answer(await gate.taken(request, lambda body: known(connection, body.small(ASKED_BYTES), token)))

    return router


def complete(connection: LocalConnection, lines: Iterable[bytes], token: Token) -> dict[str, Any]:
    """Seal by the manifest in the lines. BadInputError names what is wrong with it."""
    return summary_document(connection.take(lines, token), shown_to(token))


def shown_to(token: Token) -> Visibility:
    """What of a run the answer to its sender holds: to a worker no more than what became of it."""
    most = Level.TEXTS if token.allows(Scope.MANIFESTS, Scope.READ) else Level.RUN
    return Visibility(most, namespace="" if token.namespace == EVERYWHERE else token.namespace)


def record_losses(connection: LocalConnection, lines: Iterable[bytes], token: Token) -> dict[str, int]:
    """BadInputError when a line is not a loss: nothing is recorded then."""
    entries: list[LedgerEntry] = []
    for line in lines:
        if len(entries) == LOSSES or len(line) > ASKED_BYTES:
            raise BadInputError(f"a body has at most {LOSSES} losses, each of at most {ASKED_BYTES} bytes")
        entries.append(codec.loads(LedgerEntry, line))
    connection.lose(entries, token)
    return {"recorded": len(entries)}


def known(connection: LocalConnection, body: bytes, token: Token) -> dict[str, Any]:
    """Summaries by the ids in the body, of runs in the token's namespace."""
    try:
        wanted = schemas.WantedShape.model_validate_json(body)
    except ValueError as error:
        raise BadInputError("summaries are asked for as {trace_ids: [at most 1,000]}") from error
    found = connection.summaries([checked(trace_id) for trace_id in wanted.trace_ids])
    seen = {trace_id: summary for trace_id, summary in found.items() if token.reaches(summary.run)}
    return {"runs": {trace_id: summary_document(summary, shown_to(token)) for trace_id, summary in seen.items()}}


def sends(media_type: str) -> dict[str, Any]:
    """What the body is, for the OpenAPI document."""
    return {"requestBody": {"required": True, "content": {media_type: {"schema": {"type": "string"}}}}}
