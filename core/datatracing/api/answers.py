"""What the API answers with."""

from typing import Any

from starlette.responses import Response

from datatracing.query.document import dumps

HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
"""What is answered depends on who asks, and holds text that strangers wrote."""


def answer(document: Any) -> Response:
    """JSON. Bytes are JSON already."""
    body = document if isinstance(document, bytes) else dumps(document)
    return Response(body, 200, HEADERS, "application/json")
