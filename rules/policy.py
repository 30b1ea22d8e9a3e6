"""How a condition becomes an alert and ends: what all kinds of rules share.

Kinds say what is wanted in alarm; these say when, how often and whether it is told.
"""

from __future__ import annotations

from dataclasses import dataclass

from rules.schedule import Schedule


@dataclass(frozen=True, slots=True)
class Repeat:
    """The condition must be met several times before the level is wanted."""

    times: int
    """2 to 1000."""
    within_us: int
    """Counted over the last so many µs, the present reading included."""


@dataclass(frozen=True, slots=True)
class Flapping:
    """When an alert comes and goes too often, and how long it must be calm to clear then.

    Source:
        ISA-18.2-2016, 3.1.22: chattering alarm.
    """

    times: int
    """So many raises, 2 to 100 …"""
    within_us: int
    """… within so many µs make it flap."""
    hold_us: int
    """It then clears once no level was in alarm for so many µs."""


@dataclass(frozen=True, slots=True)
class Policy:
    """The timers and gates of one rule. Durations in µs; None where the rule has no such thing."""

    on_delay_us: int = 0
    """How long a level must be wanted before it is in alarm (ISA-18.2 on-delay)."""
    off_delay_us: int | None = 0
    """How long it must be unwanted before it is out of alarm; None: only quiet ends it."""
    quiet_us: int | None = None
    """A level ends when its condition was not met for so long, whether readings come or not."""
    repeat: Repeat | None = None
    latch: bool = False
    """Once the condition is gone the alert stays until somebody resets it."""
    realarm_us: int | None = None
    """An alert that goes on is told again after so long."""
    flapping: Flapping | None = None
    schedule: Schedule | None = None
    """When alerts are told; None: always."""
    under_maintenance: bool = True
    """Whether maintenance of the subject suppresses alerts."""
    under_parent: bool = True
    """Whether the silence of the subject's gateway suppresses alerts."""
