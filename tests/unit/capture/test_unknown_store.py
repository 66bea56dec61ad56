"""An address that is none is somebody's mistake, which is corrected; what was captured meanwhile waits."""

from datatracing.agent.once import catch_up
from datatracing.capture import CaptureSettings, Recorder
from datatracing.capture.reading import spool_files
from datatracing.errors import StoreUnreachableError
from datatracing.model.event import EventKind, Statement
from datatracing.model.run import RunRef


def test_law6_events_for_a_store_of_no_known_kind_wait_and_are_not_put_aside(tmp_path):
    settings = CaptureSettings("mysql://somewhere/traces", spool_dir=tmp_path / "spool")
    recorder = Recorder(settings)
    recorder.say(Statement(EventKind.ENDED, RunRef("airflow", "default", "shop", "run")))
    recorder.close()
    report = catch_up(settings, bound=None)
    assert isinstance(report.error, StoreUnreachableError)
    assert (report.waits, report.lost) == (True, 0)
    assert len(spool_files(settings.spool_dir)) == 1
