"""An incident and its members."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from dispatch.queue import Priority

_MINUTE_US: Final = 60_000_000


@dataclass(frozen=True, slots=True)
class Settings:
    """How far apart alerts may be and still be of one incident."""

    window_us: int = 30 * _MINUTE_US
    """An alert joins by itself if it was raised no longer than this before the first or after the
    last member, µs, inclusive."""
    longest_us: int = 12 * 60 * _MINUTE_US
    """From the first raise of a member to the last, µs, inclusive: by hand too. What goes on
    longer is another incident, perhaps a child."""
    most: int = 500
    """Members of one incident."""

    def __post_init__(self) -> None:
        """Check bounds.

        Raises:
            ValueError: a setting that cannot be.
        """
        if not 0 <= self.window_us <= self.longest_us:
            raise ValueError(
                f"window_us: {self.window_us}; it must be from 0 to longest_us {self.longest_us}"
            )
        if not 0 < self.longest_us <= 7 * 24 * 60 * _MINUTE_US:
            raise ValueError(f"longest_us: {self.longest_us}; it must be above 0, at most a week")
        if not 1 <= self.most <= 10_000:
            raise ValueError(f"most: {self.most}; it must be from 1 to 10000")


DEFAULT: Final = Settings()


@dataclass(frozen=True, slots=True)
class Member:
    """An alert, as far as an incident needs to know it."""

    alert: str
    """Its id."""
    severity: str
    """Warning colour."""
    active: bool
    """The condition still holds."""
    raised_us: int
    """µs since 1970."""
    place: str
    """Id of the place; empty where nobody knows."""


@dataclass(frozen=True, slots=True)
class Incident:
    """Alerts that are one happening (事件)."""

    id: str
    version: int = 0
    """Events so far; a command names the version that its actor saw."""
    place: str = ""
    """Id of the place it was opened for; empty where nobody knows."""
    title: str = ""
    """As people call it; may be empty."""
    members: Mapping[str, Member] = field(default_factory=dict)
    """By the alert's id."""
    parent: str = ""
    """Id of the incident that it is a part of; empty where it is none's. Parents have no parent."""
    merged_into: str = ""
    """Id of the incident that has its members now; empty where it was not merged."""
    opened_us: int = 0
    """µs since 1970."""
    closed_us: int | None = None
    """When it was closed or merged away, µs since 1970; None while it is open."""
    changed_by: str = ""
    """Who changed it last."""
    changed_how: str = ""
    """Kind of the newest event."""

    @property
    def is_open(self) -> bool:
        """Whether something can still be done with it."""
        return self.closed_us is None

    @property
    def priority(self) -> Priority | None:
        """That of its worst active member; None where no member is active."""
        return worst(self.members.values())

    @property
    def places(self) -> frozenset[str]:
        """Ids of all its places; never the empty one."""
        return frozenset({self.place, *(one.place for one in self.members.values())} - {""})

    @property
    def span_us(self) -> tuple[int, int]:
        """First and last raise of its members, µs since 1970; when it was opened if it has none."""
        raised = [one.raised_us for one in self.members.values()] or [self.opened_us]
        return min(raised), max(raised)


def worst(members: Iterable[Member]) -> Priority | None:
    """Return the most urgent priority of active members; None where there is none.

    >>> worst([Member("a", "red", False, 0, ""), Member("b", "blue", True, 0, "")])
    <Priority.P4: 4>
    """
    return min((Priority.of_colour(one.severity) for one in members if one.active), default=None)
