"""Completing a run: Airflow's record is read in a session of our own, redacted, and handed to the store."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from airflow.utils.session import create_session  # noqa: TID253  # loaded in an Airflow only: see Tracer._completion

from datatracing.agent import catch_up
from datatracing.capture import Recorder, redaction
from datatracing.errors import DataTracingError, StoreUnreachableError
from datatracing.model import clock
from datatracing.model.run import RunRef
from datatracing_airflow import compat, links
from datatracing_airflow.agenda import RunId
from datatracing_airflow.graph import Graphs
from datatracing_airflow.manifest import finished, read_manifest
from datatracing_airflow.reconciler import Reconciler
from datatracing_airflow.records import Records

if TYPE_CHECKING:
    from datatracing.connection import Connection
    from datatracing.model.manifest import Manifest


class Completion:
    """The work of a Finalizer. Everything that can fail raises; who calls it tries again."""

    def __init__(self, connection: "Connection", recorder: Recorder) -> None:
        self.connection = connection
        self.recorder = recorder
        self.settings = recorder.settings
        self.redactor = redaction(self.settings, compat.mask)
        self.graphs = Graphs()
        self.reconciler = Reconciler(connection, self.settings.namespace)

    def deliver(self) -> None:
        """What tasks said that were killed before they could send it, and what this process has said."""
        report = catch_up(self.settings)
        if isinstance(report.error, StoreUnreachableError):
            raise report.error

    def complete(self, run: RunId) -> bool:
        """False as long as Airflow's own record does not say that the run is over: the hook spoke from inside a
        transaction. A run that has been deleted since leaves nothing to complete."""
        # Not the session of this thread: at the end of a scheduler that one is in the middle of something else.
        with create_session(scoped=False) as session:
            records = Records(session, *run)
            observed_at, row = clock.now(), records.run()
            if row is None:
                return True
            if not finished(row):
                return False
            manifest = self._manifest(records, row, observed_at)
        self.connection.complete(self.redactor.manifest(manifest))
        return True

    def sweep(self) -> None:
        """See Connection.sweep."""
        self.connection.sweep()

    def missed(self) -> list[RunId]:
        """See Reconciler."""
        return self.reconciler.missed()

    def _manifest(self, records: Records, row: Mapping[str, Any], observed_at: int) -> "Manifest":
        namespace = self.settings.namespace
        trace_id = RunRef(links.ORCHESTRATOR, namespace, records.dag_id, records.run_id).trace_id
        waits = partial(self._waits, trace_id)
        return read_manifest(records, row, self.graphs, namespace, observed_at=observed_at, waits=waits)

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
