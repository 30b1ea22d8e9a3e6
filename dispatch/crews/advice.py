"""Advice: which crew to send, in which order, and why each of the others not.

Nothing is decided here: a dispatcher may send whom the advice rejects. Each choice tells its way,
its time and its work; each rejection tells all that speaks against it, not the first thing only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from devices.calendar import Calendar
from devices.crew import Crew, Shift
from devices.geo import distance_km
from dispatch.crews.roads import Roads
from dispatch.crews.state import CrewState
from rules.schedule import Schedule

_MINUTE_US: Final = 60_000_000


@dataclass(frozen=True, slots=True)
class Settings:
    """What is near, fresh and much."""

    radius_km: float = 30.0
    """Crews farther away, straight line, are rejected; inclusive, above 0. The district is 40 km
    wide."""
    stale_us: int = 10 * _MINUTE_US
    """A position older than this says nothing of now; µs, inclusive, above 0."""
    ahead_us: int = _MINUTE_US
    """A position from further in the future than this is of a wrong clock; µs, inclusive."""
    task_s: float = 180.0
    """So much later counts a crew for each task of its last 12 h; s, 0 or more."""
    away_s: float = 300.0
    """So much later counts a crew outside the towns that it is responsible for; s, 0 or more."""

    def __post_init__(self) -> None:
        """Check bounds.

        Raises:
            ValueError: a setting that cannot be.
        """
        for name, value, least, most in (
            ("radius_km", self.radius_km, 0.1, 500),
            ("stale_us", self.stale_us, 1, 24 * 60 * _MINUTE_US),
            ("ahead_us", self.ahead_us, 0, 60 * _MINUTE_US),
            ("task_s", self.task_s, 0, 3600),
            ("away_s", self.away_s, 0, 7200),
        ):
            if not least <= value <= most:
                raise ValueError(f"{name}: {value:g}; it must be from {least:g} to {most:g}")


@dataclass(frozen=True, slots=True)
class Need:
    """What is to be done, and where."""

    lon: float
    """Degrees east, WGS-84."""
    lat: float
    """Degrees north, WGS-84."""
    town: str
    """Id of the town; empty where nobody knows."""
    skill: str
    """Id of the skill; empty where any crew will do."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A crew that might be sent."""

    crew: Crew
    state: CrewState
    workload: int
    """Tasks that it was given in the last 12 h."""


@dataclass(frozen=True, slots=True)
class Reason:
    """What speaks for or against a crew."""

    code: str
    """For it: `way_by_road`, `way_across`, `workload`, `away`, `home_town`. Against it:
    `off_shift`, `lacks_skill`, `busy`, `no_position`, `position_old`, `position_ahead`,
    `outside_radius`."""
    facts: Mapping[str, str | int | float] = field(default_factory=dict)
    """What a text about it needs: see `dispatch.crews.words`."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A crew that can be sent."""

    crew: str
    eta_s: int
    """Driving time, whole seconds."""
    distance_km: float
    """Straight line."""
    by_road: bool
    """On known roads; else across."""
    workload: int
    score_s: int
    """By which it is ranked: driving time, and what counts as later; whole seconds."""
    version: int
    """Of the crew, as it was seen: what a dispatch has to name."""
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Rejection:
    """A crew that should not be sent."""

    crew: str
    reasons: tuple[Reason, ...]
    """All of them, at least one."""


@dataclass(frozen=True, slots=True)
class Advice:
    """Who should go."""

    at_us: int
    """When it was given, µs since 1970; it ages as fast as crews drive."""
    choices: tuple[Choice, ...]
    """The best first."""
    rejections: tuple[Rejection, ...]
    """In the order of crews' ids."""


def advise(
    need: Need,
    candidates: Iterable[Candidate],
    roads: Roads,
    calendar: Calendar,
    at_us: int,
    settings: Settings,
) -> Advice:
    """Return who should go, and why.

    Ranked by `score_s`, then driving time, then id: the same question has the same answer,
    whatever the order of the candidates.

    Args:
        need: where, and which skill.
        candidates: each crew once; unchanged.
        roads: of the city.
        calendar: knows workdays, for shifts.
        at_us: now, µs since 1970.
        settings: what is near, fresh and much.
    """
    fit, rejections = [], []
    for one in sorted(candidates, key=lambda one: one.crew.id):
        position = one.state.position
        km = float(distance_km(position.lon, position.lat, need.lon, need.lat)) if position else 0.0
        if against := _against(one, need, km, calendar, at_us, settings):
            rejections.append(Rejection(one.crew.id, against))
        elif position:
            fit.append((one, position, km))
    ways = roads.ways(need.lon, need.lat, [(where.lon, where.lat) for _, where, _ in fit])
    choices = []
    for (one, _, km), way in zip(fit, ways, strict=True):
        away = bool(need.town and one.crew.towns and need.town not in one.crew.towns)
        eta_s = round(way.time_s)
        later_s = one.workload * settings.task_s + (settings.away_s if away else 0.0)
        reasons = [
            Reason(
                "way_by_road" if way.by_road else "way_across",
                {"eta_s": eta_s, "km": round(km, 2)},
            ),
            Reason("workload", {"tasks": one.workload}),
        ]
        if need.town and one.crew.towns:
            reasons.append(Reason("away" if away else "home_town", {"town": need.town}))
        choices.append(
            Choice(
                one.crew.id, eta_s, km, way.by_road, one.workload, round(way.time_s + later_s),
                one.state.version, tuple(reasons),
            )
        )  # fmt: skip
    choices.sort(key=lambda one: (one.score_s, one.eta_s, one.crew))
    return Advice(at_us, tuple(choices), tuple(rejections))


def is_on_shift(shifts: Iterable[Shift], calendar: Calendar, at_us: int) -> bool:
    """Return whether one of some shifts goes on at a time, µs since 1970."""
    return any(
        Schedule(frozenset(one.days), one.from_s, one.to_s, calendar).is_open(at_us)
        for one in shifts
    )


def _against(
    one: Candidate, need: Need, km: float, calendar: Calendar, at_us: int, settings: Settings
) -> tuple[Reason, ...]:
    """Return all that speaks against a crew."""
    found = []
    if not is_on_shift(one.crew.shifts, calendar, at_us):
        found.append(Reason("off_shift"))
    if need.skill and need.skill not in one.crew.skills:
        found.append(Reason("lacks_skill", {"skill": need.skill, "has": " ".join(one.crew.skills)}))
    if not one.state.status.is_free:
        task = one.state.task
        found.append(
            Reason(
                "busy",
                {"status": one.state.status.value, "incident": task.incident if task else ""},
            )
        )
    if one.state.position is None:
        found.append(Reason("no_position"))
        return tuple(found)
    age_us = at_us - one.state.position.at_us
    if age_us > settings.stale_us:
        found.append(
            Reason("position_old", {"age_s": age_us // 10**6, "most_s": settings.stale_us // 10**6})
        )
    elif -age_us > settings.ahead_us:
        found.append(Reason("position_ahead", {"ahead_s": -age_us // 10**6}))
    if km > settings.radius_km:
        found.append(Reason("outside_radius", {"km": round(km, 2), "most_km": settings.radius_km}))
    return tuple(found)
