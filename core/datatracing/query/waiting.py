"""What the asking host itself knows of a run: events that wait in its spool."""

from pathlib import Path

from datatracing.capture.inventory import pending, spool_status, unreadable
from datatracing.query.stages import Stage, Status, count


def spooled(spool_dir: Path, trace_id: str) -> Stage:
    """Whether events of this run wait here. A spool on another host cannot be seen from here."""
    waiting, hidden = pending(spool_dir, trace_id), _hidden(spool_dir)
    facts = {"spool_dir": str(spool_dir), "events": waiting, "unreadable": hidden or None}
    if not waiting and hidden:
        says = f"whether anything of it waits in the spool of this host is not known: {hidden}; ask as that user"
        return Stage("spooled", Status.UNKNOWN, says, facts)
    if not waiting:
        return Stage("spooled", Status.OK, "nothing of it waits in the spool of this host", facts)
    says = f"{count(waiting, 'event')} of it in the spool of this host, not sent: `datatracing spool ship` sends now"
    return Stage("spooled", Status.WAITING, says, facts)


def _hidden(spool_dir: Path) -> str:
    """What this user cannot look at, in words."""
    try:
        return unreadable(spool_status(spool_dir))
    except OSError as error:
        return f"{spool_dir}: {error.strerror}"
