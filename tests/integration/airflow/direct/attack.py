"""Posts bodies to the mount, many at once, and tells how they were answered.

Usage: python -m tests.integration.airflow.direct.attack URL TOKEN SECONDS. Says "ready", and then for each line that it
reads, `worst` or `harmless`, posts such bodies for so many seconds and writes one line of JSON.
"""

import gzip
import http.client
import json
import socket
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from urllib.parse import urlsplit

from datatracing.model import codec
from datatracing.model.event import Event, EventKind
from datatracing.model.run import RunRef, SpanKey
from datatracing.model.states import State

AT_ONCE = 16
SLOW = 8
"""Further connections on which a body comes byte by byte."""
ROUTES = ("events", "losses", "manifests", "summaries")
MEGABYTE = 1_000_000
Post = tuple[str, bytes, bool]
"""Route, body, and whether the body is gzip."""


def main(url: str, token: str, seconds: float) -> None:
    posts = {kind: [(route, *body) for body in bodies() for route in ROUTES] for kind, bodies in BODIES.items()}
    print("ready", flush=True)
    for line in sys.stdin:
        kind = line.strip()
        answers = posted(url, token, posts[kind], time.monotonic() + seconds, slow=SLOW if kind == "worst" else 0)
        print(json.dumps(answers), flush=True)


def posted(url: str, token: str, posts: list[Post], deadline: float, slow: int) -> Counter[str]:
    answers: Counter[str] = Counter()
    with ThreadPoolExecutor(AT_ONCE + SLOW) as pool:
        senders = [pool.submit(send, url, token, posts[n:] + posts[:n], deadline) for n in range(AT_ONCE)]
        senders += [pool.submit(drip, url, token, deadline) for _ in range(slow)]
        for sender in senders:
            answers += sender.result()
    return answers


def send(url: str, token: str, posts: list[Post], deadline: float) -> Counter[str]:
    """One after the other, each on its own connection, at most ten a second: it is the bodies that have to hurt."""
    answers: Counter[str] = Counter()
    for number in count():
        if (began := time.monotonic()) > deadline:
            return answers
        answers[post(url, token, *posts[number % len(posts)])] += 1
        time.sleep(max(0.0, began + 0.1 - time.monotonic()))
    return answers


def post(url: str, token: str, route: str, body: bytes, gzipped: bool) -> str:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
    headers = {"Authorization": f"Bearer {token}", **({"Content-Encoding": "gzip"} if gzipped else {})}
    try:
        connection.request("POST", f"/datatracing/api/v1/{route}", body, headers)
        return str(connection.getresponse().status)
    except (OSError, http.client.HTTPException) as error:
        # A server that has refused a body need not read the rest of it.
        return type(error).__name__
    finally:
        connection.close()


def drip(url: str, token: str, deadline: float) -> Counter[str]:
    """A body that never comes to its end."""
    host = urlsplit(url)
    head = f"POST /datatracing/api/v1/events HTTP/1.1\r\nHost: {host.netloc}\r\nAuthorization: Bearer {token}\r\n"
    answers: Counter[str] = Counter()
    while time.monotonic() < deadline:
        with socket.create_connection((host.hostname, host.port), timeout=60) as guest:
            guest.sendall(f"{head}Content-Length: 100000\r\n\r\n".encode())
            answers[_dripped(guest, deadline)] += 1
    return answers


def _dripped(guest: socket.socket, deadline: float) -> str:
    guest.settimeout(0.5)
    while time.monotonic() < deadline:
        try:
            guest.sendall(b"x")
            answer = guest.recv(64)
        except TimeoutError:
            continue
        except OSError as error:
            return type(error).__name__
        return answer.split(b" ")[1].decode() if answer else "closed"
    return "still open"


def worst() -> Iterator[tuple[bytes, bool]]:
    yield gzip.compress(b'{"a": "' + b"a" * (75 * MEGABYTE) + b'"}'), True
    yield gzip.compress(b"1\n" * (20 * MEGABYTE)), True
    yield gzip.compress(b"[" * (8 * MEGABYTE)), True
    yield gzip.compress(b'{"a":' * MEGABYTE + b"1" + b"}" * MEGABYTE), True
    yield gzip.compress(b"{}\n" * 10_000) * 200, True
    yield gzip.compress(b"9" * (15 * MEGABYTE)), True
    yield gzip.compress((b"[" * 700 + b"]" * 700 + b"\n") * 9_999), True
    yield gzip.compress(b"{" + b",".join(b'"%d":%d' % (n, n) for n in range(900_000)) + b"}"), True
    yield gzip.compress(b'"' + b"\\ud800" * (2 * MEGABYTE) + b'"'), True
    yield gzip.compress(b'{"a": "' + b"a" * MEGABYTE + b'"}')[:-20], True
    yield b'"' + b"a" * MEGABYTE, False
    yield b"[" * MEGABYTE, False
    yield b"1\n" * 500_000, False
    yield gzip.compress(b"\n".join(events(9_000))), True


def harmless() -> Iterator[tuple[bytes, bool]]:
    yield b"{}", False
    yield b"\n".join(events(1)), False


def events(number: int) -> Iterator[bytes]:
    """Of many runs, as large as they come: a delivery that nothing is wrong with."""
    for n in range(number):
        event = Event(
            kind=EventKind.ENDED,
            run=RunRef("airflow", "default", "attack", f"run {n % 30}"),
            producer=f"{n % 30:016x}",
            seq=n // 30,
            at=1_700_000_000_000_000,
            span=SpanKey(f"task {n}", attempt=1),
            state=State.SUCCESS,
            attributes={f"attribute {each}": "value " * 20 for each in range(8)},
        )
        yield codec.dumps(event)


BODIES = {"worst": worst, "harmless": harmless}


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], float(sys.argv[3]))
