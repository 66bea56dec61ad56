"""The name of a run, and of one attempt inside it."""

from dataclasses import dataclass
from functools import cached_property

from datatracing.errors import BadInputError
from datatracing.model import ids

ORCHESTRATORS = ("airflow", "dagster", "prefect")
FOREIGN = "w3c"
"""Stands in for the orchestrator of a caller of whom only a traceparent is known. No run of ours has it."""


@dataclass(frozen=True)
class RunRef:
    """One execution of one pipeline. `namespace` names the installation of the orchestrator."""

    orchestrator: str
    namespace: str
    pipeline: str
    run_id: str

    @cached_property
    def trace_id(self) -> str:
        """32 hex digits, a pure function of the four fields."""
        return ids.trace_id(self.orchestrator, self.namespace, self.pipeline, self.run_id)

    @property
    def proven(self) -> bool:
        """Whether the trace id proves all four fields. A UUID can be claimed by anybody who has seen it."""
        return ids.is_hashed(self.orchestrator, self.run_id)

    @classmethod
    def foreign(cls, namespace: str, trace_id: str) -> "RunRef":
        """A caller elsewhere: its trace id is its run id."""
        return cls(FOREIGN, namespace, "trace", trace_id)

    @property
    def name(self) -> str:
        """How people write it: `airflow:DAG_ID/RUN_ID`."""
        return f"{self.orchestrator}:{self.pipeline}/{self.run_id}"


@dataclass(frozen=True)
class SpanKey:
    """One attempt of one task instance, or an operation inside it. Attempts count from 1; 0 was never tried.

    Instances of one task are told apart by `map_index` where the orchestrator counts them (Airflow), and by `map_key`
    where it names them (a Dagster mapping key, the id of a Prefect task run). `operation` is unique inside its attempt;
    with an empty `task` it is an operation of the run itself.
    """

    task: str
    map_index: int = -1
    attempt: int = 0
    map_key: str = ""
    operation: str = ""

    def span_id(self, trace_id: str) -> str:
        """16 hex digits."""
        further = {"map_key": self.map_key, "operation": self.operation}
        return ids.span_id(trace_id, self.task, self.map_index, self.attempt, **further)

    def parent_id(self, trace_id: str) -> str:
        """Of the span that this one is inside of: the run for an attempt, the attempt for its operations."""
        if not self.operation or not self.task:
            return ids.root_span_id(trace_id)
        return ids.span_id(trace_id, self.task, self.map_index, self.attempt, map_key=self.map_key)

    @property
    def instance(self) -> tuple[int, str]:
        """What tells the instances of one task apart."""
        return self.map_index, self.map_key

    @property
    def name(self) -> str:
        """`task`, `task[3]` or `task[key]`, `#2` behind it from the second attempt on, and the operation last."""
        index = f"[{self.map_key or self.map_index}]" if self.map_key or self.map_index >= 0 else ""
        attempt = f"{self.task}{index}" + (f" #{self.attempt}" if self.attempt > 1 else "")
        return " / ".join(part for part in (attempt, self.operation) if part)


@dataclass(frozen=True)
class RunName:
    """A run as a person typed it: the namespace is not known yet."""

    orchestrator: str
    pipeline: str
    run_id: str


def parse_run(text: str) -> str | RunName:
    """A trace id, or `airflow:DAG_ID/RUN_ID` taken apart. Raises BadInputError for anything else.

    Airflow's DAG id has no slash but its run id may; elsewhere the run id is a UUID and the pipeline may have one.
    """
    if ids.is_trace_id(text.lower()):
        return text.lower()
    orchestrator, colon, rest = text.partition(":")
    pipeline, slash, run_id = rest.partition("/") if orchestrator == "airflow" else rest.rpartition("/")
    if orchestrator not in ORCHESTRATORS or not (colon and slash and pipeline and run_id):
        raise BadInputError(
            f"{text!r} is not a run: give a trace id of 32 hex digits, or airflow:DAG_ID/RUN_ID, "
            "dagster:JOB/RUN_ID or prefect:FLOW/RUN_ID"
        )
    return RunName(orchestrator, pipeline, run_id)
