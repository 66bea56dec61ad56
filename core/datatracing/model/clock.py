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
    # Airflow hands out pendulum's datetimes, and the difference of two of those is no timedelta.
    return datetime.__sub__(aware, EPOCH) // MICROSECOND


def rfc3339(at: int | None) -> str | None:
    """RFC 3339 in UTC with six decimals and `Z`.

    Never raises, or one event of a broken clock would make every list that names its run unreadable: a moment outside
    the years 1 to 9999 is shown as the nearest one inside.
    """
    if at is None:
        return None
    moment = EPOCH + min(max(at, _FIRST), LATEST) * MICROSECOND
    return moment.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def parse_rfc3339(text: str) -> int:
    """Microseconds of an RFC 3339 time; ValueError when it is not one."""
    return micros(datetime.fromisoformat(text.replace("Z", "+00:00")))


_FIRST = micros(datetime.min.replace(tzinfo=timezone.utc))
LATEST = micros(datetime.max.replace(tzinfo=timezone.utc))
