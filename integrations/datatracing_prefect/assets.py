"""The assets that task runs read and wrote, by URI, so that other orchestrators' assets meet them."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from datatracing.model.link import Access, AssetUse
from datatracing.model.uris import asset_uri
from datatracing_prefect.mapping import micros
from datatracing_prefect.rest import Plain

WROTE, REFERENCED = "prefect.asset.materialization.succeeded", "prefect.asset.referenced"


@dataclass(frozen=True)
class Use:
    """`key` is Prefect's own, `task_run` the id of who did it, `at` in microseconds."""

    key: str
    access: Access
    task_run: str
    at: int

    @property
    def uri(self) -> str:
        """The key as every orchestrator writes it."""
        return asset_uri(self.key)


def read_uses(events: Iterable[Plain]) -> list[Use]:
    """In the order of the events. A materialization that failed has written nothing."""
    return [use for event in events for use in _uses(event)]


def by_task_run(uses: Iterable[Use]) -> Mapping[str, tuple[AssetUse, ...]]:
    """What each task run did, each once."""
    found: dict[str, dict[AssetUse, None]] = defaultdict(dict)
    for use in uses:
        found[use.task_run][AssetUse(use.uri, use.access)] = None
    return {task_run: tuple(several) for task_run, several in found.items()}


def related(event: Plain, role: str) -> Iterator[str]:
    """Ids of the event's related resources in this role, without Prefect's prefix for what is Prefect's own."""
    for each in event["related"]:
        if each["prefect.resource.role"] == role:
            name = str(each["prefect.resource.id"])
            yield name if role == "asset" else name.rpartition(".")[2]


def _uses(event: Plain) -> Iterator[Use]:
    task_run, at = next(related(event, "task-run"), ""), micros(event["occurred"]) or 0
    key = str(event["resource"]["prefect.resource.id"])
    if event["event"] in {WROTE, REFERENCED}:
        yield from (Use(upstream, Access.READ, task_run, at) for upstream in related(event, "asset"))
        yield Use(key, Access.WRITE if event["event"] == WROTE else Access.READ, task_run, at)
