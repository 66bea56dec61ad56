"""Reads manifests of runs that Airflow's own functions have brought into unusual states: run by the tests.

Usage: python -m tests.integration.airflow.direct.rows OUT STORE
"""

import json
import runpy
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

from tests.integration.airflow.direct.completing import completion, deleted, looked_back, reconciled
from tests.integration.airflow.direct.metadata import committed, instances, run_row

HERE = Path(__file__).parent
BEGIN = datetime(2026, 1, 1, tzinfo=timezone.utc)
CARRIERS = ("00-" + "a" * 32 + "-" + "1" * 16 + "-01", "00-" + "b" * 32 + "-" + "2" * 16 + "-01")


def main(out: Path, folder: Path) -> None:
    stage = Stage(folder)
    out.write_text(json.dumps({name: scene(stage) for name, scene in SCENES.items()}))


class Stage:
    """One Airflow with its pipelines parsed and one store of ours."""

    def __init__(self, folder: Path) -> None:
        from datatracing.capture import CaptureSettings
        from datatracing.connection import connect
        from datatracing_airflow.completion import Completion

        self.folder = folder
        self.pipelines = runpy.run_path(str(HERE / "dags" / "rows.py"))["PIPELINES"]
        store = f"sqlite:///{folder}/traces.db"
        self.settings = CaptureSettings(store, spool_dir=folder / "spool")
        self.connection = connect(store, migrate=True)
        self.completion = Completion(self.connection, self.settings)
        self.day = 0

    def test(self, dag_id):
        """A run of dag.test(), really executed."""
        self.day += 1
        return self.pipelines[dag_id].test(logical_date=BEGIN + timedelta(days=self.day)).run_id

    def create(self, dag_id, session, **columns):
        """A run with task instances that nothing has looked at."""
        from airflow.models.serialized_dag import SerializedDagModel
        from airflow.utils.state import DagRunState
        from airflow.utils.types import DagRunTriggeredByType, DagRunType

        self.day += 1
        dag = SerializedDagModel.get(dag_id, session=session).dag
        run = dag.create_dagrun(
            run_id=f"{dag_id} {self.day}",
            logical_date=BEGIN + timedelta(days=self.day),
            data_interval=(BEGIN, BEGIN),
            run_after=BEGIN,
            run_type=DagRunType.MANUAL,
            triggered_by=DagRunTriggeredByType.REST_API,
            state=DagRunState.RUNNING,
            session=session,
        )
        for name, value in columns.items():
            setattr(run, name, value)
        return run

    def trace_id(self, dag_id, run_id):
        """A pure function of the names."""
        from datatracing.model.run import RunRef

        return RunRef("airflow", "default", dag_id, run_id).trace_id

    def manifest(self, dag_id, run_id):
        """As it goes to the store, but for what redaction does."""
        from airflow.utils.session import create_session

        from datatracing.model.codec import to_plain
        from datatracing_airflow.manifest import read_manifest
        from datatracing_airflow.records import Records

        with create_session(scoped=False) as session:
            records = Records(session, dag_id, run_id)
            run = records.run()
            return to_plain(read_manifest(records, run, self.completion.graphs, "default", observed_at=1))


def executed(stage):
    """As dag.test() leaves it."""
    return stage.manifest("chain", stage.test("chain"))


def cleared(stage):
    """The second task was cleared, and before it ran again its run was over."""
    from airflow.models.taskinstance import clear_task_instances

    run_id = stage.test("chain")
    with committed() as session:
        clear_task_instances([instances(session, run_id)["two", -1]], session)
    with committed() as session:
        instances(session, run_id)["two", -1].set_state("upstream_failed", session=session)
        run = run_row(session, "chain", run_id)
        run.set_state("running")
        run.set_state("failed")
    return stage.manifest("chain", run_id)


def deadlocked(stage):
    """A run that failed with tasks that were never looked at."""
    with committed() as session:
        run = stage.create("chain", session)
        run.set_state("failed")
        run_id = run.run_id
    return stage.manifest("chain", run_id)


def marked_failed(stage):
    """A person called the run failed while its first task was running."""
    from airflow.api.common.mark_tasks import set_dag_run_state_to_failed
    from airflow.models.serialized_dag import SerializedDagModel

    with committed() as session:
        run = stage.create("chain", session)
        run_id = run.run_id
        first = instances(session, run_id)["one", -1]
        first.state, first.try_number, first.pid, first.start_date = "running", 1, 7, BEGIN
    with committed() as session:
        dag = SerializedDagModel.get("chain", session=session).dag
        set_dag_run_state_to_failed(dag=dag, run_id=run_id, commit=True, session=session)
    return stage.manifest("chain", run_id)


def versions(stage):
    """One run before and one after a task vanished from the DAG."""
    found = [_version(stage, edges) for edges in ("a >> b >> c", "a >> c")]
    return [stage.manifest("versioned", run_id) for run_id in found]


def _version(stage, edges):
    from airflow.configuration import conf

    names = [name.strip() for name in edges.split(">>")]
    file = Path(conf.get("core", "dags_folder")) / "versioned.py"
    lines = [
        "from datetime import datetime, timezone",
        "from airflow.sdk import DAG",
        "from airflow.providers.standard.operators.empty import EmptyOperator",
        "with DAG('versioned', start_date=datetime(2026, 1, 1, tzinfo=timezone.utc), schedule=None) as dag:",
        *(f"    {name} = EmptyOperator(task_id='{name}')" for name in names),
        f"    {edges}",
    ]
    file.write_text("\n".join(lines))
    command("dags", "reserialize")
    stage.day += 1
    return runpy.run_path(str(file))["dag"].test(logical_date=BEGIN + timedelta(days=stage.day)).run_id


