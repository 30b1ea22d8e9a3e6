"""Whom the gateways heard: the table `contact`, for the lobby of unknown devices.

All take a psycopg AsyncConnection in autocommit.
"""

from __future__ import annotations

import msgspec
import psycopg
from psycopg import AsyncConnection, sql
from psycopg.rows import TupleRow

from storage.instants import to_us


class Contact(msgspec.Struct, frozen=True):
    """A device as it introduced itself, known or not."""

    gateway: str
    device: str
    """As it names itself."""
    codec: str
    first_seen_us: int
    """µs since 1970."""
    last_seen_us: int
    messages: int
    topic: str
    """Of the last message."""
    last_payload: bytes
    keys: dict[str, str]
    """Unit by what it calls its datastreams."""


async def contacts(
    connection: AsyncConnection[TupleRow], gateway: str | None = None, device: str | None = None
) -> list[Contact]:
    """Return contacts, the last heard first; none where nobody has kept any yet."""
    query = sql.SQL(
        "SELECT gateway, device, codec, {first}, {last}, messages, topic, last_payload, keys "
        "FROM contact WHERE (%(gateway)s::text IS NULL OR gateway = %(gateway)s) "
        "AND (%(device)s::text IS NULL OR device = %(device)s) ORDER BY last_seen DESC, 1, 2"
    ).format(first=to_us("first_seen"), last=to_us("last_seen"))
    try:
        cursor = await connection.execute(query, {"gateway": gateway, "device": device})
    except psycopg.errors.UndefinedTable:
        return []
    return [
        Contact(
            row[0], row[1], row[2], row[3], row[4], row[5], row[6], bytes(row[7] or b""),
            {str(key): str(unit or "") for key, unit in (row[8] or {}).items()},
        )
        for row in await cursor.fetchall()
    ]  # fmt: skip
