"""Maintenance as people announce and end it: commands to the engine, which suppresses alerts by it.

All take a psycopg AsyncConnection in autocommit.
"""

from __future__ import annotations

import msgspec
from psycopg import AsyncConnection, sql
from psycopg.rows import TupleRow

from rules.commands import SCOPES, Maintenance, MaintenanceEnd
from storage import engine_commands
from storage.handling import HandlingError, StaleError, at_text, check_said
from storage.instants import instant, to_us

_Connection = AsyncConnection[TupleRow]


class Announced(msgspec.Struct, frozen=True):
    """A maintenance and who announced it."""

    maintenance: Maintenance
    actor: str
    reason: str
    created_us: int
    """µs since 1970."""
    ended_us: int | None
    """When it was ended before its time; None where it was not."""
    ended_by: str | None


async def announce(
    connection: _Connection,
    scope: str,
    subject: str,
    from_us: int,
    until_us: int,
    actor: str,
    reason: str,
) -> int:
    """Announce maintenance and return its id; from then on alerts of it are suppressed.

    Whether there is such a subject is for the caller to know.

    Args:
        connection: where to.
        scope: one of `rules.commands.SCOPES`.
        subject: id within the scope.
        from_us: µs since 1970, inclusive; of the log's time.
        until_us: exclusive.
        actor: who does it.
        reason: why.

    Raises:
        HandlingError: one of these cannot be.
    """
    if scope not in SCOPES:
        raise HandlingError(f"scope {scope!r} is not known; there are {', '.join(SCOPES)}")
    check_said("an actor", actor)
    check_said("a subject", subject)
    check_said("a reason", reason)
    if until_us <= from_us:
        raise HandlingError(
            f"maintenance from {instant(from_us).isoformat()} until {instant(until_us).isoformat()}"
            " would never be; its end must be after its start"
        )
    command = Maintenance(0, scope, subject, from_us, until_us)
    return await engine_commands.put(connection, command, actor, reason)


async def end(connection: _Connection, maintenance: int, actor: str, *, reason: str = "") -> int:
    """End maintenance now, whatever was announced; return the id of the command.

    Raises:
        StaleError: somebody was first.
        HandlingError: there is none of this id.
    """
    check_said("an actor", actor)
    async with connection.transaction():
        # Two at once: the other one waits here, and then sees this end.
        cursor = await connection.execute(
            "SELECT FROM engine_command WHERE id = %s AND body->>'type' = 'maintenance' FOR UPDATE",
            (maintenance,),
        )
        if await cursor.fetchone() is None:
            raise HandlingError(f"there is no maintenance {maintenance}")
        cursor = await connection.execute(
            "SELECT actor, created FROM engine_command WHERE body->>'type' = 'maintenance_end' "
            "AND (body->>'maintenance')::bigint = %s",
            (maintenance,),
        )
        row = await cursor.fetchone()
        if row is not None:
            raise StaleError(
                f"maintenance {maintenance} was ended by {row[0]}, {at_text(row[1])}", row[0]
            )
        return await engine_commands.put(connection, MaintenanceEnd(0, maintenance), actor, reason)


async def announced(connection: _Connection, *, until_us: int = 0) -> list[Announced]:
    """Return what maintenance was announced, newest first.

    Args:
        connection: where to ask.
        until_us: only what is announced to go on beyond this, µs since 1970.
    """
    cursor = await connection.execute(
        sql.SQL(
            "SELECT one.id, one.body, one.actor, one.reason, {created}, {ended}, ending.actor "
            "FROM engine_command AS one LEFT JOIN LATERAL (SELECT created AS ended, actor "
            "FROM engine_command WHERE body->>'type' = 'maintenance_end' "
            "AND (body->>'maintenance')::bigint = one.id ORDER BY id LIMIT 1) AS ending ON true "
            "WHERE one.body->>'type' = 'maintenance' AND (one.body->>'until_us')::bigint > %s "
            "ORDER BY one.id DESC"
        ).format(created=to_us("one", "created"), ended=to_us("ending", "ended")),
        (until_us,),
    )
    return [
        Announced(msgspec.convert({**body, "id": number}, Maintenance), *rest)
        for number, body, *rest in await cursor.fetchall()
    ]
