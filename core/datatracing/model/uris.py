"""One way to write an asset's URI, so that what one orchestrator wrote and another one reads is the same asset."""

from urllib.parse import urlsplit, urlunsplit


def asset_uri(text: str) -> str:
    """Scheme and host in small letters, no password, no slash at the end; what is no URI stays as it is.

    The query stays: `postgres://host/db?table=orders` names its asset there. Raises nothing.
    """
    try:
        parts = urlsplit(text.strip())
        if not parts.scheme or not parts.netloc:
            return text.strip()
        place = parts.netloc.rpartition("@")[2].lower()
        return urlunsplit((parts.scheme.lower(), place, parts.path.rstrip("/"), parts.query, ""))
    except ValueError:
        return text.strip()
