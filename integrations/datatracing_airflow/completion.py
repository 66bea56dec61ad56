"""Completing a run: Airflow's record is read in a session of our own, redacted, and handed to the store."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from datatracing.capture import CaptureSettings, redaction
from datatracing.errors import DataTracingError, StoreUnreachableError
from datatracing.hosting.deleted import close_deleted
from datatracing.hosting.give_up import give_up
from datatracing.model import clock
from datatracing.model.run import RunRef
from datatracing_airflow import compat, links, session
from datatracing_airflow.agenda import RunId
from datatracing_airflow.graph import Graphs
from datatracing_airflow.manifest import finished, read_manifest
from datatracing_airflow.reconciler import Reconciler
from datatracing_airflow.records import Records

if TYPE_CHECKING:
    from datatracing.connection import Connection
    from datatracing.model.manifest import Manifest


class Completion:
    """The work of Airflow's watcher. Everything that can fail raises; who calls it tries again."""

    def __init__(self, connection: "Connection", settings: CaptureSettings) -> None:
        self.connection = connection
        self.namespace = settings.namespace
        self.redactor = redaction(settings, compat.mask)
        self.graphs = Graphs()
        self.reconciler = Reconciler(connection, self.namespace)
        self._given_up: set[RunId] = set()

    def complete(self, run: RunId) -> bool:
        """False as long as Airflow's own record does not say that the run is over: the hook spoke from inside a
        transaction. A run that has been deleted since is closed as it is."""
        with session.reading() as opened:
            records = Records(opened, *run)
            observed_at, row = clock.now(), records.run()
            if row is not None and not finished(row):
                return False
            manifest = self._manifest(records, row, observed_at) if row is not None else None
        if manifest is not None:
            self.connection.complete(self.redactor.manifest(manifest))
        else:
            close_deleted(self.connection, RunRef(links.ORCHESTRATOR, self.namespace, *run).trace_id)
        return True

    def give_up(self, run: RunId, error: Exception) -> None:
        """Once for each run: the reconciler goes on finding it, and each time it is tried again."""
        if run not in self._given_up:
            give_up(self.connection, RunRef(links.ORCHESTRATOR, self.namespace, *run).trace_id, error)
            self._given_up.add(run)

    def sweep(self) -> None:
        """See Connection.sweep."""
        self.connection.sweep()

    def missed(self) -> list[RunId]:
        """See Reconciler."""
        return self.reconciler.missed()

    def close(self) -> None:
        """Give back Airflow's connections; the store's belongs to the agent."""
        session.end()

    def _manifest(self, records: Records, row: Mapping[str, Any], observed_at: int) -> "Manifest":
        trace_id = RunRef(links.ORCHESTRATOR, self.namespace, records.dag_id, records.run_id).trace_id
        waits = partial(self._waits, trace_id)
        return read_manifest(records, row, self.graphs, self.namespace, observed_at=observed_at, waits=waits)

    def _waits(self, trace_id: str) -> Iterator[Mapping[str, Any]]:
        """What sensors wrote down while they ran: the dates that they waited for are in no table of Airflow's."""
        try:
            document = self.connection.trace(trace_id)
        except StoreUnreachableError:
            raise
        except DataTracingError:
            return  # nothing has been said about this run, or this token may not read it
        for span in document["spans"]:
            if wait := span["attributes"].get("airflow.waits_for"):
                yield wait
