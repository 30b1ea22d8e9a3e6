"""What the console needs to know of crews, as a small protocol; `ioc` hands it in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

from devices.crew import Roster
from dispatch.crews import Advice, CrewState

if TYPE_CHECKING:
    from psycopg import AsyncConnection
    from psycopg.rows import TupleRow

    from dispatch.incidents import Incident


class Advisor(Protocol):
    """Who should go; safe to call concurrently."""

    @property
    def roster(self) -> Roster:
        """The crews there are."""

    async def advise(
        self, connection: AsyncConnection[TupleRow], incident: Incident, now_us: int
    ) -> Advice | None:
        """Return who should go to an incident, and why; None where nobody knows its place."""

    async def standing(
        self, connection: AsyncConnection[TupleRow], now_us: int
    ) -> Mapping[str, CrewState]:
        """Return how all crews stand, by id."""


class NoCrews:
    """Implements `Advisor` for a city without crews."""

    roster = Roster()

    async def advise(
        self, _connection: AsyncConnection[TupleRow], _incident: Incident, _now_us: int
    ) -> Advice | None:
        """Know nobody."""
        return None

    async def standing(
        self, _connection: AsyncConnection[TupleRow], _now_us: int
    ) -> Mapping[str, CrewState]:
        """Know nobody."""
        return {}
