"""Does a trace tell the truth? A trace document against the account of the orchestrator's own database.

Every function yields sentences about what is wrong and nothing when all is well; `untruths` is all of them.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

from tests.conformance.account import Account, Attempt, Edge

Document = Mapping[str, Any]
ORDER = ("scheduled_at", "queued_at", "started_at", "ended_at")
BEGINNINGS = ("started_at", "queued_at", "scheduled_at")
"""When an attempt began: the first of these that is known."""
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
REPORTED_END = {"failed", "retried", "skipped"}
"""States whose end the task's own process knows better than a database that hears of it after the process is gone."""


def untruths(document: Document, account: Account) -> list[str]:
    """Everything in which the trace differs from the account."""
    return [
        *_run(document, account),
        *_tree(document),
        *_states(document, account),
        *_times(document, account),
        *_dependencies(document, account),
        *_links(document, account),
        *_completeness(document, account),
    ]


def one_sided(documents: Iterable[Document]) -> list[str]:
    """Links between these traces that only one end knows, or that the ends tell differently."""
    known = list(documents)
    ids = {document["run"]["trace_id"] for document in known}
    told = Counter(_edge(document, link) for document in known for link in document["links"] if link["trace_id"] in ids)
    return [f"{edge} is told by {count} of its 2 ends" for edge, count in told.items() if count != 2]


def unbalanced(books: Mapping[str, int]) -> list[str]:
    """emitted = stored + duplicate + sampled_out + rejected + lost, and nothing may be lost on the way."""
    parts = {name: books[name] for name in ("stored", "duplicate", "sampled_out", "rejected", "lost")}
    found = [] if books["emitted"] == sum(parts.values()) else [f"{books['emitted']} emitted, but {parts}"]
    return found + [f"{parts[name]} events {name}" for name in ("rejected", "lost") if parts[name]]


def _edge(document: Document, link: Mapping[str, Any]) -> tuple[str, str, str]:
    here, there = document["run"]["trace_id"], link["trace_id"]
    return (link["kind"], there, here) if link["direction"] == "up" else (link["kind"], here, there)


def _run(document: Document, account: Account) -> Iterator[str]:
    for field in ("orchestrator", "pipeline", "run_id", "state"):
        if document["run"][field] != getattr(account, field):
            yield f"run.{field} is {document['run'][field]!r}, not {getattr(account, field)!r}"
    if (root := _root(document)) and (root["state"], root["raw_state"]) != (account.state, account.raw_state):
        yield f"the root is {root['state']} ({root['raw_state']}), not {account.state} ({account.raw_state})"


def _tree(document: Document) -> Iterator[str]:
    """Unique ids, one root, which is everybody's parent and is where nothing comes before."""
    ids = Counter(span["span_id"] for span in document["spans"])
    yield from (f"span id {each} occurs {count} times" for each, count in ids.items() if count > 1)
    roots = [span["span_id"] for span in document["spans"] if span["level"] == "run"]
    if len(roots) != 1 or document["spans"][0]["level"] != "run":
        yield f"{len(roots)} spans of the run itself, and the first span is a {document['spans'][0]['level']}"
    for span in _tasks(document):
        if span["parent"] not in roots:
            yield f"{_name(span)} has parent {span['parent']}, which is not the run"
    for span in document["spans"]:
        if span["level"] == "operation" and span["parent"] not in ids:
            yield f"the operation {span['operation']} has parent {span['parent']}: no such span"


def _states(document: Document, account: Account) -> Iterator[str]:
    """Exactly the spans that the orchestrator's database says, each in the right state."""
    recorded = {_key(attempt): attempt for attempt in account.attempts}
    traced = {_span_key(span): span for span in _tasks(document)}
    if len(traced) != len(_tasks(document)):
        yield "two spans for one attempt"
    yield from (f"no span for {recorded[key].name}" for key in recorded.keys() - traced.keys())
    yield from (f"nobody ran {_name(traced[key])}" for key in traced.keys() - recorded.keys())
    for key in recorded.keys() & traced.keys():
        yield from _state(traced[key], recorded[key])


def _state(span: Mapping[str, Any], attempt: Attempt) -> Iterator[str]:
    if (span["state"], span["raw_state"]) != (attempt.state, attempt.raw_state):
        yield f"{attempt.name} is {span['state']} ({span['raw_state']}), not {attempt.state} ({attempt.raw_state})"


def _times(document: Document, account: Account) -> Iterator[str]:
    recorded = {_key(attempt): attempt for attempt in account.attempts}
    for span in document["spans"]:
        known = [at for field in ORDER if (at := _micros(span[field])) is not None]
        if known != sorted(known):
            yield f"{_name(span)} has its times out of order: {[span[field] for field in ORDER]}"
    for span in _tasks(document):
        if attempt := recorded.get(_span_key(span)):
            yield from _as_recorded(span, attempt)
    yield from _covers(document)


def _as_recorded(span: Mapping[str, Any], attempt: Attempt) -> Iterator[str]:
    """A time is the database's own, or not given; a start is always given, and so is an end."""
    for field in ORDER:
        said, recorded = _micros(span[field]), getattr(attempt.times, field)
        own_end = field == "ended_at" and span["state"] in REPORTED_END
        if said != recorded and not (own_end and _before(said, recorded)) and not (said is None and field in ORDER[:2]):
            yield f"{attempt.name} {field} is {span[field]}, not {_text(recorded)}"


