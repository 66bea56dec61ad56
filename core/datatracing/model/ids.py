"""Law 2: ids are pure functions of the orchestrator's own ids, so any process can compute them alone.

Fields are length-prefixed before hashing, so that ("a", "bc") and ("ab", "c") differ. Ids are lower-case hex:
16 bytes for a trace and 8 for a span, as in W3C Trace Context, where all zeros means "invalid".
"""

import uuid
from functools import lru_cache
from hashlib import sha256

TRACE_BYTES = 16
SPAN_BYTES = 8


def digest(*fields: str, size: int) -> str:
    """First `size` bytes of sha256 over length-prefixed UTF-8 fields, as hex; never all zeros."""
    whole = sha256()
    for field in fields:
        data = field.encode("utf-8", "surrogatepass")
        whole.update(len(data).to_bytes(4, "big"))
        whole.update(data)
    return whole.hexdigest()[: size * 2].replace("0" * size * 2, "0" * (size * 2 - 1) + "1")


@lru_cache(maxsize=1_024)
def trace_id(orchestrator: str, namespace: str, pipeline: str, run_key: str) -> str:
    """32 hex digits. Dagster's and Prefect's run id is a UUID and is used as it is; Airflow's run is hashed.

    `w3c` stands for a caller of whom only a traceparent is known: its trace id is the run's key, and the run's.
    """
    if orchestrator in {"dagster", "prefect", "w3c"}:
        try:
            return uuid.UUID(run_key).hex
        except ValueError:
            pass
    return digest(orchestrator, namespace, pipeline, run_key, size=TRACE_BYTES)


def span_id(trace: str, task: str, map_index: int, attempt: int, *, map_key: str = "", operation: str = "") -> str:
    """16 hex digits for one attempt of one task instance, or for an operation inside it.

    map_index is -1 when the orchestrator does not count instances; map_key is then its own name for this one.
    """
    further = (map_key, operation) if map_key or operation else ()
    return digest(trace, task, str(map_index), str(attempt), *further, size=SPAN_BYTES)


def root_span_id(trace: str) -> str:
    """16 hex digits for the run itself."""
    return digest(trace, "run", size=SPAN_BYTES)


def is_trace_id(text: str) -> bool:
    """Whether the text is 32 lower-case hex digits, not all zeros."""
    return len(text) == TRACE_BYTES * 2 and set(text) <= set("0123456789abcdef") and set(text) != {"0"}
