"""What people tell the engine, in the database: written by commands and pages, read by the sink.

All take a psycopg AsyncConnection in autocommit, or inside the caller's transaction.
"""

from __future__ import annotations

from typing import Final

import msgspec
from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from psycopg.types.json import Jsonb

from rules.commands import Command
from storage.texts import storable

_Connection = AsyncConnection[TupleRow]

_LOCK: Final = 0x494F4345
"""Advisory lock ("IOCE"): who inserts waits until the one before has committed or given up."""


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


def _command(number: int, body: dict[str, object]) -> Command:
    found: Command = msgspec.convert({**body, "id": number}, Command)
    return found
