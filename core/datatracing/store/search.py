"""Which runs to list, and a page of them."""

from dataclasses import dataclass

from datatracing.access.visibility import EVERYTHING, Visibility
from datatracing.model.states import State
from datatracing.store.summary import RunSummary


@dataclass(frozen=True)
class RunFilter:
    """Which runs to list. Empty fields do not restrict; `pipeline` is a glob with * and ?, case-sensitive.

    `visibility` is what the reader may see: no other run is listed, counted or paged over (law 8). `since` and
    `slower_than` are microseconds.
    """

    orchestrator: str | None = None
    namespace: str | None = None
    pipeline: str | None = None
    run_id: str | None = None
    state: State | None = None
    since: int | None = None
    slower_than: int | None = None
    visibility: Visibility = EVERYTHING


@dataclass(frozen=True)
class Page:
    """Runs, the newest first (see `paging.order_at`; those without any time come last), and the cursor that continues
    the list, if there is more of it."""

    runs: tuple[RunSummary, ...]
    cursor: str | None = None
