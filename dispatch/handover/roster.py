"""Who is on duty when: shifts around the clock, teams that take turns, and swaps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from devices.calendar import DAY_US, WEEKDAYS_ONLY, Calendar
from devices.city import Name
from dispatch.handover.facts import Shift

_SECOND_US = 1_000_000


@dataclass(frozen=True, slots=True)
class ShiftTime:
    """A shift (班次): each day from one time of day to another."""

    id: str
    name: Name
    from_s: int
    """Second of the day, inclusive."""
    to_s: int
    """Exclusive; not above `from_s`: over midnight, belonging to the day on which it began."""

    @property
    def length_us(self) -> int:
        """µs."""
        length_s = self.to_s - self.from_s
        return length_s * _SECOND_US + (0 if length_s > 0 else DAY_US)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is on duty."""

    id: str
    name: Name


@dataclass(frozen=True, slots=True)
class Team:
    """People who are on duty together."""

    id: str
    name: Name
    leader: str
    """Id of the person who leads (值班长)."""
    posts: Mapping[str, tuple[str, ...]]
    """Ids of people by the id of their post, in the order of the file."""


@dataclass(frozen=True, slots=True)
class DutyRoster:
    """Shifts, people, and whose turn it is."""

    shifts: tuple[ShiftTime, ...]
    """By begin; together they fill the day, one beginning where another ends."""
    posts: Mapping[str, Name]
    """By id."""
    people: Mapping[str, Person]
    teams: Mapping[str, Team]
    begins: date
    """First day of the cycle; before it the cycle ran too."""
    cycle: tuple[Mapping[str, str], ...]
    """Team by shift, day by day, and then again; at least one day."""
    swaps: Mapping[tuple[date, str], str]
    """Team by day and shift, where it is not the cycle's."""

    def team_of(self, day: date, shift: str) -> Team:
        """Return whose turn a shift is that begins on a day."""
        turn = self.cycle[(day - self.begins).days % len(self.cycle)]
        return self.teams[self.swaps.get((day, shift)) or turn[shift]]


@dataclass(frozen=True, slots=True)
class OnDuty:
    """Who is on duty at a time."""

    shift: ShiftTime
    day: date
    """On which the shift began."""
    from_us: int
    """Inclusive, µs since 1970."""
    until_us: int
    """Exclusive: when it changes next."""
    team: Team
    leader: Person
    people: tuple[tuple[str, Person], ...]
    """Post and person, without the leader; in the order of the file."""


def on_duty(roster: DutyRoster, at_us: int, calendar: Calendar = WEEKDAYS_ONLY) -> OnDuty:
    """Return who is on duty at a time.

    Args:
        roster: of the centre.
        at_us: µs since 1970; at the very end of a shift the next one is on duty.
        calendar: knows the zone; no day is without a shift, holidays neither.
    """
    today = calendar.local_day(at_us)
    day, shift, from_us = max(
        (
            (day, shift, start_us)
            for day in (today - timedelta(days=1), today)
            for shift in roster.shifts
            if (start_us := calendar.start_us(day) + shift.from_s * _SECOND_US) <= at_us
        ),
        key=lambda one: one[2],
    )
    team = roster.team_of(day, shift.id)
    people = tuple(
        (post, roster.people[person]) for post, who in team.posts.items() for person in who
    )
    return OnDuty(
        shift, day, from_us, from_us + shift.length_us, team, roster.people[team.leader], people
    )


def shift_at(roster: DutyRoster, at_us: int, calendar: Calendar = WEEKDAYS_ONLY) -> Shift:
    """Return the shift at a time as a handover tells of it."""
    now = on_duty(roster, at_us, calendar)
    then = on_duty(roster, now.until_us, calendar)
    return Shift(
        now.shift.id, now.shift.name, now.day.isoformat(), now.from_us, now.until_us,
        now.leader.name, then.shift.name, then.leader.name, then.until_us,
    )  # fmt: skip
