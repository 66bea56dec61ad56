"""One base error, so that a caller can catch everything of ours with one name.

The message is for the person who reads it at 3 a.m.: what happened, then what to do about it.
"""


class DataTracingError(Exception):
    """Base of every error that DataTracing raises on purpose. `exit_code` is what the command line ends with."""

    exit_code = 1


class BadInputError(DataTracingError):
    """Something handed to us is malformed; the message names the field and what was expected."""

    exit_code = 2


class StoreRefusedError(BadInputError):
    """A value that no store can hold. The message names the store, which is no business of a stranger."""


class StoreUnreachableError(DataTracingError):
    """The store did not answer: a wrong URL, a server that is down, a file that cannot be opened."""

    exit_code = 3


class SchemaMismatchError(StoreUnreachableError):
    """The store answers, but its tables are older or newer than this code."""


class NotFoundError(DataTracingError):
    """What was asked for is not in the store."""

    exit_code = 4


class MissingExtraError(DataTracingError):
    """An optional package is needed for what was asked, and is not installed."""
