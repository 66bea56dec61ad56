"""What the asking host itself knows of a run: events that wait in its spool."""

from pathlib import Path

from datatracing.capture.inventory import pending
from datatracing.query.stages import Stage, Status, count


def spooled(spool_dir: Path, trace_id: str) -> Stage:
    """Whether events of this run wait here. A spool on another host cannot be seen from here."""
    waiting = pending(spool_dir, trace_id)
    facts = {"spool_dir": str(spool_dir), "events": waiting}
    if not waiting:
        return Stage("spooled", Status.OK, "nothing of it waits in the spool of this host", facts)
    says = f"{count(waiting, 'event')} of it in the spool of this host, not sent: `datatracing spool ship` sends now"
    return Stage("spooled", Status.WAITING, says, facts)
