"""Law 7: everything that is free text in an event or a manifest goes through here before it is written anywhere."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from datatracing.redact.bounds import Bounds
from datatracing.redact.masks import Masks
from datatracing.redact.names import Names
from datatracing.redact.scanner import Scanner
from datatracing.redact.values import Values

if TYPE_CHECKING:
    from datatracing.model.event import ErrorInfo, Event
    from datatracing.model.link import AssetUse, Link
    from datatracing.model.manifest import Attempt, Manifest, Operation

_Record = TypeVar("_Record", "ErrorInfo", "Event", "Manifest", "Attempt", "Operation", "Link", "AssetUse")


class Redactor:
    """Masks and bounds what a span carries besides its skeleton.

    Ids (pipeline, run, task and map index) stay as they are: span ids are functions of them. One redactor serves all
    threads of a process and survives a fork: it holds no lock. Redacting again changes nothing but, at worst, the text
    around a cut, so a collector may redact what it receives.

    extra: the host's own masker, text to text. When it raises, the text is masked wholesale.
    tokenise_key: with it, equal secrets get equal masks `tok_...` instead of `***`.
    names: more names that promise a secret, by word pieces: `badge number` also means `badgeNumber`.
    patterns: more regular expressions; what their group `secret` (or else all of it) matches is masked. They must be
        linear themselves: they run on texts of up to `bounds.text_bytes` and a margin. BadInputError when one is none.
    """

    def __init__(
        self,
        *,
        extra: Callable[[str], str] | None = None,
        tokenise_key: bytes | None = None,
        names: Iterable[str] = (),
        patterns: Iterable[str] = (),
        bounds: Bounds | None = None,
    ) -> None:
        self._bounds = bounds or Bounds()
        self._masks = Masks(tokenise_key or b"")
        known = Names(names)
        self._values = Values(known, self._masks, Scanner(known, self._masks, extra, patterns), self._bounds)

    @property
    def counts(self) -> Counter[str]:
        """Secrets masked so far, by rule. `extra_failed` and `unreadable` are what was masked without being read."""
        return self._masks.counts

    def text(self, text: str) -> str:
        """At most `bounds.text_bytes`; of a longer text its head and tail."""
        return self._values.text(text, self._bounds.text_bytes)

    def attributes(self, attributes: Mapping[Any, Any]) -> dict[str, Any]:
        """Text, finite numbers, true, false, None, lists, and dicts with text keys; no more of them than the bounds."""
        return self._values.attributes(attributes)

    def error(self, error: "ErrorInfo") -> "ErrorInfo":
        """Type, message and stack trace."""
        return _replace(
            error,
            type=self._values.text(error.type, self._bounds.name_bytes),
            message=self.text(error.message),
            stacktrace=self.text(error.stacktrace),
        )

    def event(self, event: "Event") -> "Event":
        """The same statement without its secrets."""
        return _replace(
            event,
            attributes=self.attributes(event.attributes) if event.attributes else event.attributes,
            error=self.error(event.error) if event.error else None,
            links=tuple(map(self._link, event.links)),
            assets=tuple(map(self._asset, event.assets)),
            records=tuple(self._values.text(key, self._bounds.value_bytes) for key in event.records),
        )

    def manifest(self, manifest: "Manifest") -> "Manifest":
        """The same record without its secrets; attempts that carry nothing free are the same objects."""
        return _replace(
            manifest,
            attributes=self.attributes(manifest.attributes),
            error=self.error(manifest.error) if manifest.error else None,
            attempts=tuple(map(self._attempt, manifest.attempts)),
            operations=tuple(map(self._operation, manifest.operations)),
            links=tuple(map(self._link, manifest.links)),
        )

    def _attempt(self, attempt: "Attempt") -> "Attempt":
        if not attempt.attributes and not attempt.assets and not attempt.error:
            return attempt
        return _replace(
            attempt,
            attributes=self.attributes(attempt.attributes),
            error=self.error(attempt.error) if attempt.error else None,
            assets=tuple(map(self._asset, attempt.assets)),
        )

    def _operation(self, operation: "Operation") -> "Operation":
        if not operation.attributes:
            return operation
        return _replace(operation, attributes=self.attributes(operation.attributes))

    def _link(self, link: "Link") -> "Link":
        return _replace(link, evidence=self._values.text(link.evidence, self._bounds.value_bytes))

    def _asset(self, asset: "AssetUse") -> "AssetUse":
        return _replace(asset, uri=self._values.text(asset.uri, self._bounds.value_bytes))


def _replace(record: _Record, **changes: Any) -> _Record:
    from dataclasses import replace  # 7 ms at import, which whoever made the record has paid already

    return replace(record, **changes)
