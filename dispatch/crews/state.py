"""What a crew does at the moment: its status, its task, and where it was when."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """How far a crew is with what it was sent to.

    >>> Status.EN_ROUTE.zh
    '途中'
    """

    IDLE = "idle"
    ASSIGNED = "assigned"
    ACCEPTED = "accepted"
    EN_ROUTE = "en_route"
    ON_SCENE = "on_scene"
    HANDLING = "handling"
    DONE = "done"

    @property
    def zh(self) -> str:
        """Chinese word, as people say it."""
        return _WORDS[self][0]

    @property
    def en(self) -> str:
        """English word."""
        return _WORDS[self][1]

    @property
    def is_free(self) -> bool:
        """Whether the crew may be sent somewhere: it waits, or has finished what it had."""
        return self in (Status.IDLE, Status.DONE)


_WORDS = {
    Status.IDLE: ("空闲", "idle"),
    Status.ASSIGNED: ("已派", "assigned"),
    Status.ACCEPTED: ("已接", "accepted"),
    Status.EN_ROUTE: ("途中", "en route"),
    Status.ON_SCENE: ("到场", "on scene"),
    Status.HANDLING: ("处置中", "handling"),
    Status.DONE: ("完成", "done"),
}


@dataclass(frozen=True, slots=True)
class Position:
    """Where a crew was at a time."""

    lon: float
    """Degrees east, WGS-84."""
    lat: float
    """Degrees north, WGS-84."""
    at_us: int
    """Phenomenon time, µs since 1970: when it was there, not when we heard of it."""


@dataclass(frozen=True, slots=True)
class Task:
    """What a crew was sent to, last."""

    assignment: str
    """Id of the assignment."""
    incident: str
    """Id of the incident."""
    assigned_us: int
    """µs since 1970."""
    assigned_by: str


@dataclass(frozen=True, slots=True)
class CrewState:
    """A crew as it stands."""

    crew: str
    """Id of the crew."""
    version: int = 0
    """Events so far; a command names the version that its actor saw."""
    status: Status = Status.IDLE
    task: Task | None = None
    """None while idle."""
    position: Position | None = None
    """The newest known; None where none is. It moves without changing the version."""
    changed_us: int = 0
    """When its status changed last, µs since 1970; 0 before the first event."""
    changed_by: str = ""
    """Who changed it last; empty before the first event."""
    changed_how: str = ""
    """Kind of the newest event, one of `dispatch.crews.machine.EventKind`; empty before it."""
