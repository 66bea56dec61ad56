"""What a hook tells the watcher on its host, and nobody else."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Notice:
    """A run is over, as it seems: its record is to be read.

    `settle` is False when all of its hooks have fired already, so that there is nothing to wait for.
    """

    orchestrator: str
    namespace: str
    pipeline: str
    run_id: str
    settle: bool = True
