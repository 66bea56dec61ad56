"""Request bodies, bounded while they are received, inflated and read line by line: a few kilobytes of gzip can hold
gigabytes. Nothing of a body is used before all of it is known to be within the limits, and it is never whole in memory.
"""

import asyncio
import time
import zlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

from fastapi import Request
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

GZIP = 31
"""zlib's window bits for a gzip header."""
PIECE = 64 * 1024
"""Bytes that are inflated at once."""
MEMBERS = 1_000
"""gzip members in one body."""
STRETCH, BREATH = 0.002, 0.0005
"""Seconds of work after which a thread gives the interpreter away, and for how long at least."""
WANTED, REST = 0.002, 0.01
"""A thread that gets it back so much later has been in others' way: it leaves it to them for as long as `REST`."""
CLOSE = {"Connection": "close"}
"""What is left of a refused body is not read."""


@dataclass(frozen=True)
class BodyLimits:
    """Bytes as sent and after decompression; of what is sent in lines, how many, and how long one may be kept. Seconds
    for a whole body; it may stand still for `grace` seconds, and after them comes at `rate` bytes a second at least."""

    sent: int = 1024 * 1024
    inflated: int = 16 * 1024 * 1024
    lines: int = 10_000
    line: int = 1024 * 1024
    patience: float = 30.0
    grace: float = 5.0
    rate: int = 4 * 1024
    at_once: int = 16
    """Bodies that are received or worked on."""
    working: int = 1
    """Of these, how many are worked on: two would only wait for the interpreter, and the host with them."""


class Breath:
    """Long stretches of work in a host's process pause often, so that its other threads get their turn."""

    def __init__(self) -> None:
        self._until = time.perf_counter() + STRETCH

    def take(self) -> None:
        """Call it often; it does something every few milliseconds."""
        if (now := time.perf_counter()) < self._until:
            return
        time.sleep(BREATH)
        if time.perf_counter() - now > WANTED:
            time.sleep(REST)
        self._until = time.perf_counter() + STRETCH


@dataclass(frozen=True)
class Body:
    """A body as it came, within the limit of what may be sent. All else is work for a thread."""

    data: bytes
    gzipped: bool
    limits: BodyLimits

    def check(self) -> "Body":
        """The body itself, if it is what it says and within the limits. Answers 413 or 400 where it is not."""
        size = lines = 0
        breath = Breath()
        for piece in self._pieces():
            size += len(piece)
            lines += piece.count(b"\n")
            if size > self.limits.inflated:
                raise _too_large(f"{self.limits.inflated} bytes when inflated")
            if lines > self.limits.lines:
                raise _too_large(f"{self.limits.lines} lines")
            breath.take()
        return self

    def lines(self) -> Iterator[bytes]:
        """The lines, empty ones left out. Of a line that is too long there is only as much as shows that it is."""
        line, breath = bytearray(), Breath()
        for piece in self._pieces():
            first, *others = piece.split(b"\n")
            line += first[: self.limits.line + 1 - len(line)]
            for other in others:
                if line.strip():
                    yield bytes(line)
                    breath.take()
                line = bytearray(other[: self.limits.line + 1])
        if line.strip():
            yield bytes(line)

    def small(self, most: int) -> bytes:
        """The whole body where it is small. Answers 413 where it is not."""
        whole = bytearray()
        for piece in self._pieces():
            whole += piece
            if len(whole) > most:
                raise _too_large(f"{most} bytes when inflated")
        return bytes(whole)

    def _pieces(self) -> Iterator[bytes]:
        try:
            yield from _inflated(self.data) if self.gzipped else _cut(self.data)
        except zlib.error as error:
            raise HTTPException(400, f"the body is not gzip: {error}") from error


async def read_body(request: Request, limits: BodyLimits) -> Body:
    """Reads no further than the limit, and waits no longer. Answers 408, 413 or 415 where the body cannot be taken."""
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in {"identity", "gzip"}:
        raise HTTPException(415, "the body may be sent as it is or with Content-Encoding: gzip", CLOSE)
    length = request.headers.get("content-length", "0")
    if length.isdecimal() and (len(length) > 18 or int(length) > limits.sent):
        raise _too_large(f"{limits.sent} bytes")
    data = bytearray()
    try:
        async for chunk in _in_time(request.stream(), data, limits):
            data += chunk
            if len(data) > limits.sent:
                raise _too_large(f"{limits.sent} bytes")
    except ClientDisconnect as error:
        raise HTTPException(400, "the body is cut off") from error
    return Body(bytes(data), encoding == "gzip", limits)


async def _in_time(stream: AsyncIterator[bytes], data: bytearray, limits: BodyLimits) -> AsyncIterator[bytes]:
    """The chunks. Answers 408 when the next one would come too late for what has come so far."""
    began = time.monotonic()
    while True:
        until = began + min(limits.patience, limits.grace + len(data) / limits.rate)
        try:
            yield await asyncio.wait_for(anext(stream), max(0, until - time.monotonic()))
        except StopAsyncIteration:
            return
        except asyncio.TimeoutError as error:
            raise HTTPException(408, "the body came too slowly", CLOSE) from error


def _cut(data: bytes) -> Iterator[bytes]:
    for start in range(0, len(data), PIECE):
        yield data[start : start + PIECE]


def _inflated(data: bytes) -> Iterator[bytes]:
    """gzip may come in several members, one after the other."""
    for _ in range(MEMBERS):
        stream = zlib.decompressobj(GZIP)
        while not stream.eof:
            if not data:
                raise zlib.error("the stream is cut off")
            yield stream.decompress(data, PIECE)
            data = stream.unused_data if stream.eof else stream.unconsumed_tail
        if not data:
            return
    raise zlib.error(f"more than {MEMBERS} members")


def _too_large(limit: str) -> HTTPException:
    return HTTPException(413, f"the body is larger than {limit}: send it in parts", CLOSE)
