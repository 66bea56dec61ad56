"""Three runs in a store, each linked with both others: `mine`, `peer` and `hidden`. `absent` is in no store."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from datatracing.access.visibility import Level
from datatracing.connection.local import LocalConnection
from datatracing.model import codec
from datatracing.model.event import ErrorInfo, Event, EventKind, Times
from datatracing.model.fate import Fate, LedgerEntry
from datatracing.model.ids import digest, root_span_id
from datatracing.model.link import Confidence, Dependency, Direction, Link, LinkKind
from datatracing.model.manifest import Attempt, Manifest, Operation
from datatracing.model.run import RunRef, SpanKey
from datatracing.model.states import State
from datatracing.model.verdict import Verdict
from datatracing.sampling.policy import Policy
from datatracing.store.port import Store

STORED = ("mine", "peer", "hidden")
BEGAN = 1_700_000_000_000_000
_CANARY = re.compile(rb"canary\.([a-z]+)\.([a-z]+)\.[a-z_]+")


def canary(whose: str, level: Level, field: str) -> str:
    """A text that stands nowhere else. Fit for the ids of all three orchestrators."""
    return f"canary.{whose}.{level.name.lower()}.{field}"


@dataclass(frozen=True)
class Told:
    """One run, and everything of it that an answer may hold."""

    whose: str
    namespace: str = "default"

    @property
    def run(self) -> RunRef:
        """Its name is its least secret text."""
        dag_id, run_id = (canary(self.whose, Level.RUN, field) for field in ("dag", "key"))
        return RunRef("airflow", self.namespace, dag_id, run_id)

    @property
    def alias(self) -> str:
        """A foreign trace id of it."""
        return digest("alias", self.whose, size=16)

    @property
    def task(self) -> str:
        """Its task, which failed."""
        return canary(self.whose, Level.TASKS, "task")

    def text(self, field: str) -> str:
        """Something that only who may see all of it may read."""
        return canary(self.whose, Level.TEXTS, field)

    def manifest(self) -> Manifest:
        """The orchestrator's record, with a text in every field that takes one."""
        ended = Times(BEGAN, BEGAN, BEGAN, BEGAN + 5_000_000)
        error = ErrorInfo(self.text("type"), self.text("message"), self.text("stack"))
        lost = SpanKey(canary(self.whose, Level.TASKS, "missing"), attempt=1)
        keyed = SpanKey(self.task, 3, 1, self.text("map_key"))
        attributes = {self.text("name"): self.text("value")}
        raw = canary(self.whose, Level.TASKS, "raw")
        attempts = (
            Attempt(keyed, State.FAILED, raw, ended, False, attributes, error, edges_known=False),
            Attempt(lost, State.SUCCESS, raw, ended),
            Attempt(replace(keyed, map_index=4, map_key=self.text("lost_key")), State.SUCCESS, raw, ended),
        )
        operations = tuple(
            Operation(replace(key, operation=self.text(f"operation_{name}")), ended)
            for name, key in (("task", keyed), ("run", SpanKey("")))
        )
        state = canary(self.whose, Level.RUN, "raw")
        dependencies = (Dependency(lost.task, self.task),)
        links, conf = tuple(self.links()), {"conf": self.text("conf"), self.text("conf_name"): 1}
        return Manifest(
            self.run, State.FAILED, state, BEGAN + 6_000_000, ended, attempts, dependencies, links, conf, error,
            (self.alias,), operations,
        )  # fmt: skip

    def links(self):
        """To both others, one up and one down, and both ways to itself."""
        for whose in {*STORED} - {self.whose}:
            for direction in Direction:
                evidence = self.text(f"evidence_{direction}")
                yield Link(LinkKind.TRIGGERED, direction, replace(self, whose=whose).run, evidence, Confidence.INFERRED)

    def events(self):
        """One process of it, with a record key, and a number that never came."""
        key = self.manifest().attempts[0].key
        for seq, kind in ((0, EventKind.STARTED), (2, EventKind.NOTED)):
            event = Event(
                kind, self.run, producer=self.text("producer"), seq=seq, at=BEGAN + seq, span=key, state=State.RUNNING
            )
            yield replace(event, records=(self.text("record"),), reporter=self.text("reporter"))

    def secrets(self) -> dict[bytes, Level]:
        """Ids, which say no level by themselves."""
        trace_id = self.run.trace_id
        spans = [each.key.span_id(trace_id) for each in self.manifest().attempts]
        spans += [each.key.span_id(trace_id) for each in self.manifest().operations]
        ids = {trace_id: Level.RUN, root_span_id(trace_id): Level.TASKS, **dict.fromkeys(spans, Level.TASKS)}
        return {text.encode(): level for text, level in ids.items()}


def told(whose: str, namespace: str = "default") -> Told:
    """One of STORED, or `absent`."""
    return Told(whose, namespace)


def fill(store: Store, namespace: str = "default", only: tuple[str, ...] = STORED) -> None:
    """Seal the runs, and note something of each in the ledger."""
    for each in (told(whose, namespace) for whose in only):
        policy = Policy((lambda _, each=each: Verdict(True, "rule", each.text("reason")),))
        connection = LocalConnection(store, policy)
        connection.accept(map(codec.dumps, each.events()))
        connection.complete(each.manifest())
        reason, producer = each.text("ledger"), each.text("ledger_producer")
        store.record([LedgerEntry(Fate.LOST, reason, 1, BEGAN, each.run.trace_id, producer)])


def leaks(answer: bytes, levels: Mapping[str, Level], said: bytes = b"", namespace: str = "default") -> list[str]:
    """What is in the answer although `levels`, by whose it is, does not allow it. What was said in the request does not
    count: an error may repeat it."""
    found = {match[0]: (match[1].decode(), Level[match[2].decode().upper()]) for match in _CANARY.finditer(answer)}
    for whose in STORED:
        found |= {id_: (whose, level) for id_, level in told(whose, namespace).secrets().items() if id_ in answer}
    return sorted(
        text.decode()
        for text, (whose, level) in found.items()
        if level > levels.get(whose, Level.NOTHING) and text.lower() not in said.lower()
    )


def bodies_of(each: Told) -> dict[str, list[bytes]]:
    """What can be posted about a run, by media type: an account of it by who knows no more than its name, too."""
    account = Manifest(each.run, State.SUCCESS, "success", BEGAN, recorded=False)
    return {
        "application/x-ndjson": [b"\n".join(map(codec.dumps, each.events())), codec.dumps(account)],
        "application/json": [json.dumps({"trace_ids": [told(whose).run.trace_id for whose in STORED]}).encode()],
    }
