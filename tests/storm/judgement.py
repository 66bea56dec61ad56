"""What is wrong after a storm: sentences, and none when all is well."""

from collections.abc import Iterable, Iterator, Mapping
from statistics import median
from typing import Any

from datatracing.errors import DataTracingError
from tests.airflow_rig.cluster import Cluster
from tests.airflow_rig.home import Home
from tests.airflow_rig.oracle import Oracle
from tests.airflow_rig.reading import Reading, reading, settled
from tests.conformance.account import Account
from tests.conformance.check import unbalanced, untruths

DAG = "storm"
ENDS = {"success", "failed"}
SEALED, STALLED = 120.0, 300.0
"""Seconds after the end of the last run within which every trace must be whole; seconds in which nothing ends."""
OVER = {"success", "failed", "retried", "skipped", "upstream_failed", "removed"}


def play(cluster: Cluster, oracle: Oracle, runs: Iterable[str]) -> list[Account]:
    """All runs at once, until the last is over; their accounts by Airflow's own tables."""
    names = list(runs)
    for run in names:
        cluster.api.trigger(DAG, run)
    ended = 0
    while not all(oracle.state(DAG, run) in ENDS for run in names):
        ended = _after(cluster, oracle, names, ended)
    return [oracle.account(DAG, run) for run in names]


def _after(cluster: Cluster, oracle: Oracle, names: list[str], ended: int) -> int:
    """Wait for one more attempt or run to end; how many have."""
    cluster.until(lambda: _ended(oracle, names) != ended, f"anything ends in {names}", STALLED)
    return _ended(oracle, names)


def _ended(oracle: Oracle, names: list[str]) -> int:
    return sum(oracle.ended(DAG, run) + (oracle.state(DAG, run) in ENDS) for run in names)


def wrong(home: Home, account: Account) -> list[str]:
    """About one run, when its trace has had its time."""
    with reading(home) as store:
        return settled(lambda: [f"{account.run_id}: {each}" for each in _wrong(store, account)], SEALED)


def _wrong(store: Reading, account: Account) -> Iterator[str]:
    try:
        trace, books = store.trace(account.name), store.books(account.name)
    except DataTracingError as error:
        yield str(error)
        return
    yield from untruths(trace, account)
    yield from unbalanced(books)
    yield from _silent(trace)


def _silent(trace: Mapping[str, Any]) -> Iterator[str]:
    """A task that raised said why; those that were killed could not."""
    said = sum("this row is bad" in ((span["error"] or {}).get("message") or "") for span in trace["spans"])
    failed = [span for span in trace["spans"] if span["level"] == "task" and span["state"] in {"failed", "retried"}]
    raised = sum(span["map_index"] % 20 in {2, 9, 12} for span in failed)
    if said != raised:
        yield f"{said} of {raised} errors have their text"


def hung(accounts: Iterable[Account]) -> list[str]:
    """Attempts of finished runs that are not over."""
    every = ((account, attempt) for account in accounts for attempt in account.attempts)
    return [f"{account.run_id} {each.name} is {each.raw_state}" for account, each in every if each.state not in OVER]


def states(account: Account) -> list[tuple[int, int, str]]:
    """How every attempt ended, for comparing two runs of the same tasks."""
    return sorted((each.map_index, each.attempt, each.state) for each in account.attempts)


def seconds(accounts: Iterable[Account]) -> float:
    """The median duration of the attempts that succeeded."""
    return median(
        (each.times.ended_at - each.times.started_at) / 1e6
        for account in accounts
        for each in account.attempts
        if each.state == "success"
    )