def _before(said: int | None, recorded: int | None) -> bool:
    return said is not None and (recorded is None or said <= recorded)


def _covers(document: Document) -> Iterator[str]:
    """Whatever was run again: the run began before all of its attempts."""
    if (root := _root(document)) is None:
        return
    began = _micros(root["started_at"])
    for span in _tasks(document):
        started = _micros(span["started_at"])
        if began is None or (started is not None and started < began):
            yield f"{_name(span)} started at {span['started_at']}, before the run did at {root['started_at']}"


def _dependencies(document: Document, account: Account) -> Iterator[str]:
    by_id = {span["span_id"]: span for span in document["spans"]}
    instances: dict[str, set[int | str]] = {}
    for attempt in account.attempts:
        instances.setdefault(attempt.task, set()).add(attempt.instance)
    for span in _tasks(document):
        yield from (
            f"{_name(span)} depends on {each}: no such span" for each in span["depends_on"] if each not in by_id
        )
        found = [by_id[each] for each in span["depends_on"] if each in by_id]
        expected = sorted(set(_expected(span, account.edges, instances)), key=str)
        if (have := sorted((_instance(up) for up in found), key=str)) != expected:
            yield f"{_name(span)} depends on {have}, not on {expected}"
        yield from (wrong for up in found if (wrong := _outdated(span, up, document)))


def _expected(
    span: Mapping[str, Any], edges: Iterable[Edge], instances: Mapping[str, set[int | str]]
) -> Iterator[tuple[str, int | str]]:
    """One attempt of every instance of every task before it; in a mapped group only of its own index."""
    _, me = _instance(span)
    for edge in edges:
        if edge.downstream == span["task"] and edge.downstream_key in {"", me}:
            there = instances.get(edge.upstream, set())
            named = {edge.upstream_key} & there if edge.upstream_key else there
            own = {me} & there if edge.same_index else set()
            yield from ((edge.upstream, each) for each in own or named)


def _outdated(span: Mapping[str, Any], upstream: Mapping[str, Any], document: Document) -> str:
    """A dependency is on the attempt that was over when this one began, and on no earlier one."""
    began = next((at for field in BEGINNINGS if (at := _micros(span[field])) is not None), None)
    if began is None:
        return ""
    attempts = [each for each in _tasks(document) if _instance(each) == _instance(upstream)]
    over = [each["attempt"] for each in attempts if (end := _micros(each["ended_at"])) is not None and end <= began]
    right = max(over, default=max((each["attempt"] for each in attempts), default=0))
    return "" if upstream["attempt"] == right else f"{_name(span)} depends on {_name(upstream)}, not on attempt {right}"


def _links(document: Document, account: Account) -> Iterator[str]:
    told = Counter((link["kind"], link["direction"], link["run"]) for link in document["links"])
    recorded = {(link.kind, link.direction, link.run) for link in account.links}
    yield from (f"no link {each}" for each in recorded - told.keys())
    yield from (f"nobody knows of the link {each}" for each in told.keys() - recorded)
    yield from (f"the link {each} is told {count} times" for each, count in told.items() if count > 1)


def _completeness(document: Document, account: Account) -> Iterator[str]:
    said = document["run"]["completeness"]
    expected = {
        "status": "complete",
        "expected": len(account.attempts),
        "captured": len(account.attempts),
        "missing": [],
        "unknown_edges": sorted(_known_as(attempt) for attempt in account.attempts if not attempt.edges_known),
    }
    if said != expected:
        yield f"completeness is {said}, not {expected}"


def _known_as(attempt: Attempt) -> str:
    """An instance with a key is named by it, whatever number a shape gives it."""
    return (replace(attempt, map_index=-1) if attempt.map_key else attempt).name


def _root(document: Document) -> Mapping[str, Any] | None:
    return next((span for span in document["spans"] if span["level"] == "run"), None)


def _tasks(document: Document) -> list[Mapping[str, Any]]:
    return [span for span in document["spans"] if span["level"] == "task"]


def _key(attempt: Attempt) -> tuple[str, int | str, int]:
    return attempt.task, attempt.instance, attempt.attempt


def _span_key(span: Mapping[str, Any]) -> tuple[str, int | str, int]:
    return *_instance(span), span["attempt"]


def _instance(span: Mapping[str, Any]) -> tuple[str, int | str]:
    return span["task"], span["map_key"] or span["map_index"]


def _name(span: Mapping[str, Any]) -> str:
    if span["level"] == "run":
        return "the run"
    named = Attempt(span["task"], span["map_index"], span["attempt"], span["state"], span["raw_state"])
    return replace(named, map_key=span["map_key"] or "").name


def _micros(text: str | None) -> int | None:
    """RFC 3339 in UTC with microseconds; anything else is an error of the document."""
    if text is None:
        return None
    moment = datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=timezone.utc)
    return (moment - EPOCH) // timedelta(microseconds=1)


def _text(at: int | None) -> str | None:
    return None if at is None else (EPOCH + timedelta(microseconds=at)).isoformat()
