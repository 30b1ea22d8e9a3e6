"""One-time tokens: by which somebody sets a password of their own, once, within a day.

A token is told once, to who asked for it; stored is its SHA-256. One of no account makes the first
administrator, while there is no account. A newer one replaces the older ones of its account.

All take a psycopg AsyncConnection, inside the caller's transaction. Times are of its clock.
"""

from __future__ import annotations

import base64
import secrets
from datetime import timedelta
from typing import Final

import msgspec
from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from storage.display_tokens import digest

_Connection = AsyncConnection[TupleRow]

VALID_FOR: Final = timedelta(hours=24)

_BYTES: Final = 15
"""120 bits in 24 letters: nobody guesses one, and a person can type it."""

_GROUP: Final = 4


class OneTime(msgspec.Struct, frozen=True):
    """A token that can be used."""

    id: int
    account: int | None
    """Whose password it sets; None: it makes the first administrator."""
    name: str | None
    """Of the account."""


async def make(connection: _Connection, account: int | None, actor: str) -> str:
    """Make a token and return it, the only time that it is told; older ones are good no more."""
    letters = base64.b32encode(secrets.token_bytes(_BYTES)).decode()
    await withdraw(connection, account)
    await connection.execute(
        "INSERT INTO one_time_token (account, sha256, created_by, expires) "
        "VALUES (%s, %s, %s, clock_timestamp() + %s)",
        (account, digest(letters), actor, VALID_FOR),
    )
    return "-".join(letters[at : at + _GROUP] for at in range(0, len(letters), _GROUP))


async def withdraw(connection: _Connection, account: int | None) -> None:
    """Make the tokens of an account good no more; of None those of the first administrator."""
    await connection.execute(
        "UPDATE one_time_token SET used = clock_timestamp() "
        "WHERE account IS NOT DISTINCT FROM %s AND used IS NULL",
        (account,),
    )


async def find(connection: _Connection, given: str) -> OneTime | None:
    """Return what a token is for, as somebody typed it; None where it is good for nothing."""
    cursor = await connection.execute(
        "SELECT one.id, one.account, account.name FROM one_time_token one "
        "LEFT JOIN account ON account.id = one.account "
        "WHERE one.sha256 = %s AND one.used IS NULL AND one.expires > clock_timestamp() "
        "AND account.disabled IS NULL "
        "AND (one.account IS NOT NULL OR NOT EXISTS (SELECT FROM account))",
        (digest(_letters(given)),),
    )
    row = await cursor.fetchone()
    return None if row is None else OneTime(*row)


async def use(connection: _Connection, one: OneTime) -> bool:
    """Use a token up; return whether it was still good. Of two at once one wins."""
    cursor = await connection.execute(
        "UPDATE one_time_token SET used = clock_timestamp() "
        "WHERE id = %s AND used IS NULL AND expires > clock_timestamp()",
        (one.id,),
    )
    return bool(cursor.rowcount)


def _letters(given: str) -> str:
    r"""Return the letters of a token, however they were typed.

    >>> _letters(" abcd-EFGH\u3000")
    'ABCDEFGH'
    """
    return "".join(one for one in given.upper() if one.isalnum())[:128]
