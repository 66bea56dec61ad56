"""What Dagster itself has about one run: its record, its events, the plan it was executed by."""

from functools import cached_property
from typing import TYPE_CHECKING, Any

from datatracing_dagster import compat

if TYPE_CHECKING:
    from dagster import DagsterInstance, DagsterRun, RunRecord


class RunDeletedError(Exception):
    """Dagster has no such run any more: there is nothing to read, now or later."""


class Records:
    """Read when asked for, each thing once. Whatever Dagster's storage raises is raised."""

    def __init__(self, instance: "DagsterInstance", run_id: str) -> None:
        self.instance = instance
        self.run_id = run_id
        self._pointed_at: dict[tuple[str, int], Any | None] = {}

    @cached_property
    def record(self) -> "RunRecord | None":
        """None when the run has been deleted."""
        return self.instance.get_run_record_by_id(self.run_id)

    @property
    def run(self) -> "DagsterRun":
        """RunDeletedError when the run has been deleted."""
        if self.record is None:
            raise RunDeletedError(f"Dagster has no run {self.run_id} any more")
        return self.record.dagster_run

    @cached_property
    def entries(self) -> list[Any]:
        """EventLogEntry objects with a DagsterEvent, as they were stored: the clocks of two processes may differ."""
        return [entry for entry in compat.entries(self.instance, self.run_id) if entry.dagster_event is not None]

    @cached_property
    def launch_error(self) -> Any | None:
        """Why a run could not be launched: the engine that tried says so in an event of its own."""
        return compat.engine_error(self.instance, self.run_id)

    @cached_property
    def plan(self) -> Any | None:
        """The snapshot of the execution plan; None when the run never came that far."""
        return compat.plan(self.instance, self.run)

    def pointed_at(self, name: str, number: int) -> Any | None:
        """The materialization or observation with this number, of any run; None when it has been deleted, or is not one
        of the asset that Dagster writes as `name`. Only the event has the key: a part of it may hold a slash."""
        if (name, number) not in self._pointed_at:
            found = compat.numbered_asset_event(self.instance, number)
            right = found is not None and found.asset_key is not None and found.asset_key.to_user_string() == name
            self._pointed_at[name, number] = found if right else None
        return self._pointed_at[name, number]
