"""The questions about crews. Reading only; one function, one question.

All take a psycopg AsyncConnection in autocommit. Times are µs since 1970.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

import msgspec
from psycopg import AsyncConnection, sql
from psycopg.rows import TupleRow

from devices.calendar import DAY_US, MINUTE_US
from devices.crew import Step
from dispatch.crews import CrewState, Pending
from storage import crews
from storage.instants import to_us

_Connection = AsyncConnection[TupleRow]

POSITIONS_US: Final = DAY_US
"""Positions of terminals older than this are not looked for: the crew went home since."""

AHEAD_US: Final = MINUTE_US
"""A terminal's clock may be so far ahead; later positions are of a wrong clock."""


async def standing(
    connection: _Connection, wanted: Iterable[str], crew_of: Mapping[str, str], now_us: int
) -> dict[str, CrewState]:
    """Return how crews stand, by id, each with the newest position that anybody reported.

    Args:
        connection: where to ask.
        wanted: ids of crews; those nobody ever told anything are idle.
        crew_of: crew by terminal.
        now_us: now; positions from the future are of no use.
    """
    found = await crews.states(connection, wanted)
    heard = await crews.heard(connection, crew_of, now_us - POSITIONS_US, now_us + AHEAD_US)
    for crew, position in heard.items():
        if crew not in found:
            continue
        known = found[crew].position
        if known is None or known.at_us < position.at_us:
            found[crew] = replace(found[crew], position=position)
    return found


async def with_task(connection: _Connection) -> list[str]:
    """Return the ids of crews that have a task, in order: also of those that no file has now."""
    cursor = await connection.execute(
        "SELECT crew FROM crew_state WHERE assignment IS NOT NULL ORDER BY crew"
    )
    return [row[0] for row in await cursor.fetchall()]


async def waiting(connection: _Connection) -> list[Pending]:
    """Return assignments that nobody has accepted, nor declined or recalled, the oldest first."""
    cursor = await connection.execute(
        sql.SQL(
            "SELECT id::text, crew, incident::text, {assigned}, chain, told FROM assignment "
            "WHERE accepted IS NULL AND ended IS NULL ORDER BY assigned, id"
        ).format(assigned=to_us("assigned"))
    )
    return [
        Pending(
            assignment, crew, incident, assigned_us, msgspec.convert(chain, tuple[Step, ...]), told
        )
        for assignment, crew, incident, assigned_us, chain, told in await cursor.fetchall()
    ]
