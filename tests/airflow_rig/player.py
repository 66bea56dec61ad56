"""Single runs on a cluster, and what is wrong with their traces."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from datatracing.errors import DataTracingError
from tests.airflow_rig.cluster import Cluster
from tests.airflow_rig.home import Home
from tests.airflow_rig.oracle import Oracle
from tests.airflow_rig.reading import Reading, reading, settled
from tests.conformance.account import Account
from tests.conformance.check import unbalanced, untruths

ENDS = {"success", "failed"}
BACK = 60.0
"""Seconds until a trace is whole after what was broken works again: the longest rest between two attempts."""


class Player:
    """Plays runs on a cluster, and says what is wrong with their traces."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.oracle = Oracle(cluster.home.database)

    def trigger(self, dag: str = "success_chain") -> str:
        """A run of its own, by hand; its id."""
        run = f"fault.{uuid.uuid4().hex[:8]}"
        self.cluster.api.trigger(dag, run)
        return run

    def over(self, run: str, dag: str = "success_chain") -> Account:
        """The account of the run, which must be a success."""
        self.cluster.until(lambda: self.oracle.state(dag, run) in ENDS, f"{dag} {run} is over", 120)
        account = self.oracle.account(dag, run)
        assert account.state == "success"
        return account

    def play(self, dag: str = "success_chain") -> Account:
        """From its start to its end."""
        return self.over(self.trigger(dag), dag)

    def wrong(self, account: Account, look: Callable[[Reading, Account], list[str]]) -> list[str]:
        """What is still wrong with the run's trace when a store that works again has had its time."""
        with reading(self.home) as store:
            return settled(lambda: look(store, account), BACK)

    def scheduler_with(self, **changed: str) -> None:
        """Let it, and with it all tasks, run with these settings of ours on top of the usual ones."""
        settings = {**self.cluster.home.settings, **changed}
        scheduler = self.cluster.components["scheduler"]
        if scheduler.home.settings != settings or not scheduler.alive:
            self.cluster.restart("scheduler", settings)

    @property
    def home(self) -> Home:
        """With the settings that the scheduler has now."""
        return self.cluster.components["scheduler"].home

    @contextmanager
    def said(self) -> Iterator[list[str]]:
        """What the agent of the scheduler that is then at work has written to its log, in a list of one."""
        heard = list[str]()
        yield heard
        heard.append((self.home.spool / "agent.log").read_text("utf-8", "replace"))


def whole(store: Reading, account: Account) -> list[str]:
    """The trace is what Airflow says, and nothing was lost."""
    try:
        return untruths(store.trace(account.name), account) + unbalanced(store.books(account.name))
    except DataTracingError as error:
        return [str(error)]


def sealed(store: Reading, account: Account) -> list[str]:
    """There is a verdict, whatever is in the trace."""
    try:
        return [] if store.trace(account.name)["run"]["verdict"] else ["no verdict"]
    except DataTracingError as error:
        return [str(error)]
