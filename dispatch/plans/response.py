"""The response level 应急响应, Ⅰ to Ⅳ, of an incident or of the district in some matter.

It is people's decision and nothing else: not the warning colour 预警 of an alert, not the grade of
an event 事件, and it follows from neither. Levels are words here, not numbers, so that nothing can
hold one against a colour.

Source:
    突发事件应急预案管理办法 (2024): plans settle their own levels of response, Ⅰ to Ⅳ.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum, StrEnum
from typing import Final

from dispatch.plans.commands import MOST_TEXT
from dispatch.plans.machine import Refusal


class Level(Enum):
    """How much of the district is at work; Ⅰ is the highest.

    >>> Level.of("ii"), Level.I.zh, Level.I.is_above(Level.IV)
    (<Level.II: 'II'>, 'Ⅰ级', True)
    """

    I = "I"  # noqa: E741 # the field's own word
    II = "II"
    III = "III"
    IV = "IV"

    @classmethod
    def of(cls, word: str) -> Level:
        """Return the level that somebody writes: IV, iv, Ⅳ or 4.

        Raises:
            ValueError: no level.
        """
        spelled = _SPELLED.get(word.strip().upper())
        if spelled is None:
            raise ValueError(f"{word!r} is no response level; it must be I, II, III or IV")
        return spelled

    @property
    def zh(self) -> str:
        """As people write it."""
        return f"{'ⅠⅡⅢⅣ'[_ORDER.index(self)]}级"

    def is_above(self, other: Level) -> bool:
        """Return whether more of the district is at work than at another level."""
        return _ORDER.index(self) < _ORDER.index(other)


_ORDER: Final = tuple(Level)
_SPELLED: Final = {
    word: level
    for number, level in enumerate(_ORDER)
    for word in (level.value, "ⅠⅡⅢⅣ"[number], str(number + 1))
}


@dataclass(frozen=True, slots=True)
class Scope:
    """What a response is of: an incident, or a matter of the whole district.

    >>> Scope(matter="flood").key
    'district/flood'
    """

    incident: str = ""
    """Id; empty for the district."""
    matter: str = ""
    """Id, as in the city's `plans.yaml`; empty for an incident."""

    def __post_init__(self) -> None:
        """Check that it is one of both.

        Raises:
            ValueError: it is both or neither.
        """
        if bool(self.incident) == bool(self.matter):
            raise ValueError("a response is either of an incident or of a matter of the district")

    @property
    def key(self) -> str:
        """How it is stored and notified: unique."""
        return f"incident/{self.incident}" if self.incident else f"district/{self.matter}"


class ResponseKind(StrEnum):
    """What happened to a response."""

    STARTED = "started"
    RAISED = "raised"
    LOWERED = "lowered"
    ENDED = "ended"

    @property
    def zh(self) -> str:
        """Chinese word, as people say it."""
        return {"started": "启动", "raised": "提升", "lowered": "降低", "ended": "终止"}[self.value]


@dataclass(frozen=True, slots=True)
class Response:
    """A response as it stands."""

    scope: Scope
    version: int = 0
    """Events so far; a command names the version that its actor saw."""
    level: Level | None = None
    """None while there is none: never started, or ended."""
    since_us: int = 0
    """Since when it is as it is, µs since 1970; 0 before the first event."""
    by: str = ""
    """Who said so; empty before the first event."""
    reason: str = ""
    how: str = ""
    """Kind of the newest event; empty before it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetLevel:
    """Start, raise, lower or end a response, whichever it is."""

    level: Level | None
    """None to end it."""
    seen: int
    """Version that the actor saw."""
    actor: str
    reason: str
    """Why; never empty."""
    at_us: int
    """Now, µs since 1970."""


@dataclass(frozen=True, slots=True)
class ResponseEvent:
    """Something that happened to a response; all of them, in order, are its state."""

    scope: Scope
    version: int
    """Of the response after it; the first is 1."""
    kind: ResponseKind
    level: Level | None
    """After it; None once it ended."""
    at_us: int
    """µs since 1970."""
    actor: str
    reason: str


def decide(standing: Response, command: SetLevel) -> tuple[ResponseEvent, ...] | Refusal:
    """Return what a command makes happen, or why it is refused."""
    if not command.actor.strip():
        return Refusal("no_actor")
    facts: Mapping[str, str | int] = {
        "scope": standing.scope.key, "level": standing.level.value if standing.level else "",
        "by": standing.by, "at_us": standing.since_us, "how": standing.how,
        "version": standing.version, "seen": command.seen,
    }  # fmt: skip
    if command.seen > standing.version:
        return Refusal("not_yet", facts)
    if command.seen < standing.version:
        return Refusal("stale_response", facts)
    if not command.reason.strip():
        return Refusal("no_reason", {"do": "response"})
    if len(command.reason) > MOST_TEXT:
        return Refusal("too_long", {"is": len(command.reason), "most": MOST_TEXT})
    if command.level is standing.level:
        return Refusal("same_level" if standing.level else "no_response", facts)
    return (
        ResponseEvent(
            standing.scope, standing.version + 1, _kind(standing.level, command.level),
            command.level, command.at_us, command.actor, command.reason,
        ),
    )  # fmt: skip


def evolve(standing: Response, event: ResponseEvent) -> Response:
    """Return a response after an event.

    Raises:
        ValueError: the event is not the next one of this response.
    """
    if (event.scope, event.version) != (standing.scope, standing.version + 1):
        raise ValueError(
            f"event {event.version} of {event.scope.key} does not follow version "
            f"{standing.version} of {standing.scope.key}"
        )
    return replace(
        standing, version=event.version, level=event.level, since_us=event.at_us, by=event.actor,
        reason=event.reason, how=event.kind.value,
    )  # fmt: skip


def _kind(before: Level | None, after: Level | None) -> ResponseKind:
    if after is None:
        return ResponseKind.ENDED
    if before is None:
        return ResponseKind.STARTED
    return ResponseKind.RAISED if after.is_above(before) else ResponseKind.LOWERED
