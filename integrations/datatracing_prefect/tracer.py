"""What DataTracing has in a process that runs flows: a recorder, and what has been seen so far."""

import atexit
import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from threading import Lock, RLock
from typing import Any

from datatracing.capture import Recorder, guard, redaction
from datatracing.capture.settings import SELF
from datatracing.model import clock
from datatracing.model.event import EventKind, Statement
from datatracing.model.link import AssetUse, Direction, Link, LinkKind
from datatracing.model.run import RunRef
from datatracing_prefect import statements
from datatracing_prefect.mapping import PARENTS, inputs, micros, run_ref, span_key, task_name, untracked
from datatracing_prefect.seen import FlowSeen, TaskSeen
from datatracing_prefect.settings import TapSettings
from datatracing_prefect.states import CRASHED, RUNNING
from datatracing_prefect.tries import Moment

log = logging.getLogger("datatracing")

STATES = 20
"""Of a flow run that has not begun."""
FLOWS = 100
"""Flow runs that are remembered after their end, for what still comes of them."""
PAUSE = 60.0
"""Seconds between two crashed tasks after which a process that takes its disk along sends what it has said."""


class Tracer:
    """Safe to use from many threads; the lock is held for a few steps in memory."""

    def __init__(self, settings: TapSettings) -> None:
        self.settings = settings
        self.namespace = settings.capture.namespace
        self.recorder = Recorder(settings.capture, redaction(settings.capture))
        self._lock = RLock()
        self._departed = float("-inf")
        self._flows: OrderedDict[str, FlowSeen] = OrderedDict()
        self._called_by: OrderedDict[str, str] = OrderedDict()
        """The flow run that has called another one, by the id of that."""
        self._before: OrderedDict[str, list[Moment]] = OrderedDict()
        """States of flow runs that have not begun here."""
        # Before the recorder's own, which has been registered earlier: what is said here belongs into its file too.
        atexit.register(self.close)

    def known(self, flow_run_id: str) -> bool:
        """Whether this flow run is traced here."""
        return flow_run_id in self._flows

    def begin(
        self,
        flow_name: str,
        flow_run_id: str,
        attributes: Mapping[str, Any],
        scheduled_at: int | None,
        *,
        elsewhere: bool = False,
    ) -> None:
        """Trace this flow run from now on. Idempotent. `elsewhere`: its tasks run in processes of which
        nothing may be heard here."""
        with self._lock:
            if flow_run_id in self._flows:
                return
            run = run_ref(flow_name, flow_run_id, self.namespace)
            flow = self._flows[flow_run_id] = FlowSeen(run, attributes, scheduled_at, elsewhere)
            flow.moments += self._before.pop(flow_run_id, [])
            caller = self._flows.get(self._called_by.get(flow_run_id, ""))
            if caller is not None:
                flow.links[Link(LinkKind.CHILD, Direction.UP, caller.run, "called as a subflow")] = None
            self._forget()

    def flow_moved(self, flow_run_id: str, moment: Moment) -> None:
        """A flow run that is traced, or one that such a run has called, went into another state."""
        said: list[Statement] = []
        with self._lock:
            flow = self._flows.get(flow_run_id)
            if flow is None:
                self._keep(flow_run_id, moment)
            new = flow is not None and flow.moved(moment)
            if flow is not None and new:
                said.append(statements.flow_moved(flow, moment))
            caller = self._flows.get(self._called_by.get(flow_run_id, ""))
            call = caller.tasks.get(caller.children.get(flow_run_id, "")) if caller else None
            if caller is not None and call is not None:
                said += self._attempts(caller, call, moment, 0)
        self._say(said, moment.at)
        if flow is not None and new and flow.over:
            self._ended(flow_run_id, flow)

    def task_moved(
        self,
        flow_run_id: str,
        task_run_id: str,
        facts: Mapping[str, Any],
        moment: Moment,
        *,
        pooled: bool = False,
        untrackable: bool = False,
        call: bool = False,
    ) -> None:
        """A task run of a flow run that is traced went into another state; `facts` are what Prefect has of it.

        `pooled`: it runs in a process of a pool, where Prefect has made values of the futures that it was given.
        `untrackable`: what it returned has no identity that Prefect could follow. `call`: it stands for a flow run.
        """
        with self._lock:
            flow = self._flows.get(flow_run_id)
            if flow is None or (task_run_id not in flow.tasks and _late(facts, moment)):
                return
            task = flow.tasks.get(task_run_id) or _seen(flow, task_run_id, facts, pooled=pooled, call=call)
            if not task.moments and moment.due_at is None:
                moment = replace(moment, due_at=micros(facts.get("expected_start_time")))
            if not task.begun:
                _named(task, facts)  # Prefect gives a run its own name between Pending and Running
            said = self._attempts(flow, task, moment, int(facts.get("run_count") or 0))
            if untrackable:
                flow.untrackable_at = min(flow.untrackable_at or moment.at, moment.at)
        self._say(said, moment.at)
        if moment.kind == CRASHED and time.monotonic() - self._departed > PAUSE:
            # Perhaps by a signal to end: Prefect passes that on before it has said how the flow ended.
            self._depart()

    def outside_moved(self, task_run_id: str, facts: Mapping[str, Any], moment: Moment) -> None:
        """A task run that belongs to no flow run went into another state: it is a run of its own, and so is what it
        calls a part of it."""
        parents = [key for _, key in inputs({PARENTS: (facts.get("task_inputs") or {}).get(PARENTS)})]
        root = next((each for key in parents if (each := self.caller_of(key))), task_run_id)
        if root == task_run_id:
            name = task_name(str(facts["name"]), str(facts["task_key"]), str(facts["dynamic_key"]))
            self.begin(name, root, task_attributes(facts), moment.at)
        self.task_moved(root, task_run_id, facts, moment)
        if root == task_run_id:
            self.flow_moved(root, moment)

    def called(self, flow_run_id: str, task_run_id: str, child: RunRef, kind: LinkKind, evidence: str) -> None:
        """A flow run has called another one. `task_run_id` stands for the call, if it is not empty."""
        with self._lock:
            flow = self._flows.get(flow_run_id)
            if flow is None:
                return
            link = Link(kind, Direction.DOWN, child, evidence)
            flow.links[link] = None
            if task_run_id:
                flow.children[child.run_id] = task_run_id
            self._called_by[child.run_id] = flow_run_id
        self.recorder.say(Statement(EventKind.NOTED, flow.run, links=(link,)))

    def used(self, flow_run_id: str, task_run_id: str, assets: tuple[AssetUse, ...]) -> None:
        """A task run has read or written assets."""
        with self._lock:
            flow = self._flows.get(flow_run_id)
            task = flow.tasks.get(task_run_id) if flow else None
            if flow is None or task is None:
                return
            span = span_key(task.task, task_run_id, task.tries[-1].number)
        self.recorder.say(Statement(EventKind.NOTED, flow.run, span, assets=assets))

    def waits_for(self, flow_run_id: str) -> bool:
        """Whether a flow run that is traced has called this one, which runs elsewhere."""
        return flow_run_id in self._called_by and flow_run_id not in self._flows

    def caller_of(self, task_run_id: str) -> str:
        """The flow run that is traced and has this task run; empty if there is none."""
        with self._lock:
            return next((key for key, flow in self._flows.items() if task_run_id in flow.tasks), "")

    def close(self) -> None:
        """The process ends: what is open in flow runs that are over stays so."""
        with guard("prefect.close"):
            for flow in list(self._flows.values()):
                if flow.over and flow.open_tasks:
                    self.recorder.complete(statements.account(flow, clock.now(), final=True))

    def _attempts(self, flow: FlowSeen, task: TaskSeen, moment: Moment, number: int) -> list[Statement]:
        return list(statements.attempts_moved(flow, task, task.moved(moment, number), moment))

    def _ended(self, flow_run_id: str, flow: FlowSeen) -> None:
        with self._lock:
            manifest = statements.account(flow, clock.now(), final=False)
        self.recorder.complete(manifest)
        if flow_run_id not in self._called_by:
            self._depart()

    def _depart(self) -> None:
        """Where the disk goes with the process: whoever was told to end may be gone before its exit handlers run."""
        if self.settings.capture.ship == SELF:
            self.recorder.close()
            self._departed = time.monotonic()

    def _say(self, statements: Iterable[Statement], at: int) -> None:
        """`at` is Prefect's own time of it."""
        for statement in statements:
            self.recorder.say(statement, at)

    def _forget(self) -> None:
        if (more := len(self._flows) - FLOWS) > 0:
            over = [key for key, flow in self._flows.items() if flow.over and not flow.open_tasks]
            for key in over[:more]:
                del self._flows[key]
        while len(self._called_by) > FLOWS * 100:
            self._called_by.popitem(last=False)

    def _keep(self, flow_run_id: str, moment: Moment) -> None:
        """In case that this flow run begins here."""
        before = self._before.setdefault(flow_run_id, [])
        if moment not in before:
            self._before[flow_run_id] = [*before[-STATES:], moment]
        while len(self._before) > FLOWS * 10:
            self._before.popitem(last=False)


