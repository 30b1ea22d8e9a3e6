"""What people tell the engine, in the database: written by commands and pages, read by the sink.

All take a psycopg AsyncConnection in autocommit, or inside the caller's transaction.
"""

from __future__ import annotations

from typing import Final

import msgspec
from psycopg import AsyncConnection, sql
from psycopg.rows import TupleRow
from psycopg.types.json import Jsonb

from rules.commands import Command, Maintenance
from storage.instants import to_us
from storage.texts import storable

_Connection = AsyncConnection[TupleRow]

_LOCK: Final = 0x494F4345
"""Advisory lock ("IOCE"): who inserts waits until the one before has committed or given up."""


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


async def put(connection: _Connection, command: Command, actor: str, reason: str) -> int:
    """Store a command and return the id that it got; its own is not looked at.

    Ids are committed in their order: who has read one has read all before it. To that end a
    transaction with a command holds up all others with one until it ends.
    """
    body = msgspec.to_builtins(command)
    del body["id"]
    async with connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
        cursor = await connection.execute(
            "INSERT INTO engine_command (actor, reason, body) VALUES (%s, %s, %s) RETURNING id",
            (storable(actor), storable(reason), Jsonb(body)),
        )
        row = await cursor.fetchone()
    assert row is not None  # noqa: S101 (RETURNING gives a row)
    number: int = row[0]
    return number


async def newer_commands(connection: _Connection, after_id: int) -> list[Command]:
    """Return the commands after one, in their order; 0 is before all."""
    cursor = await connection.execute(
        "SELECT id, body FROM engine_command WHERE id > %s ORDER BY id", (after_id,)
    )
    return [_command(*row) for row in await cursor.fetchall()]


async def maintenance(connection: _Connection, *, until_us: int = 0) -> list[Announced]:
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


def _command(number: int, body: dict[str, object]) -> Command:
    found: Command = msgspec.convert({**body, "id": number}, Command)
    return found
