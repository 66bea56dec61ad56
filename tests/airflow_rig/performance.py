"""All shapes played at once on one cluster: everything is triggered first, and waited for one by one."""

from concurrent.futures import Future, ThreadPoolExecutor

from tests.airflow_rig.acts import ACTS, PATIENCE
from tests.airflow_rig.cluster import Cluster
from tests.airflow_rig.oracle import Oracle
from tests.conformance.account import Account
from tests.conformance.shapes import BY_NAME, SHAPES, Shape

SLOW = ("run_timeout", "killed_worker", "cleared_and_rerun", *ACTS)
"""Started first, because they wait for a clock or a hand while the others use the machine."""

LIMIT = 200.0
"""Seconds until the last of them is over. Forty are enough on an idle machine with two cores."""


class Performance:
    """The runs of all shapes, from their start on."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.oracle = Oracle(cluster.home.database)
        self.hands = ThreadPoolExecutor(len(ACTS))
        self.acts: dict[str, Future[None]] = {}

    def start(self) -> "Performance":
        """Trigger every shape that is not started by another one."""
        for shape in sorted(SHAPES, key=lambda shape: shape.name not in SLOW):
            if not shape.started_by:
                self.cluster.api.trigger(shape.pipeline, shape.run_id)
        self.acts = {name: self.hands.submit(act, self.cluster, self.oracle) for name, act in ACTS.items()}
        return self

    def account(self, shape: Shape) -> Account:
        """What Airflow says about the run, once it is over."""
        if act := self.acts.get(shape.name):
            act.result(PATIENCE * 2)
        self.cluster.until(lambda: self._over(shape), f"{shape} is over", LIMIT)
        return self.oracle.account(shape.pipeline, self.run_id(shape))

    def name(self, shape: Shape) -> str:
        """Of the shape's run, as the command line takes it."""
        return f"airflow:{shape.pipeline}/{self.run_id(shape)}"

    def names(self, shape: Shape) -> dict[str, str]:
        """The names of the runs that this shape is linked with, by shape."""
        others = [BY_NAME[other] for _, _, other in shape.links]
        for other in others:
            self.cluster.until(lambda other=other: self._over(other), f"{other} is over", LIMIT)
        return {other.name: self.name(other) for other in others}

    def run_id(self, shape: Shape) -> str:
        """Given by us, or by Airflow to a run that another run started."""
        return self.oracle.runs(shape.pipeline)[0] if shape.started_by else shape.run_id

    def close(self) -> None:
        """Let the hands go; what they still wait for is over with the cluster."""
        self.hands.shutdown(wait=True, cancel_futures=True)
        self.oracle.close()

    def _over(self, shape: Shape) -> bool:
        known = not shape.started_by or self.oracle.runs(shape.pipeline)
        return bool(known) and self.oracle.state(shape.pipeline, self.run_id(shape)) in {"success", "failed"}
