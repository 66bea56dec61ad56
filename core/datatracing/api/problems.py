"""Every error has one shape: problem details (RFC 9457). No stack trace leaves the server."""

import logging
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from datatracing.api.answers import HEADERS
from datatracing.errors import (
    BadInputError,
    DataTracingError,
    NotFoundError,
    StoreRefusedError,
    StoreUnreachableError,
)
from datatracing.query.document import dumps

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"


def problem(status: int, detail: str, headers: dict[str, str] | None = None, **more: Any) -> Response:
    """A problem document. `detail` is a sentence for the person at the other end."""
    title = HTTPStatus(status).phrase
    document = {"type": "about:blank", "title": title, "status": status, "detail": detail, **more}
    return Response(dumps(document), status, {**HEADERS, **(headers or {})}, MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Answer every error of this app with a problem document, unknown routes and methods included."""
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(DataTracingError, _ours)
    app.add_exception_handler(Exception, _unexpected)


def _http(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return problem(error.status_code, str(error.detail), dict(error.headers or {}))


def _invalid(_request: Request, error: Exception) -> Response:
    """Names the fields, without repeating what was sent in them."""
    assert isinstance(error, RequestValidationError)
    errors = [{"at": ".".join(map(str, each["loc"])), "detail": each["msg"]} for each in error.errors()]
    return problem(422, "; ".join(f"{each['at']}: {each['detail']}" for each in errors), errors=errors)


def _ours(_request: Request, error: Exception) -> Response:
    if isinstance(error, NotFoundError):
        return problem(404, str(error))
    if isinstance(error, StoreRefusedError):
        log.warning("%s", error)
        return problem(400, "a value does not fit any column of the store; the server's log says which")
    if isinstance(error, BadInputError):
        return problem(400, str(error))
    if isinstance(error, StoreUnreachableError):
        # The message names hosts and files of the server, which are no business of a client.
        log.warning("the store cannot be used: %s", error)
        return problem(503, "the store cannot be used now; the server's log says why", {"Retry-After": "5"})
    return _unexpected(_request, error)


def _unexpected(_request: Request, _error: Exception) -> Response:
    """The server logs the error itself after this answer."""
    return problem(500, "an error of DataTracing itself; the server's log has the details")
