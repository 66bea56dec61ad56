"""What a watcher says of its ticks."""

from datatracing.hosting.tick import TickResult


def test_ticks_add_up_and_only_the_last_one_knows_what_is_left():
    first, last = TickResult(completed=2, failed=1, waiting=3, more=True), TickResult(completed=1, waiting=1)
    assert first + last == TickResult(completed=3, failed=1, waiting=1, more=False)


def test_it_names_only_what_there_is():
    assert str(TickResult()) == "0 runs completed"
    every = TickResult(completed=2, failed=1, waiting=3, more=True)
    assert str(every) == "2 runs completed, 1 could not be read, 3 are to be read again, more are waiting"
