"""An event or a manifest as the bytes that go into the spool: redacted, and never bigger than a record may be."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from datatracing.capture.guard import guard
from datatracing.capture.notice import Notice
from datatracing.capture.settings import CaptureSettings
from datatracing.model import codec
from datatracing.model.event import Event

if TYPE_CHECKING:
    from datatracing.model.manifest import Manifest
    from datatracing.redact import Redactor as Rules

MARKER = "datatracing.stripped"
"""The attribute that says why there are no others."""
MANIFEST_LIMIT = 16 * 1024 * 1024
"""Bytes of one manifest as JSON: some 80,000 attempts without anything free."""


class TooBigError(ValueError):
    """Even the skeleton does not fit into a record."""


class Redactor(Protocol):
    """What capture asks of redaction."""

    def event(self, event: Event) -> Event:
        """The same event with every secret masked, bounded, and nothing but plain JSON values in it."""

    def manifest(self, manifest: "Manifest") -> "Manifest":
        """The same for a manifest."""

    def record(self, record: Notice) -> Notice:
        """The same for a notice."""


class Encoder:
    """Law 7: what leaves here has been redacted, or has nothing left in it that a user wrote."""

    def __init__(self, redactor: Redactor | None, limit: int) -> None:
        self.stripped: Counter[str] = Counter()
        """Events that became skeletons, by reason."""
        self._redactor = redactor
        self._limit = limit

    def write(self, event: Event) -> bytes:
        """JSON. TooBigError when not even the names of the run and its tasks fit."""
        data = self._redacted(event)
        if data is None:
            data = self._skeleton(event, "redaction_failed")
        if len(data) > self._limit:
            data = self._skeleton(event, "too_big")
        if len(data) > self._limit:
            bones = _skeleton(event, "too_big")
            data = codec.dumps(_built_in().event(replace(bones, upstream=(), links=())))
        if len(data) > self._limit:
            raise TooBigError
        return data

    def write_manifest(self, manifest: "Manifest") -> bytes:
        """JSON. What is too big loses what is free in it, then its attempts: that the run is over, and how, stays."""
        data = self._redacted_manifest(manifest)
        if data is None:
            data = self._bare(manifest, "redaction_failed")
        if len(data) > MANIFEST_LIMIT:
            data = self._bare(manifest, "too_big")
        if len(data) > MANIFEST_LIMIT:
            end = replace(manifest, attempts=(), dependencies=(), operations=(), links=(), aliases=())
            data = self._bare(end, "too_big")
        if len(data) > MANIFEST_LIMIT:
            raise TooBigError
        return data

    def write_notice(self, notice: Notice) -> bytes:
        """JSON. A watcher finds no run under a veiled name; then it is whoever reconciles that finds it."""
        return codec.dumps((self._redactor or _built_in()).record(notice))

    def _redacted(self, event: Event) -> bytes | None:
        with guard("capture.redact"):
            if self._redactor is not None:
                return codec.dumps(self._redactor.event(event))
        return None

    def _redacted_manifest(self, manifest: "Manifest") -> bytes | None:
        with guard("capture.redact"):
            if self._redactor is not None:
                return codec.dumps(self._redactor.manifest(manifest))
        return None

    def _bare(self, manifest: "Manifest", why: str) -> bytes:
        self.stripped[why] += 1
        return codec.dumps(_built_in().manifest(_bare(manifest, why)))

    def _skeleton(self, event: Event, why: str) -> bytes:
        self.stripped[why] += 1
        return codec.dumps(_built_in().event(_skeleton(event, why)))


def redaction(settings: CaptureSettings, extra: Callable[[str], str] | None = None) -> "Rules":
    """The rules that the settings ask for; `extra` is the host's own masker. BadInputError for a bad pattern."""
    from datatracing.redact import Redactor as Rules

    return Rules(
        extra=extra,
        tokenise_key=settings.redact_key.encode() or None,
        names=[name.strip() for name in settings.redact_names.split(",") if name.strip()],
        patterns=[line for line in settings.redact_patterns.splitlines() if line.strip()],
    )


def _built_in() -> "Rules":
    """For the names in what is left: they are redacted also where the rules that were asked for cannot be used."""
    from datatracing.redact import Redactor as Rules

    return Rules()


def _skeleton(event: Event, why: str) -> Event:
    """Ids, state, times and edges. Asset URIs go too: they carry passwords."""
    links = tuple(replace(link, evidence="") for link in event.links)
    return replace(event, attributes={MARKER: why}, error=None, assets=(), records=(), links=links)


def _bare(manifest: "Manifest", why: str) -> "Manifest":
    """The same of a manifest."""
    return replace(
        manifest,
        attributes={MARKER: why},
        error=None,
        attempts=tuple(replace(each, attributes={}, error=None, assets=()) for each in manifest.attempts),
        operations=tuple(replace(each, attributes={}) for each in manifest.operations),
        links=tuple(replace(link, evidence="") for link in manifest.links),
    )
