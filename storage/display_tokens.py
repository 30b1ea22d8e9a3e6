"""Display tokens: by what a big screen is let in. One wall each, read-only, revocable.

A token is told once, when it is made, and never stored: only its SHA-256 is. Who opens its address
takes its **seat**, with a secret of the browser's own; whoever sat there before does not any more.

All take a psycopg AsyncConnection in autocommit. Times are µs since 1970.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
from psycopg import AsyncConnection, errors, sql
from psycopg.rows import TupleRow

from storage.instants import to_us

_Connection = AsyncConnection[TupleRow]

_SECRET_BYTES: Final = 32
"""256 bits: nobody guesses one, so there is nothing to slow a guesser down for."""

NAME_AT_MOST: Final = 64
"""Characters of a wall's name; it stands in a table on a terminal."""


class DisplayTokenError(ValueError):
    """There cannot be such a token, or there is none; nothing was done."""


class DisplayToken(msgspec.Struct, frozen=True):
    """A token as people see it."""

    id: int
    name: str
    """Of the wall."""
    created_us: int
    created_by: str
    last_seen_us: int | None
    """None where nobody came with it yet."""
    last_address: str | None
    revoked_us: int | None
    revoked_by: str | None


class Live(msgspec.Struct, frozen=True):
    """A token that is not revoked, as the door compares it."""

    id: int
    name: str
    sha256: bytes
    seat_sha256: bytes | None
    """None where nobody came with it yet."""


def digest(secret: str) -> bytes:
    """Return the SHA-256 of a token or of a seat's secret, (32,) bytes."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


async def create(connection: _Connection, name: str, actor: str) -> str:
    """Make a token for a wall and return it: the only time that it is told.

    Raises:
        DisplayTokenError: the name cannot be one, or this wall has a token.
    """
    name = name.strip()
    if not name or len(name) > NAME_AT_MOST or not name.isprintable():
        raise DisplayTokenError(
            f"{name!r} is no name of a wall; it must be 1 to {NAME_AT_MOST} characters on one line"
        )
    token = secrets.token_urlsafe(_SECRET_BYTES)
    try:
        await connection.execute(
            "INSERT INTO display_token (name, sha256, created_by) VALUES (%s, %s, %s)",
            (name, digest(token), actor),
        )
    except errors.UniqueViolation:
        raise DisplayTokenError(
            f"the wall {name} has a token; revoke it first: ioc wall tokens revoke {name}"
        ) from None
    return token


async def revoke(connection: _Connection, name: str, actor: str) -> None:
    """Revoke the token of a wall: whoever shows it is refused from then on.

    Raises:
        DisplayTokenError: this wall has none.
    """
    cursor = await connection.execute(
        "UPDATE display_token SET revoked = clock_timestamp(), revoked_by = %s "
        "WHERE name = %s AND revoked IS NULL",
        (actor, name.strip()),
    )
    if not cursor.rowcount:
        walls = [one.name for one in await tokens(connection)]
        there = f"those that have one: {', '.join(walls)}" if walls else "no wall has one"
        raise DisplayTokenError(f"the wall {name.strip()} has no token; {there}")


async def tokens(connection: _Connection, *, revoked: bool = False) -> list[DisplayToken]:
    """Return the tokens by name; those that are revoked too where they are asked for."""
    cursor = await connection.execute(
        sql.SQL(
            "SELECT id, name, {created}, created_by, {seen}, last_address, {revoked}, revoked_by "
            "FROM display_token WHERE %s OR revoked IS NULL ORDER BY name, id"
        ).format(created=to_us("created"), seen=to_us("last_seen"), revoked=to_us("revoked")),
        (revoked,),
    )
    return [DisplayToken(*row) for row in await cursor.fetchall()]


async def live(connection: _Connection) -> list[Live]:
    """Return all that admits somebody."""
    cursor = await connection.execute(
        "SELECT id, name, sha256, seat_sha256 FROM display_token WHERE revoked IS NULL"
    )
    return [Live(*row) for row in await cursor.fetchall()]


async def take_seat(connection: _Connection, number: int, address: str) -> str | None:
    """Give a token's seat to who came with it now, and return the seat's secret.

    Returns:
        None where the token was revoked meanwhile.
    """
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    cursor = await connection.execute(
        "UPDATE display_token SET seat_sha256 = %s, last_seen = clock_timestamp(), "
        "last_address = %s WHERE id = %s AND revoked IS NULL",
        (digest(secret), address, number),
    )
    return secret if cursor.rowcount else None


async def saw(connection: _Connection, addresses: Mapping[int, str]) -> None:
    """Note that some tokens were seen now, and from where.

    Args:
        connection: where to.
        addresses: by the token's id.
    """
    ids: Sequence[int] = list(addresses)
    await connection.execute(
        "UPDATE display_token SET last_seen = clock_timestamp(), last_address = seen.address "
        "FROM unnest(%s::integer[], %s::text[]) AS seen (id, address) "
        "WHERE display_token.id = seen.id",
        (ids, [addresses[one] for one in ids]),
    )
