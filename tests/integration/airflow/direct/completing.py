"""Scenes of what is completed, found by the reconciler, or closed; see rows."""

from datetime import timedelta

from tests.integration.airflow.direct.metadata import committed, instances, run_row


def completion(stage):
    """What is completed, and what is not: a run that is over, one that is not, one that is not there."""
    over = stage.test("chain")
    with committed() as session:
        running = stage.create("chain", session).run_id
    done = [stage.completion.complete(("chain", run_id)) for run_id in (over, running, "deleted")]
    return {"done": done, "stored": [_stored(stage, run_id) for run_id in (over, running, "deleted")]}


def _stored(stage, run_id):
    trace_id = stage.trace_id("chain", run_id)
    summary = stage.connection.summaries([trace_id]).get(trace_id)
    return None if summary is None else [summary.state.value, summary.revision]


def reconciled(stage):
    """What nobody announced is found, until it is stored; and again when it has ended another time."""
    from airflow.models.taskinstance import clear_task_instances

    reconciler, found = stage.completion.reconciler, {}
    run_id = stage.test("chain")
    found["at first"] = ("chain", run_id) in reconciler.missed()
    for run in reconciler.missed():
        stage.completion.complete(run)
    found["stored"] = reconciler.missed()
    found["stored twice"] = _stored(stage, run_id)
    stage.completion.complete(("chain", run_id))
    found["completed again"] = _stored(stage, run_id)
    with committed() as session:
        clear_task_instances(list(instances(session, run_id).values()), session)
    found["cleared"] = reconciler.missed()
    with committed() as session:
        run_row(session, "chain", run_id).set_state("success")
    found["ended again"] = reconciler.missed() == [("chain", run_id)]
    stage.completion.complete(("chain", run_id))
    with committed() as session:
        run_row(session, "chain", run_id).set_state("failed")
    found["marked"] = reconciler.missed() == [("chain", run_id)]
    stage.completion.complete(("chain", run_id))
    found["in the end"] = [reconciler.missed(), _stored(stage, run_id)]
    return found


def deleted(stage):
    """Runs that have begun: one that Airflow still has, and one that somebody deletes."""
    from datatracing.model import clock, codec
    from datatracing.model.event import EventKind, Statement, Times
    from datatracing.model.run import RunRef, SpanKey
    from datatracing.model.states import State

    with committed() as session:
        kept, gone = (stage.create("chain", session).run_id for _ in range(2))
    for run_id in (kept, gone):
        run, now = RunRef("airflow", "default", "chain", run_id), clock.now()
        began = Statement(EventKind.STARTED, run, state=State.RUNNING, times=Times(started_at=now))
        task = Statement(EventKind.STARTED, run, SpanKey("one", attempt=1), State.RUNNING, times=Times(started_at=now))
        stage.connection.accept([codec.dumps(said.event("p", seq, now)) for seq, said in enumerate((began, task))])
    found = {"while both are there": stage.completion.reconciler.missed()}
    with committed() as session:
        session.delete(run_row(session, "chain", gone))
    missed = stage.completion.reconciler.missed()
    found["is found"] = missed == [("chain", gone)]
    found["is completed"] = [stage.completion.complete(run) for run in missed]
    found["then"] = stage.completion.reconciler.missed()
    found["states"] = [_stored(stage, run_id)[0] for run_id in (kept, gone)]
    found["spans"] = [span["state"] for span in stage.connection.trace(stage.trace_id("chain", gone))["spans"]]
    return found


def looked_back(stage):
    """A run that ended longer ago than we look back, as after an installation into an old Airflow."""
    from datatracing_airflow.reconciler import Reconciler

    return len(Reconciler(stage.connection, "another namespace", timedelta(0)).missed())
