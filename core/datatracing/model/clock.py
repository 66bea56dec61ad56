"""Times inside DataTracing are integers: microseconds since 1970-01-01 UTC. They are text only at the edge."""

from datetime import datetime, timedelta, timezone

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
MICROSECOND = timedelta(microseconds=1)
SECOND = 1_000_000


def now() -> int:
    """The current time in microseconds."""
    return micros(datetime.now(timezone.utc))


def micros(moment: datetime) -> int:
    """Exact integer microseconds; a naive datetime is taken as UTC, as orchestrators' databases store it."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
    return (aware - EPOCH) // MICROSECOND


def rfc3339(at: int | None) -> str | None:
    """RFC 3339 in UTC with six decimals and `Z`."""
    if at is None:
        return None
    return (EPOCH + at * MICROSECOND).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def parse_rfc3339(text: str) -> int:
    """Microseconds of an RFC 3339 time; ValueError when it is not one."""
    return micros(datetime.fromisoformat(text.replace("Z", "+00:00")))
