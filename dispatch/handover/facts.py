"""What the system knows of a shift, chosen and put in order: the part of a handover nobody types.

All of it is kept with the handover as it was when it was drafted; what the city did afterwards
changes nothing here.
"""

from __future__ import annotations

import msgspec

from dispatch.handover.activity import Activity

Name = tuple[str, str]
"""Chinese and English."""


class Shift(msgspec.Struct, frozen=True):
    """Which shift is handed over, and to which."""

    id: str
    """As the roster calls it, e.g. `day`."""
    name: Name
    day: str
    """On which it began, in Beijing, e.g. `2026-10-01`."""
    from_us: int
    """Inclusive, µs since 1970."""
    until_us: int
    """Exclusive; when the next shift begins."""
    leader: Name
    """By the roster; two empty texts where it names nobody."""
    next_name: Name
    """Of the shift that takes over."""
    next_leader: Name
    next_until_us: int
    """When the next shift ends."""

    @property
    def key(self) -> str:
        """What people call the handover of this shift.

        >>> Shift("day", ("", ""), "2026-10-01", 0, 1, ("", ""), ("", ""), ("", ""), 2).key
        '2026-10-01-day'
        """
        return f"{self.day}-{self.id}"


class AlertLine(msgspec.Struct, frozen=True):
    """An alert that the next shift must know of."""

    id: str
    priority: int
    """1 to 4."""
    domain: str
    message: Name
    raised_us: int
    owner: str
    """Who deals with it; empty where nobody does."""
    until_us: int | None = None
    """Until when it is shelved; None where it is not."""
    by: str = ""
    """Who shelved it."""
    reason: str = ""
    """Why."""


class IncidentLine(msgspec.Struct, frozen=True):
    """An open incident."""

    id: str
    title: str
    """May be empty."""
    place: Name
    """Two empty texts where nobody knows."""
    priority: int | None
    """Of its worst active alert; None without one."""
    opened_us: int
    alerts: int
    active: int
    """Of them."""
    crews: int
    """At work there."""


class CaseLine(msgspec.Struct, frozen=True):
    """A case whose limit is over, or will be before the next shift ends."""

    number: str
    category: Name
    department: Name
    stage: str
    due_us: int
    is_late: bool
    is_supervised: bool
    """督办."""


class DeviceLine(msgspec.Struct, frozen=True):
    """A device of which nothing is heard."""

    id: str
    name: Name
    newest_us: int | None
    """Phenomenon time of its newest reading; None where it never sent one."""


class CrewLine(msgspec.Struct, frozen=True):
    """A crew at work."""

    id: str
    name: Name
    status: Name
    incident: str
    """Id."""
    since_us: int
    """When its status changed last."""
    assigned_by: str


class MaintenanceLine(msgspec.Struct, frozen=True):
    """Maintenance that goes on, or begins in the next shift."""

    id: int
    scope: str
    subject: str
    from_us: int
    until_us: int
    """Exclusive."""
    actor: str
    reason: str


class Facts(msgspec.Struct, frozen=True):
    """All that a draft says by itself."""

    shift: Shift
    drafted_us: int
    """What stands here is as it was then, µs since 1970."""
    activity: Activity
    """What changed from the begin of the shift to its end, or to when it was drafted."""
    incidents: tuple[IncidentLine, ...]
    """Open: the most urgent first."""
    unacknowledged: tuple[AlertLine, ...]
    """Active, told and acknowledged by nobody: the most urgent first, then the oldest."""
    shelved: tuple[AlertLine, ...]
    """Now: those that come back first are first."""
    expiring: int
    """Of them, so many come back in the next shift."""
    cases: tuple[CaseLine, ...]
    """By due time."""
    devices: tuple[DeviceLine, ...]
    """Never heard first, then the longest silent; at most `MOST` of them."""
    offline: int
    """How many there are in all."""
    crews: tuple[CrewLine, ...]
    maintenance: tuple[MaintenanceLine, ...]
    """By begin."""
