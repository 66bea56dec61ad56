"""The play itself: a world, a plan, and what is wrong in the end."""

import sys
import time
from pathlib import Path

from tests.chaos import faults
from tests.chaos.plan import Fault, plan
from tests.chaos.verdict import events, heal, losses, wrong
from tests.chaos.world import World, world

FAULTS_PER_RUN = 10
"""How long a run goes on, in faults."""
AT_A_TIME = 6
SPEAKING = 300.0
"""Seconds until a new producer has emitted something, on a machine that is busy with something else."""
PATIENCE = 300.0
"""Seconds until all is delivered after the last fault."""


def play(folder: Path, seed: int, count: int, store: str) -> list[str]:
    """Sentences about what is wrong; none when every event is stored or named."""
    began = time.monotonic()
    with world(folder, store) as stage:
        for number, fault in enumerate(plan(seed, count)):
            _one(stage, number, fault)
        found = [*heal(stage, PATIENCE), *wrong(stage)]
        said, named = len(events(stage)), "?" if found else losses(stage)
    told = f"{count} faults, {said} events, {named} named as lost, {len(found)} complaints"
    print(f"seed {seed} on {store}: {told}, {time.monotonic() - began:.0f} s", file=sys.stderr)
    return found


def _one(stage: World, number: int, fault: Fault) -> None:
    first = number // FAULTS_PER_RUN
    runs = [f"run{first + n}" for n in range(AT_A_TIME)]
    deadline = time.monotonic() + SPEAKING
    stage.collector.tend()
    for host in stage.hosts:
        host.populate(runs)
        while not host.speaking():
            assert time.monotonic() < deadline, f"nobody speaks on host {host.folder.name}"
            time.sleep(0.02)
            host.populate(runs)
    with faults.of(stage, fault):
        time.sleep(fault.seconds)
    time.sleep(fault.seconds)
