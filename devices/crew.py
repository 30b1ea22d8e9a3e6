"""The people who go out: crews with their skills, shifts, home, and who is told if they are silent.

A crew is reached by its terminals (`devices.city.Terminal`). What it does at the moment is none of
this: see `dispatch.crews`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from devices.city import Name


@dataclass(frozen=True, slots=True)
class Shift:
    """When a crew is on duty, in the city's zone."""

    days: tuple[str, ...]
    """Of `mon` … `sun`, `workdays`, `holidays`, `all`."""
    from_s: int
    """Second of the day at which it begins, inclusive."""
    to_s: int
    """Second of the day at which it ends, exclusive, up to 86400; not above `from_s`: over
    midnight, belonging to the day on which it began."""


@dataclass(frozen=True, slots=True)
class Step:
    """Who is told when a crew has not accepted in time."""

    to: str
    """Id of a post, e.g. `duty-leader`: a post is always manned, a person is not."""
    name: Name
    """Of the post."""
    after_us: int
    """µs after the assignment; grows along a chain."""


@dataclass(frozen=True, slots=True)
class Crew:
    """People who go out together (处置队伍)."""

    id: str
    name: Name
    department: str
    """Id of the department that it belongs to."""
    home: str
    """Id of the place where it waits."""
    towns: tuple[str, ...]
    """Ids of the towns that it is responsible for; empty: the whole district."""
    skills: tuple[str, ...]
    """Ids of what it can do; at least one."""
    shifts: tuple[Shift, ...]
    """On duty in any of them; at least one."""
    chain: tuple[Step, ...]
    """Who is told, one after the other, while it does not accept; at least one."""


@dataclass(frozen=True, slots=True)
class Roster:
    """All crews of a city and the words that they are described by."""

    crews: dict[str, Crew] = field(default_factory=dict)
    """By id, in the order of the file."""
    skills: dict[str, Name] = field(default_factory=dict)
    """Name of each skill by its id."""
    departments: dict[str, Name] = field(default_factory=dict)
    """Name of each department by its id."""
    needs: dict[str, str] = field(default_factory=dict)
    """Skill by domain: what an alert of it needs where its rule names no skill."""

    def skill_for(self, domain: str, skill: str = "") -> str:
        """Return the skill that an alert needs; empty where nobody says.

        Args:
            domain: of the alert.
            skill: as its rule says; empty where it says nothing.

        >>> Roster(needs={"water": "drainage"}).skill_for("water")
        'drainage'
        >>> Roster(needs={"water": "drainage"}).skill_for("water", "instruments")
        'instruments'
        """
        return skill or self.needs.get(domain, "")
