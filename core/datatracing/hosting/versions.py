"""Which version of an orchestrator is installed. Nothing of it is imported for that."""

from importlib.metadata import PackageNotFoundError, version


def installed(distribution: str) -> str | None:
    """Its version; None when it is not installed."""
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None


def numbers(text: str, most: int = 2) -> tuple[int, ...]:
    """At most so many; what is behind them (rc1, dev0, +local) does not count."""
    return tuple(int(part) for part in text.split("+", maxsplit=1)[0].split(".")[:most] if part.isdigit())
