"""Who reads one orchestrator's records, in the agent's process. Found by the entry point group `datatracing.watchers`:

    def open_watcher(settings: Settings, connection: Connection) -> Watcher | None

None: the records cannot be reached from this process. The name of the entry point is the orchestrator's.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from datatracing.capture.notice import Notice

if TYPE_CHECKING:
    from datatracing.connection import Connection
    from datatracing.settings import Settings

GROUP = "datatracing.watchers"


class Watcher(Protocol):
    """Used by one thread, which may be in here for as long as a run takes to be read."""

    def announce(self, notice: Notice) -> None:
        """A hook on this host says that this run is over; its events are in the store."""

    def tick(self) -> float:
        """Do what is due; seconds until it is worth calling again, unless a notice comes before.

        StoreUnreachableError: nothing is lost, the next call goes on there.
        """

    def drain(self, deadline: float) -> None:
        """The host is ending: complete what was announced, settle time or not, until that moment of time.monotonic."""

    def close(self) -> None:
        """Give back connections."""


OpenWatcher = Callable[["Settings", "Connection"], "Watcher | None"]
