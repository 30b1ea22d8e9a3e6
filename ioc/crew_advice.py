"""Advice on who to send: what the database and the city know, given to `dispatch.crews`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from devices import Catalogue
from devices.calendar import Calendar
from devices.crew import Roster
from dispatch.crews import Advice, Candidate, CrewState, Roads, Settings, advise
from dispatch.crews.advice import Need, is_on_shift
from dispatch.queue import Priority
from ioc import catalogue_source, city
from storage import crew_lists, crews, queries

if TYPE_CHECKING:
    import psycopg
    from psycopg.rows import TupleRow

    from dispatch.incidents import Incident
    from ioc.settings import Settings as AllSettings

    _Connection = psycopg.AsyncConnection[TupleRow]

SETTINGS: Final = Settings()
"""Of advice."""


class NowhereError(ValueError):
    """Nobody can be sent: it is not known where to."""


@dataclass(frozen=True, slots=True)
class Ground:
    """What the city knows of crews and ways."""

    catalogue: Catalogue
    """In force."""
    roster: Roster
    roads: Roads
    calendar: Calendar


def read(settings: AllSettings) -> Ground:
    """Return the ground of a city, its catalogue as it is in force.

    Raises:
        ValueError: a file of the city is wrong.
    """
    found = city.load(settings.city, catalogue_source.at_start(settings))
    return Ground(
        found.catalogue,
        city.roster(settings.city, found.catalogue),
        Roads.of_map(found.base_map),
        found.calendar,
    )


async def standing(connection: _Connection, ground: Ground, now_us: int) -> dict[str, CrewState]:
    """Return how all crews stand, each with the newest position that anybody reported."""
    crew_of = {one.id: one.crew for one in ground.catalogue.terminals.values()}
    return await crew_lists.standing(connection, ground.roster.crews, crew_of, now_us)


async def need_of(connection: _Connection, ground: Ground, incident: Incident) -> Need:
    """Return what an incident needs: at its place, the skill of its worst active alert.

    The oldest of equals counts; where none is active any more, the worst of all.

    Raises:
        NowhereError: nobody knows its place.
    """
    rows = await queries.alerts_by_id(connection, list(incident.members))
    rows.sort(
        key=lambda one: (not one.active, Priority.of_colour(one.severity), one.raised_us, one.id)
    )
    skill = ground.roster.skill_for(rows[0].domain, rows[0].skill) if rows else ""
    # A skill that no crew could have is none: the rules know more words than the roster.
    return need_at(ground, incident.place, skill if skill in ground.roster.skills else "")


def need_at(ground: Ground, place: str, skill: str) -> Need:
    """Return a need at a place.

    Raises:
        NowhereError: there is no such place.
    """
    found = ground.catalogue.places.get(place)
    if found is None:
        raise NowhereError(
            f"place {place!r} is not known; say where with --place, `ioc incidents show` has them"
        )
    return Need(found.lon, found.lat, found.town, skill)


async def advice(connection: _Connection, ground: Ground, need: Need, now_us: int) -> Advice:
    """Return who should go."""
    stand = await standing(connection, ground, now_us)
    loads = await crews.workloads(connection)
    candidates: Sequence[Candidate] = [
        Candidate(crew, stand[crew.id], loads.get(crew.id, 0))
        for crew in ground.roster.crews.values()
    ]
    return advise(need, candidates, ground.roads, ground.calendar, now_us, SETTINGS)


def on_shift(ground: Ground, crew: str, now_us: int) -> bool:
    """Return whether a crew is on duty."""
    return is_on_shift(ground.roster.crews[crew].shifts, ground.calendar, now_us)
