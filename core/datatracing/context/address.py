"""Where a trace can be looked at."""

from urllib.parse import urlsplit


def trace_url(base: str, trace_id: str) -> str:
    """The page of one run on a `datatracing serve` at `base`; empty when there is no such base, or it is none."""
    parts = urlsplit(base)
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        return ""
    return f"{base.rstrip('/')}/api/v1/traces/{trace_id}"
