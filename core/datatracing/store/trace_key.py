"""Trace ids are hex to people and 16 bytes to a store."""

from datatracing.errors import BadInputError
from datatracing.model.ids import is_trace_id


def trace_key(trace_id: str) -> bytes:
    """16 bytes. BadInputError when the text is not 32 lower-case hex digits, or is all zeros."""
    if not is_trace_id(trace_id):
        raise BadInputError(f"{trace_id[:64]!r} is not a trace id: 32 lower-case hex digits, not all zeros")
    return bytes.fromhex(trace_id)
