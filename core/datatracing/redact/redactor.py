"""Law 7: everything that is free text in an event or a manifest goes through here before it is written anywhere."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from datatracing.model.ids import VEILED, veiled
from datatracing.redact.bounds import Bounds, bounded
from datatracing.redact.masks import Masks
from datatracing.redact.names import Names
from datatracing.redact.patterns import Pattern
from datatracing.redact.records import Record, Records
from datatracing.redact.scanner import Scanner
from datatracing.redact.values import Values

if TYPE_CHECKING:
    from datatracing.model.event import Event
    from datatracing.model.manifest import Manifest

HEX = Pattern(r"[0-9a-fA-F-]{8,36}")


class Redactor:
    """Masks and bounds all that a user's text can stand in.

    One redactor serves all threads of a process and survives a fork: it holds no lock. Redacting again changes nothing
    but, at worst, the text around a cut, so a collector may redact what it receives.

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
        self._scanner = Scanner(known, self._masks, extra, patterns)
        self._values = Values(known, self._masks, self._scanner, self._bounds)
        self._records = Records(
            name=self._name, short=self._short, value=self._value, long=self.text, attributes=self.attributes
        )

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

    def event(self, event: "Event") -> "Event":
        """The same statement without its secrets; see `record`."""
        return self._records.masked(event)

    def manifest(self, manifest: "Manifest") -> "Manifest":
        """The same record of a run without its secrets; see `record`."""
        return self._records.masked(manifest)

    def record(self, record: Record) -> Record:
        """The same event, manifest, loss or notice without its secrets; the same object when it held none.

        Names of runs and tasks are veiled, by the rules alone and not by the host's masker: every process must veil
        them alike, and the host shows them itself. Ids computed before and after agree (docs/adr/0011).
        """
        return self._records.masked(record)

    def _name(self, name: str) -> str:
        """At most `bounds.identity_bytes` and the mark of a veil. Hex digits are an id and nobody's secret."""
        if HEX.fullmatch(name) or VEILED.search(name):
            return name
        shown = bounded(name, self._bounds.identity_bytes, self._scanner.rules)
        return name if shown == name else veiled(shown, name)

    def _short(self, text: str) -> str:
        return self._values.text(text, self._bounds.name_bytes)

    def _value(self, text: str) -> str:
        return self._values.text(text, self._bounds.value_bytes)
