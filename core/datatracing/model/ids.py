"""Law 2: ids are pure functions of the orchestrator's own ids, so any process can compute them alone.

Fields are length-prefixed before hashing, so that ("a", "bc") and ("ab", "c") differ. Ids are lower-case hex:
16 bytes for a trace and 8 for a span, as in W3C Trace Context, where all zeros means "invalid".
"""

import re
import uuid
from functools import lru_cache
from hashlib import sha256

TRACE_BYTES = 16
SPAN_BYTES = 8
VEILED = re.compile(r" \[masked ([0-9a-f]{32})\]\Z")


def digest(*fields: str, size: int) -> str:
    """First `size` bytes of sha256 over length-prefixed UTF-8 fields, as hex; never all zeros."""
    whole = sha256()
    for field in fields:
        data = field.encode("utf-8", "surrogatepass")
        whole.update(len(data).to_bytes(4, "big"))
        whole.update(data)
    return whole.hexdigest()[: size * 2].replace("0" * size * 2, "0" * (size * 2 - 1) + "1")


def is_hashed(orchestrator: str, run_id: str) -> bool:
    """Whether the run's trace id is hashed from all its names, so that no other run can have it."""
    if orchestrator not in {"dagster", "prefect", "w3c"}:
        return True
    try:
        uuid.UUID(run_id)
    except ValueError:
        return True
    return False


@lru_cache(maxsize=1_024)
def trace_id(orchestrator: str, namespace: str, pipeline: str, run_id: str) -> str:
    """32 hex digits. Dagster's and Prefect's run id is a UUID and is used as it is; Airflow's run is hashed.

    `w3c` stands for a caller of whom only a traceparent is known: its trace id is the run's key, and the run's.
    """
    if is_hashed(orchestrator, run_id):
        return digest(orchestrator, namespace, fingerprint(pipeline), fingerprint(run_id), size=TRACE_BYTES)
    return uuid.UUID(run_id).hex


def span_id(trace: str, task: str, map_index: int, attempt: int, *, map_key: str = "", operation: str = "") -> str:
    """16 hex digits for one attempt of one task instance, or for an operation inside it.

    map_index is -1 when the orchestrator does not count instances; map_key is then its own name for this one.
    """
    further = (fingerprint(map_key), fingerprint(operation)) if map_key or operation else ()
    return digest(trace, fingerprint(task), str(map_index), str(attempt), *further, size=SPAN_BYTES)


@lru_cache(maxsize=8_192)
def fingerprint(name: str) -> str:
    """32 hex digits for a name: the same before and after redaction, because a veiled name carries its own.

    Ids are functions of fingerprints, so whoever has the name and whoever has only what redaction left of it compute
    the same ids. See docs/adr/0010.
    """
    veiled = VEILED.search(name)
    return veiled[1] if veiled else digest(name, size=TRACE_BYTES)


def veiled(shown: str, name: str) -> str:
    """What stands in place of a name that must not be shown whole: what may be shown of it, and its fingerprint."""
    return f"{shown} [masked {fingerprint(name)}]"


def root_span_id(trace: str) -> str:
    """16 hex digits for the run itself."""
    return digest(trace, "run", size=SPAN_BYTES)


def is_trace_id(text: str) -> bool:
    """Whether the text is 32 lower-case hex digits, not all zeros."""
    return len(text) == TRACE_BYTES * 2 and set(text) <= set("0123456789abcdef") and set(text) != {"0"}
