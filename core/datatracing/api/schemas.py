"""The shapes of the API for its OpenAPI document. Answers are written by `query`; a test holds the two together."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from datatracing.query.runs import PAGE_LIMIT


class Shape(BaseModel):
    """Nothing beyond the named fields."""

    model_config = ConfigDict(extra="forbid")


class RunsQuery(Shape):
    """Filters of the run list; a parameter that is not known is refused, so that no typo widens a search."""

    orchestrator: str | None = Field(None, max_length=64, description="airflow, dagster or prefect")
    namespace: str | None = Field(None, max_length=1000, description="name of the orchestrator's installation")
    pipeline: str | None = Field(None, max_length=4000, description="glob with * and ?, case-sensitive")
    run_id: str | None = Field(None, max_length=4000, description="the orchestrator's own run id")
    state: str | None = Field(None, max_length=64, description="one of the run's states")
    since: str | None = Field(
        None, max_length=64, description="started after, or made if they never did: 24h, 7d, or an RFC 3339 time"
    )
    slower_than: str | None = Field(None, max_length=64, description="took longer than: 90s, 10m, 1h30m")
    limit: int = Field(50, ge=1, le=PAGE_LIMIT)
    cursor: str | None = Field(None, max_length=200, description="from the answer before this one")


class VerdictShape(Shape):
    """The sampling decision."""

    keep: bool
    rule: str
    reason: str
    rate: float


class CompletenessShape(Shape):
    """Expected minus captured."""

    status: Literal["complete", "partial", "unknown"]
    expected: int
    captured: int
    missing: list[str]
    unknown_edges: list[str]


class RunShape(Shape):
    """One run."""

    trace_id: str
    orchestrator: str
    namespace: str
    pipeline: str
    run_id: str
    state: str
    started_at: str | None
    ended_at: str | None
    revision: int
    verdict: VerdictShape | None
    completeness: CompletenessShape | None = Field(description="null where its tasks are withheld")
    withheld: list[Literal["tasks", "texts"]] = Field(
        description="what this reader may not see: tasks are spans, links and counts; texts are errors, attributes, "
        "map keys, operations, record keys, evidence and reasons"
    )


class BooksShape(Shape):
    """emitted = stored + duplicate + sampled_out + rejected + lost."""

    emitted: int
    stored: int
    duplicate: int
    sampled_out: int
    rejected: int
    lost: int


class SummaryShape(RunShape):
    """One run in a list."""

    raw_state: str | None
    scheduled_at: str | None
    queued_at: str | None
    fate: str | None
    fate_reason: str
    counts: dict[str, int]
    unknown_fields: dict[str, int]
    books: BooksShape | None
    sealed_at: str | None
    fingerprint: str


class PageShape(Shape):
    """Newest first; `cursor` is null at the end of the list."""

    runs: list[SummaryShape]
    cursor: str | None


class ErrorShape(Shape):
    """An exception as redacted text."""

    type: str
    message: str
    stacktrace: str


class SpanShape(Shape):
    """The run itself, one attempt of one task instance, or an operation inside one."""

    span_id: str
    level: Literal["run", "task", "operation"]
    task: str | None
    map_index: int
    map_key: str | None
    attempt: int
    operation: str | None
    state: str
    raw_state: str | None
    source: Literal["events", "metadata", "both"]
    scheduled_at: str | None
    queued_at: str | None
    started_at: str | None
    ended_at: str | None
    depends_on: list[str]
    parent: str | None
    attributes: dict[str, Any]
    error: ErrorShape | None
    records: list[str]


class LinkShape(Shape):
    """An edge to another run: up is a cause, down an effect."""

    kind: str
    direction: Literal["up", "down"]
    trace_id: str
    run: str | None
    evidence: str
    confidence: Literal["exact", "inferred"]


class TraceShape(Shape):
    """A run with all its spans and links."""

    run: RunShape
    spans: list[SpanShape]
    links: list[LinkShape]


class StageShape(Shape):
    """What happened to the run at one stage."""

    stage: str
    status: Literal["ok", "waiting", "problem", "unknown"]
    says: str
    facts: dict[str, Any]


class WhyShape(Shape):
    """The fate of a run with the reason at every stage."""

    trace_id: str
    run: str | None
    namespace: str | None
    state: str | None
    fate: str | None
    reason: str
    withheld: list[Literal["tasks", "texts"]]
    stages: list[StageShape]


class FoundShape(Shape):
    """The trace id behind a name."""

    trace_id: str


class RefusalShape(Shape):
    """So many events were refused for this reason."""

    reason: str
    count: int


class ReceiptShape(Shape):
    """What became of one delivery; the three add up to what was sent."""

    accepted: int
    duplicate: int
    rejected: list[RefusalShape]


class RecordedShape(Shape):
    """How many ledger entries were taken."""

    recorded: int


class WantedShape(Shape):
    """Which runs are asked for."""

    trace_ids: list[str] = Field(max_length=1_000)


class SummariesShape(Shape):
    """Those of the runs that the store knows something of, by the trace id that was asked for."""

    runs: dict[str, SummaryShape]


class HealthShape(Shape):
    """The server and its store can be used."""

    status: Literal["ok"]
    version: str


PROBLEM = {
    "type": "object",
    "title": "Problem",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
    },
}
"""RFC 9457. Written out, because FastAPI would say of a model that it is `application/json`."""
