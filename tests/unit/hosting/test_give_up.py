"""A run that cannot be read is in the ledger, and no store that is away makes that silent."""

from datatracing import connect
from datatracing.hosting.give_up import give_up
from datatracing.model.run import RunRef

RUN = RunRef("airflow", "default", "shop", "monday")


def test_law6_what_was_given_up_is_in_the_ledger_and_why_tells_it():
    connection = connect("memory://")
    give_up(connection, RUN.trace_id, KeyError("a column"))
    (entry,) = connection.why(RUN.trace_id)["ledger"]
    assert (entry["fate"], entry["count"]) == ("lost", 1)
    assert entry["reason"] == "the watcher could not read the run: KeyError"
    connection.close()
