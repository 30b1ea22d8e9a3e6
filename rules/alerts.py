"""Alerts and their transitions: what the engine tells the rest.

An alert is one episode of one rule on one subject: raised, perhaps escalated and de-escalated,
suppressed, raised again, cleared. Its id is made from what it is about, so a replay gives the same
alert the same id. What people do with an alert (acknowledge, shelve) is not the engine's: it stands
beside these transitions, never between them.
"""

from __future__ import annotations

import math
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
    """What happened to an alert.

    Source:
        ISA-18.2-2016, 5.2 (alarm states), 3.1 (latched, suppressed, re-alarm, chattering).
    """

    RAISED = "raised"
    ESCALATED = "escalated"
    DEESCALATED = "deescalated"
    CLEARED = "cleared"
    WITHDRAWN = "withdrawn"
    """Cleared because its rule or subject is no longer in the rule set."""
    RETURNED = "returned"
    """The condition is gone, but the alert is latched: it stays until somebody resets it."""
    REACTIVATED = "reactivated"
    """The condition of a latched alert is there again."""
    SUPPRESSED = "suppressed"
    """It goes on and is not to be told: schedule, maintenance, or a silent gateway above it."""
    UNSUPPRESSED = "unsuppressed"
    """It is to be told again, as if it were new."""
    FLAPPING = "flapping"
    """It was raised too often: from now on it is cleared only once it has been calm for a while."""
    REALARMED = "realarmed"
    """It still goes on and is told again: whoever acknowledged it is asked once more."""


class Seen(msgspec.Struct, frozen=True):
    """One reading among those that a rule on several datastreams decided by."""

    name: str
    """What the rule calls it."""
    datastream: str
    result: float
    """Canonical unit; NaN (null in JSON) where there was none, or it was too old."""
    phenomenon_time_us: int
    """0 where there was none."""


class Evidence(msgspec.Struct, frozen=True):
    """What the rule saw when it decided: enough to explain it years later."""

    result: float
    """The newest judged result, canonical unit; NaN (null in JSON) if none was left."""
    phenomenon_time_us: int
    """When that was; 0 if none was left."""
    limit: float
    """The limit of the level reached, or of the level left when cleared."""
    limit_name: str
    """Where the limit comes from: the station's own (`warning`) or `rule`."""
    off: float
    """The limit with the hysteresis taken off."""
    on_delay_us: int
    off_delay_us: int
    """-1 where only quiet ends the alert."""
    unit: str
    """Of `result`."""
    quality: int
    """`devices.Quality` of the result."""
    value: float = math.nan
    """What was held against the limit: the result, a slope, a duration in seconds, a count …; NaN
    where no verdict was left."""
    value_unit: str = ""
    """Of `value` and the limits."""
    since_us: int = 0
    """Since when the condition held or was gone; 0 where no delay ran."""
    reason: str = ""
    """Why, where values do not say it: `quiet`, `calm`, `reset`, `schedule`, `maintenance`,
    `parent`, `rule`."""
    inputs: tuple[Seen, ...] = ()
    """For rules on several datastreams, what each of them said."""


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
    """Id of a datastream, gateway, place or device."""
    datastream: int
    """Its slot; the first of its datastreams where the subject has several."""
    domain: str
    raised_us: int
    first_exceeded_us: int
    """Phenomenon time of the reading that first met the condition."""
    message_zh: str
    message_en: str
    evidence: Evidence
    plan: str = ""
    """Which plan (预案) the rule names."""
    skill: str = ""
    """Which skill a crew needs, as the rule says."""

    @property
    def is_end(self) -> bool:
        """Whether the alert is over."""
        return self.severity == Severity.NONE


def alert_id(rule: str, subject: str, raised_us: int) -> str:
    """Return the id of the alert of a rule on a subject raised at a time.

    >>> alert_id("a", "b", 1) == alert_id("a", "b", 1) != alert_id("a", "b", 2)
    True
    """
    return str(uuid.uuid5(_NAMESPACE, f"{rule}\n{subject}\n{raised_us}"))
