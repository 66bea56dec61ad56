"""What holds for every test."""

import signal

import pytest

from datatracing.capture.guard import reraising

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell starts what runs in its background like this, and no program that a test starts could be interrupted.
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def _guarded_errors_are_seen():
    """What the guard would hide from a host is a bug of ours, so a test fails with it."""
    with reraising():
        yield


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """A test that is skipped fails: it would read like one that passed."""
    report = yield
    return _refused(report)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector):
    """The same for a whole file that skips itself, for example for want of a package."""
    report = yield
    return _refused(report)


def _refused(report):
    if report.skipped and not hasattr(report, "wasxfail"):
        report.outcome, report.longrepr = "failed", f"skipped: {report.longrepr}"
    return report
