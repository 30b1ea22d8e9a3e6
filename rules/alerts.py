"""Alerts and their transitions: what the engine tells the rest.

An alert is one episode of one rule on one subject: raised, perhaps escalated and de-escalated,
cleared. Its id is made from what it is about, so a replay gives the same alert the same id.
"""

from __future__ import annotations

import uuid
from enum import IntEnum, StrEnum

import msgspec

_NAMESPACE = uuid.UUID("6f6a1c1e-2f0b-5b0e-9a53-3a8f1f0c2d11")
"""Ours, arbitrary and for ever: another one would give every alert a second identity."""


class Severity(IntEnum):
    """Warning colour 预警, weakest first. Not the event grade and not the response level.

    Source:
        突发事件应对法: Ⅳ 蓝 < Ⅲ 黄 < Ⅱ 橙 < Ⅰ 红.
    """

    NONE = 0
    BLUE = 1
    YELLOW = 2
    ORANGE = 3
    RED = 4

    @property
    def word(self) -> str:
        """The name as it is stored and written in rules.

        >>> Severity.RED.word
        'red'
        """
        return self.name.lower()


LEVELS = (Severity.BLUE, Severity.YELLOW, Severity.ORANGE, Severity.RED)
"""Column order of everything that has one column per level."""


class TransitionKind(StrEnum):
    """What happened to an alert."""

    RAISED = "raised"
    ESCALATED = "escalated"
    DEESCALATED = "deescalated"
    CLEARED = "cleared"
    WITHDRAWN = "withdrawn"
    """Cleared because its rule or subject is no longer in the rule set."""


class Evidence(msgspec.Struct, frozen=True):
    """What the rule saw when it decided: enough to explain it years later."""

    result: float
    """The newest judged result, canonical unit; NaN (null in JSON) if none was left."""
    phenomenon_time_us: int
    """When that was."""
    limit: float
    """The limit of the level reached, or of the level left when cleared."""
    limit_name: str
    """Where the limit comes from: the station's own (`warning`) or `rule`."""
    off: float
    """The limit with the hysteresis taken off."""
    on_delay_us: int
    off_delay_us: int
    unit: str
    quality: int
    """`devices.Quality` of the result."""


class Transition(msgspec.Struct, frozen=True):
    """One step in an alert's life. Times are µs since 1970, of the log."""

    alert: str
    """UUID."""
    version: int
    """1 for the raise, then without gaps."""
    kind: TransitionKind
    at_us: int
    """When the condition and its delay were fulfilled."""
    severity: Severity
    """After the transition; `NONE` once cleared."""
    rule: str
    rule_version: int
    subject: str
    """Datastream id."""
    datastream: int
    """Its slot."""
    domain: str
    raised_us: int
    first_exceeded_us: int
    """Phenomenon time of the reading that first met the condition."""
    message_zh: str
    message_en: str
    evidence: Evidence


def alert_id(rule: str, subject: str, raised_us: int) -> str:
    """Return the id of the alert of a rule on a subject raised at a time.

    >>> alert_id("a", "b", 1) == alert_id("a", "b", 1) != alert_id("a", "b", 2)
    True
    """
    return str(uuid.uuid5(_NAMESPACE, f"{rule}\n{subject}\n{raised_us}"))
