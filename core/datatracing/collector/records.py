"""The orchestrator's records and reports of losses come in. What is refused meets a recorded fate."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from datatracing.collector.accept import elsewhere, word_of
from datatracing.errors import BadInputError
from datatracing.inbox.bounds import bounded_loss, bounded_record
from datatracing.inbox.delivery import understood
from datatracing.inbox.identity import OTHER, contradicts
from datatracing.inbox.limits import Limits
from datatracing.inbox.packing import inflated, pack_loss, pack_manifest
from datatracing.inbox.row import InboxRow
from datatracing.model import clock, codec
from datatracing.model.fate import Fate, LedgerEntry
from datatracing.model.manifest import Manifest
from datatracing.model.run import RunRef
from datatracing.model.token import Scope, Token
from datatracing.store.port import Store
from datatracing.store.summary import RunSummary

LIGHT_ROWS, LIGHT_BYTES, LIGHT_INFLATED = 2_000, 256 * 1024, 4 * 1024 * 1024
"""A run of at most so many rows, bytes, and bytes of JSON is sealed while its sender waits."""


def read_part(line: bytes, limits: Limits) -> Manifest:
    """A manifest, or one part of it. BadInputError says what is wrong with it."""
    if len(line) > limits.part_bytes:
        raise BadInputError(f"a manifest of more than {limits.part_bytes} bytes travels in parts, one on each line")
    aside = codec.Aside()
    return understood(codec.loads(Manifest, line, aside), aside)


def take_parts(store: Store, parts: Sequence[Manifest], limits: Limits, token: Token | None = None) -> list[InboxRow]:
    """Store a record, or parts of one. BadInputError, with its reason in the ledger, when it is refused: all of it or
    nothing is stored."""
    at = clock.now()
    try:
        _one_run(parts)
        for part in parts:
            _permitted(bounded_record(part, limits, at), token)
        _same_run(store, parts[0].run)
    except BadInputError as error:
        store.record([LedgerEntry(Fate.REJECTED, str(error)[:200], 1, at)])
        raise
    rows = [pack_manifest(part, at) for part in parts]
    store.append(rows)
    return rows


def _one_run(parts: Sequence[Manifest]) -> None:
    if len({(part.run, part.recorded, part.observed_at) for part in parts}) != 1:
        raise BadInputError("a delivery has one manifest, or parts of one, each on a line of its own")


def _permitted(part: Manifest, token: Token | None) -> None:
    if token is None:
        return
    if not token.reaches(part.run):
        raise BadInputError(elsewhere(token))
    if part.recorded and not token.allows(Scope.MANIFESTS):
        raise BadInputError(f"an orchestrator's record needs the scope manifests, and {token.name!r} has it not")


def _same_run(store: Store, run: RunRef) -> None:
    if not run.proven and contradicts(run, store.identities([run.trace_id]).get(run.trace_id)):
        raise BadInputError(f"the manifest {OTHER}")


def light(store: Store, trace_id: str) -> bool:
    """Whether the run is small enough to be sealed at once, on a thread of somebody else's server."""
    rows, size = store.weight(trace_id)
    if rows > LIGHT_ROWS or size > LIGHT_BYTES:
        return False
    return sum(inflated(row.payload, LIGHT_INFLATED) for row in store.inbox(trace_id)) <= LIGHT_INFLATED


def unsealed(part: Manifest) -> RunSummary:
    """What can be said of a run whose record has come and is sealed by the next sweep, when it is whole."""
    reason = "its record has come, and is sealed by the next sweep"
    return RunSummary(part.run, part.state, part.raw_state, part.times, fate_reason=reason)


def take_losses(store: Store, entries: Iterable[LedgerEntry], token: Token | None = None) -> None:
    """What producers could not deliver; told again, it counts once. Runs that are stored are sealed again by a sweep.

    BadInputError when one of them is no loss: nothing is recorded then.
    """
    at = clock.now()
    losses = [replace(bounded_loss(_loss(entry), at), namespace=word_of(token)) for entry in entries]
    store.report(losses)
    known = store.identities(sorted({loss.trace_id for loss in losses if loss.trace_id}))
    of_known = [loss for loss in losses if loss.trace_id in known and loss.holds_in(known[loss.trace_id].namespace)]
    store.append([pack_loss(loss, at) for loss in of_known])


def _loss(entry: LedgerEntry) -> LedgerEntry:
    if entry.fate is not Fate.LOST:
        raise BadInputError("a loss has the fate lost")
    return entry
