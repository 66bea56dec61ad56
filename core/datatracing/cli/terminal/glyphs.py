"""Symbols and colours of states. A state is always written in words too: colour and symbol only help the eye."""

from collections.abc import Mapping
from dataclasses import dataclass

from datatracing.model.states import State

COLOURS: Mapping[str, str] = {
    State.SCHEDULED: "bright_black",
    State.QUEUED: "bright_black",
    State.RUNNING: "cyan",
    State.DEFERRED: "cyan",
    State.SUCCESS: "green",
    State.FAILED: "bold red",
    State.RETRIED: "yellow",
    State.SKIPPED: "bright_black",
    State.UPSTREAM_FAILED: "magenta",
    State.CANCELLED: "bold magenta",
    State.CRASHED: "bold red",
    State.REMOVED: "bright_black",
    State.LOST: "bold red",
}
STATUS_COLOURS: Mapping[str, str] = {"ok": "green", "waiting": "cyan", "problem": "bold red", "unknown": "yellow"}


@dataclass(frozen=True)
class Glyphs:
    """One cell each, except `times`, `ellipsis` and the links' arrows, which are only counted by their length."""

    states: Mapping[str, str]
    statuses: Mapping[str, str]
    wait: str
    run: str
    retry: str
    point: str
    attempt: str
    times: str
    ellipsis: str
    up: str
    down: str
    between: str
    rule: str
    arrow: str

    def state(self, state: str) -> str:
        """A word that is not known (from a newer collector) gets a question mark."""
        return self.states.get(state, "?")


UNICODE = Glyphs(
    states={
        State.SCHEDULED: "○",
        State.QUEUED: "◌",
        State.RUNNING: "▶",
        State.DEFERRED: "◫",
        State.SUCCESS: "✔",
        State.FAILED: "✘",
        State.RETRIED: "↻",
        State.SKIPPED: "»",
        State.UPSTREAM_FAILED: "⊘",
        State.CANCELLED: "■",
        State.CRASHED: "✘",
        State.REMOVED: "-",
        State.LOST: "?",
    },
    statuses={"ok": "✔", "waiting": "◌", "problem": "✘", "unknown": "?"},
    wait="░",
    run="█",
    retry="┈",
    point="·",
    attempt="└",
    times="×",  # noqa: RUF001  # a multiplication sign is what is meant
    ellipsis="…",
    up="▲",
    down="▼",
    between=" · ",
    rule="─",
    arrow="→",
)
ASCII = Glyphs(
    states={
        State.SCHEDULED: "o",
        State.QUEUED: "o",
        State.RUNNING: ">",
        State.DEFERRED: "=",
        State.SUCCESS: "+",
        State.FAILED: "x",
        State.RETRIED: "~",
        State.SKIPPED: "-",
        State.UPSTREAM_FAILED: "!",
        State.CANCELLED: "#",
        State.CRASHED: "x",
        State.REMOVED: "-",
        State.LOST: "?",
    },
    statuses={"ok": "+", "waiting": "o", "problem": "x", "unknown": "?"},
    wait=".",
    run="#",
    retry="~",
    point="|",
    attempt="`",
    times="x",
    ellipsis="...",
    up="^",
    down="v",
    between=" - ",
    rule="-",
    arrow="->",
)


def glyphs_for(encoding: str) -> Glyphs:
    """What a terminal of this encoding can draw."""
    drawn = "".join([*UNICODE.states.values(), UNICODE.wait, UNICODE.run, UNICODE.retry, UNICODE.up, UNICODE.arrow])
    try:
        drawn.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return ASCII
    return UNICODE
