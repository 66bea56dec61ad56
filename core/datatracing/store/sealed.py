"""What a seal writes."""

from collections.abc import Sequence
from dataclasses import dataclass

from datatracing.model.event import Times
from datatracing.model.fate import LedgerEntry
from datatracing.model.link import AssetUse, Link
from datatracing.model.states import State
from datatracing.store.summary import RunSummary


@dataclass(frozen=True)
class SpanRow:
    """A task span as a lean row for SQL statistics."""

    span_id: str
    task: str
    map_index: int
    attempt: int
    state: State
    times: Times


@dataclass(frozen=True)
class Sealed:
    """Everything one seal writes, in one transaction. `detail` None: sampling dropped it, the skeleton stays (law 5).

    `skeleton` and `detail` are zlib-compressed JSON, each the whole list `spans` of the trace document, ready to be
    served; the skeleton's has no attributes and no errors. `links` are seen from this run. `assets` are by span id.
    """

    summary: RunSummary
    skeleton: bytes
    detail: bytes | None
    spans: Sequence[SpanRow] = ()
    links: Sequence[Link] = ()
    assets: Sequence[tuple[str, AssetUse]] = ()
    aliases: Sequence[str] = ()
    ledger: Sequence[LedgerEntry] = ()
