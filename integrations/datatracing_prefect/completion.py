"""Completes one run: reads it through Prefect's API, when that has nothing more to say of it, and seals it."""

import asyncio
import logging
import time
from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING

from datatracing.capture import redaction
from datatracing.model import clock, codec
from datatracing.model.clock import SECOND
from datatracing.model.link import Link
from datatracing.model.manifest import Manifest
from datatracing.model.states import State
from datatracing_prefect import artifact, links
from datatracing_prefect.agenda import FLOW, QUIET, SOON, Agenda, Entry, RunId
from datatracing_prefect.background import read_background
from datatracing_prefect.manifest import read_manifest
from datatracing_prefect.records import Records, read_records
from datatracing_prefect.rest import PrefectUnreachableError, Rest
from datatracing_prefect.watch_settings import WatchSettings

if TYPE_CHECKING:
    from datatracing.connection import Connection
    from datatracing.store.summary import RunSummary

log = logging.getLogger("datatracing")

BROKEN_OFF = frozenset({State.CRASHED, State.CANCELLED})
"""Ends of a flow run behind which its tasks are hardly at work any more."""


class Completion:
    """Tells the agenda what has become of each run."""

    def __init__(self, rest: Rest, connection: "Connection", settings: WatchSettings, agenda: Agenda) -> None:
        self.rest = rest
        self.connection = connection
        self.settings = settings
        self.agenda = agenda
        self.namespace = settings.all.namespace
        self.redactor = redaction(settings.all.capture())

    async def complete(self, run: RunId) -> bool:
        """Whether a run was stored for the first time. GoneError when Prefect has it no more."""
        entry = self.agenda[run]
        known = bool(entry.digest)
        await (self._flow(run, entry) if run[0] == FLOW else self._task(run, entry))
        return bool(entry.digest) and not known

    async def lose(self, run_id: str) -> bool:
        """A flow run that is not over, and of which nothing was heard for too long; whether it was stored."""
        observed_at = clock.now()
        records = await read_records(self.rest, run_id)
        if records.over:
            return False
        found = await self._links(records)
        manifest = read_manifest(records, self.namespace, found, observed_at=observed_at, lost=True)
        await self._store(manifest, "", "")
        return True

    async def _flow(self, run: RunId, entry: Entry) -> None:
        observed_at = clock.now()
        records = await read_records(self.rest, run[1])
        if not records.over:
            self.agenda.drop(run)  # it has begun again
            return
        if not entry.digest and self._moving(entry, records):
            self.agenda.wait(run, time.time() + SOON)
            return
        stale = time.time() - entry.ended_at / SECOND > self.settings.stale
        given_up = stale or records.state in BROKEN_OFF
        found = await self._links(records)
        manifest = await asyncio.to_thread(
            read_manifest, records, self.namespace, found, observed_at=observed_at, given_up=given_up
        )
        digest = await self._store(manifest, entry.digest, run[1])
        self.agenda.read(run, time.time(), digest, goes_on=records.unsettled and not given_up)

    def _moving(self, entry: Entry, records: Records) -> bool:
        """Tasks may outlive their flow, and a busy server writes down much later what became of them."""
        grace = self.settings.grace
        quiet = min(QUIET, grace)
        patience = (quiet if records.state in BROKEN_OFF else grace) if records.open_tasks else 0.0
        return entry.moving(records.progress, time.time(), patience, quiet)

    async def _task(self, run: RunId, entry: Entry) -> None:
        """A task that ran in the background, outside of any flow."""
        manifest = await read_background(self.rest, run[1], self.namespace, observed_at=clock.now())
        if manifest is None:
            self.agenda.close(run)  # it has begun again, or it is part of another run
            return
        digest = await self._store(manifest, entry.digest, "")
        self.agenda.read(run, time.time(), digest, goes_on=False)

    async def _links(self, records: Records) -> Sequence[Link]:
        """A run without its links is better than none."""
        try:
            return await links.found(records, self.namespace)
        except PrefectUnreachableError:
            raise
        except Exception:
            log.warning("DataTracing could not find the links of run %s", records.run_id, exc_info=True)
            return ()

    async def _store(self, manifest: Manifest, before: str, announced: str) -> str:
        """Unless that was done; a digest of what is stored. `announced`: the flow run that gets an artifact, if any."""
        digest = sha256(codec.dumps(replace(manifest, observed_at=0))).hexdigest()[:32]
        if digest != before:
            sealed = await asyncio.to_thread(lambda: self.connection.complete(self.redactor.manifest(manifest)))
            if self.settings.announce and announced:
                await self._announce(announced, sealed)
        return digest

    async def _announce(self, run_id: str, sealed: "RunSummary") -> None:
        try:
            document = await asyncio.to_thread(self.connection.trace, sealed.trace_id)
            await artifact.announce(self.rest, run_id, sealed, document, self.settings.all.ui_url)
        except Exception:
            log.warning("DataTracing could not write an artifact into run %s", run_id, exc_info=True)
