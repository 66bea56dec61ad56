"""The storm under CeleryExecutor, where the tasks run on a host without a scheduler: `make test-celery`."""

import json

import pytest

from tests.airflow_rig.command import datatracing
from tests.airflow_rig.oracle import Oracle
from tests.storm.celery import on_celery
from tests.storm.judgement import hung, play, wrong
from tests.storm.scene import Size

SIZE, ATTEMPTS = Size(runs=2, tasks=31, slots=32), 86
"""A Celery worker's processes are daemonic and may have no multiprocessing child: three more tasks of each run fail."""


@pytest.mark.apart
@pytest.mark.timeout(2_400)
def test_law1_a_storm_on_a_host_without_a_scheduler_loses_nothing(tmp_path):
    with on_celery(tmp_path, SIZE) as scene, scene.witness() as witness:
        oracle = Oracle(scene.home.database)
        accounts = play(scene.cluster, oracle, [f"storm.{n}" for n in range(SIZE.runs)])
        oracle.close()
        assert hung(accounts) == []
        assert [fault for account in accounts for fault in wrong(scene.home, account)] == []
        assert sum(len(account.attempts) for account in accounts) == ATTEMPTS
        waiting = json.loads(datatracing(scene.worker, "spool", "status", "--json").stdout)["files"]
        assert [file for file in waiting if file["events"]] == []
    assert witness.others == {}
    assert witness.allowed