def task_attributes(facts: Mapping[str, Any]) -> Mapping[str, Any]:
    """Of every attempt of a task run."""
    again = int(facts.get("flow_run_run_count") or 0)
    found = {
        "prefect.task_run": facts["name"],
        "prefect.task_version": facts.get("task_version"),
        "prefect.tags": sorted(facts.get("tags") or ()),
        "prefect.flow_run_attempt": again if again > 1 else None,
    }
    return {key: value for key, value in found.items() if value}


def _seen(flow: FlowSeen, task_run_id: str, facts: Mapping[str, Any], *, pooled: bool, call: bool) -> TaskSeen:
    given = facts.get("task_inputs")
    lost = pooled and untracked(given) and any(each.over for each in flow.tasks.values())
    task = TaskSeen(task_run_id, tuple(inputs(given)), untracked(given), lost, call)
    flow.remember(task)
    return task


def _late(facts: Mapping[str, Any], moment: Moment) -> bool:
    """Whether a task run that is not remembered had begun before: it was told of, and has been forgotten."""
    return int(facts.get("run_count") or 0) > 0 and moment.kind != RUNNING


def _named(task: TaskSeen, facts: Mapping[str, Any]) -> None:
    task.task = task_name(str(facts["name"]), str(facts["task_key"]), str(facts["dynamic_key"]))
    task.attributes = task_attributes(facts)


_made: list[Tracer | None] = []
_making = Lock()


def tracer() -> Tracer | None:
    """This process's tracer; None when what is configured cannot be used."""
    if not _made:
        with _making, guard("prefect.configure"):
            if not _made:
                _configure(_made.append)
    return _made[0] if _made else None


def _configure(use: Callable[[Tracer | None], None]) -> None:
    from datatracing.errors import BadInputError

    try:
        use(Tracer(TapSettings.read()))
    except BadInputError as error:
        log.warning("DataTracing is off: %s", error)
        use(None)