def command(*words):
    """Airflow's command line, in this process."""
    from airflow.cli.cli_parser import get_parser

    arguments = get_parser().parse_args(words)
    arguments.func(arguments)


def asset_triggered(stage):
    """The run that wrote, and the run that the asset started."""
    from airflow.models.asset import AssetEvent
    from sqlalchemy import select

    wrote = stage.test("writer")
    with committed() as session:
        run = stage.create("reader", session)
        run.consumed_asset_events.append(session.scalar(select(AssetEvent).where(AssetEvent.source_run_id == wrote)))
        run.set_state("success")
        run_id = run.run_id
    return [stage.manifest("writer", wrote), stage.manifest("reader", run_id)]


def backfilled(stage):
    """A run of a backfill."""
    from airflow.models.backfill import Backfill

    with committed() as session:
        backfill = Backfill(dag_id="chain", from_date=BEGIN, to_date=BEGIN, max_active_runs=1, dag_run_conf={})
        session.add(backfill)
        session.flush()
        run = stage.create("chain", session, backfill_id=backfill.id)
        run.set_state("success")
        run_id = run.run_id
    return stage.manifest("chain", run_id)


def carried(stage):
    """A run that Airflow has given two trace ids: one before it was cleared, one after."""
    from airflow.models.taskinstance import clear_task_instances

    run_id = stage.test("chain")
    with committed() as session:
        rows = instances(session, run_id)
        for row in rows.values():
            row.context_carrier = {"traceparent": CARRIERS[0]}
        clear_task_instances(list(rows.values()), session)
        run = run_row(session, "chain", run_id)
        run.context_carrier = {"traceparent": CARRIERS[1]}
        run.set_state("success")
    return stage.manifest("chain", run_id)


def triggered(stage):
    """Known from the database alone: nothing of ours was listening."""
    return stage.manifest("trigger", stage.test("trigger"))


def unreadable_dag(stage):
    """The DAG as Airflow has serialized it can no longer be read."""
    from sqlalchemy import text

    run_id = stage.test("writer")
    with committed() as session:
        session.execute(text("UPDATE serialized_dag SET data = '{}' WHERE dag_id = 'writer'"))
    stage.completion.graphs._known.clear()
    return stage.manifest("writer", run_id)


def queries(stage):
    """How many statements a manifest takes: of 2 task instances, and of 300."""
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    with committed() as session:
        small, large = stage.create("chain", session), stage.create("wide", session)
        for run in (small, large):
            run.set_state("success")
        names = [(run.dag_id, run.run_id) for run in (small, large)]
    counts, sizes = [], []
    for name in names:
        stage.manifest(*name)  # its graph is known from now on
        statements = []
        event.listen(Engine, "before_cursor_execute", note := lambda *call, said=statements: said.append(call[2]))
        sizes.append(len(stage.manifest(*name)["attempts"]))
        event.remove(Engine, "before_cursor_execute", note)
        counts.append(len(statements))
    return {"statements": counts, "attempts": sizes}


def rows_in_hooks(stage):
    """Hooks of the scheduler and the api-server, with rows of a live session, also with rows that have expired."""
    from datatracing.agent.once import catch_up
    from datatracing.capture.frame import Kind
    from datatracing.capture.reading import read, spool_files
    from datatracing_airflow.listener import Listener
    from datatracing_airflow.tracer import Tracer
    from tests.integration.airflow.direct.queries import queries_of_hooks

    tracer = Tracer(stage.settings)
    tracer.attend = lambda: None  # what the hooks have said is looked at here, so nobody else may ship it
    listener = Listener(tracer)
    with committed() as session, queries_of_hooks() as queries:
        run = stage.create("chain", session, conf={"password": "opensesame123"})
        session.flush()
        row = instances(session, run.run_id)["one", -1]
        marked = instances(session, stage.create("chain", session).run_id)["two", -1]
        row.state, row.try_number, marked.state = "failed", 1, "success"
        names = [run.run_id, marked.run_id]
        listener.on_dag_run_running(dag_run=run, msg="")
        listener.on_task_instance_failed(previous_state="running", task_instance=row, error="heartbeat timeout")
        listener.on_task_instance_success(previous_state=None, task_instance=marked)
        run.set_state("failed")
        listener.on_dag_run_failed(dag_run=run, msg="task_failure")
        session.flush()
        session.expire(run)
        session.expire(row)
        listener.on_dag_run_failed(dag_run=run, msg="expired")
        listener.on_task_instance_failed(previous_state=None, task_instance=row, error="expired")
    tracer.recorder.close()
    (file,) = spool_files(stage.settings.spool_dir)
    kinds = [frame.kind for frame in read(file.read_bytes()).frames]
    assert not catch_up(stage.settings, bound=None).waits
    return {
        "queries": queries,
        "announced": kinds.count(Kind.NOTICE),
        "documents": [stage.connection.trace(stage.trace_id("chain", each)) for each in names],
        "counters": tracer.recorder.counters,
    }


SCENES = {
    scene.__name__: scene
    for scene in (
        executed,
        cleared,
        deadlocked,
        marked_failed,
        versions,
        asset_triggered,
        backfilled,
        carried,
        triggered,
        queries,
        completion,
        reconciled,
        deleted,
        looked_back,
        rows_in_hooks,
        unreadable_dag,
    )
}

if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
