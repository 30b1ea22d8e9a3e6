"""Who should go, for the dispatchers' console: `crew_advice` as `ioc_dashboard` wants it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from devices import Catalogue
from devices.crew import Roster
from dispatch.crews import Advice, CrewState, Roads
from dispatch.incidents import Incident
from ioc import city, crew_advice
from ioc.crew_advice import Ground

if TYPE_CHECKING:
    import psycopg
    from psycopg.rows import TupleRow

    _Connection = psycopg.AsyncConnection[TupleRow]


@dataclass(frozen=True, slots=True)
class Advising:
    """Implements `ioc_dashboard.console.Advisor`."""

    ground: Ground

    @property
    def roster(self) -> Roster:
        """The crews there are."""
        return self.ground.roster

    async def advise(
        self, connection: _Connection, incident: Incident, now_us: int
    ) -> Advice | None:
        """Return who should go to an incident, and why; None where nobody knows its place."""
        try:
            need = await crew_advice.need_of(connection, self.ground, incident)
        except crew_advice.NowhereError:
            return None
        return await crew_advice.advice(connection, self.ground, need, now_us)

    async def standing(self, connection: _Connection, now_us: int) -> Mapping[str, CrewState]:
        """Return how all crews stand, by id."""
        return await crew_advice.standing(connection, self.ground, now_us)


def advisor_of(folder: Path, found: city.City) -> Callable[[Catalogue], Advising]:
    """Return what knows the crews of a city, whichever of its catalogues is in force.

    Args:
        folder: of the city.
        found: what it holds.

    Raises:
        ValueError: the file of crews is wrong.
    """
    roster, roads = city.roster(folder, found.catalogue), Roads.of_map(found.base_map)

    def make(catalogue: Catalogue) -> Advising:
        return Advising(Ground(catalogue, roster, roads, found.calendar))

    return make
