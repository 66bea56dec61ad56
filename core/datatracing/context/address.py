"""Addresses, as far as a task's process has to understand them: where a trace is looked at, and what is a collector."""

import re
from pathlib import Path
from urllib.parse import urlsplit

_SECRET_OPTION = re.compile(r"(?i)([?&][^=&]*(?:password|token|secret)[^=&]*=)[^&]*")


def trace_url(base: str, trace_id: str) -> str:
    """The page of one run on a `datatracing serve` at `base`; empty when there is no such base, or it is none."""
    parts = urlsplit(base)
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        return ""
    return f"{base.rstrip('/')}/api/v1/traces/{trace_id}"


def is_collector(address: str) -> bool:
    """Whether events go there over HTTP. Every other address is one of a store (`datatracing.store.address`)."""
    return address.strip().partition("://")[0].lower() in {"http", "https"}


def is_file(address: str) -> bool:
    """Whether it is SQLite's: a file has no administrator, so whoever needs its tables makes them."""
    return address.strip().partition(":")[0].lower().partition("+")[0] == "sqlite"


def anchored(address: str) -> str:
    """SQLite's file by its absolute path, because a process may go to another directory; every other as it is."""
    scheme, slashes, rest = address.partition(":///")
    path, mark, options = rest.partition("?")
    if not slashes or not is_file(address) or path.startswith(("~", "file:", ":memory:")) or not path:
        return address
    return f"{scheme}{slashes}{Path(path).absolute()}{mark}{options}"


def masked(address: str) -> str:
    """With `***` for user and password, also when it is too broken to be taken apart."""
    scheme, slashes, rest = address.partition("://")
    # An unescaped / ? or @ in a password misleads every parser, so whatever is in front of the last @ is hidden.
    _, at, place = rest.rpartition("@")
    shown = f"{scheme}{slashes}{'***@' if at else ''}{place}" if slashes else "***"
    return masked_options(shown)


def masked_options(address: str) -> str:
    """With `***` for every option behind the `?` whose name promises a secret."""
    return _SECRET_OPTION.sub(r"\1***", address)
