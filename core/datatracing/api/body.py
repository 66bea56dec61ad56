"""Request bodies, bounded before and after decompression: a few kilobytes of gzip can hold gigabytes."""

import zlib
from dataclasses import dataclass

from fastapi import Request
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

GZIP = 31
"""zlib's window bits for a gzip header."""


@dataclass(frozen=True)
class BodyLimits:
    """Bytes as sent, and bytes after decompression."""

    sent: int = 32 * 1024 * 1024
    inflated: int = 256 * 1024 * 1024


@dataclass(frozen=True)
class Body:
    """A body as it came. `inflate` is work for a thread, not for the server's loop."""

    data: bytes
    gzipped: bool
    limits: BodyLimits

    def inflate(self) -> bytes:
        """The body itself. Answers 413 or 400 where it cannot be had."""
        if not self.gzipped:
            return self.data
        try:
            return _inflate(self.data, self.limits.inflated)
        except zlib.error as error:
            raise HTTPException(400, f"the body is not gzip: {error}") from error

    def lines(self) -> list[bytes]:
        """The body as lines, empty ones left out."""
        return [line for line in self.inflate().split(b"\n") if line.strip()]


async def read_body(request: Request, limits: BodyLimits) -> Body:
    """Reads no further than the limit. Answers 413 or 415 where the body cannot be taken."""
    encoding = request.headers.get("content-encoding", "identity").lower()
    if encoding not in {"identity", "gzip"}:
        raise HTTPException(415, "the body may be sent as it is or with Content-Encoding: gzip")
    data = bytearray()
    try:
        async for chunk in request.stream():
            data += chunk
            if len(data) > limits.sent:
                raise _too_large(limits.sent)
    except ClientDisconnect as error:
        raise HTTPException(400, "the body is cut off") from error
    return Body(bytes(data), encoding == "gzip", limits)


def _inflate(data: bytes, limit: int) -> bytes:
    """gzip may come in several members, one after the other."""
    parts: list[bytes] = []
    left = limit
    while data:
        stream = zlib.decompressobj(GZIP)
        part = stream.decompress(data, left + 1)
        left -= len(part)
        if left < 0:
            raise _too_large(limit)
        if not stream.eof:
            raise zlib.error("the stream is cut off")
        parts.append(part)
        data = stream.unused_data
    return b"".join(parts)


def _too_large(limit: int) -> HTTPException:
    return HTTPException(413, f"the body is larger than {limit} bytes: send it in parts")
