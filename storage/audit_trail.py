"""The audit trail: who did what to whom, when, and from where. Rows are only ever added.

An action writes its row in its own transaction: there is none without the other. All take a psycopg
AsyncConnection. Times are of the database's clock.

Source:
    GB/T 22239-2019, 8.1.4.3 (安全审计): date and time, user, kind of event, whether it succeeded.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import msgspec
from psycopg import AsyncConnection, sql
from psycopg.rows import TupleRow
from psycopg.types.json import Jsonb

from storage.instants import to_us
from storage.texts import storable

_Connection = AsyncConnection[TupleRow]


class Audited(StrEnum):
    """What is written down."""

    SIGNED_IN = "signed_in"
    SIGN_IN_REFUSED = "sign_in_refused"
    SIGNED_OUT = "signed_out"
    PASSWORD_SET = "password_set"  # noqa: S105 # what was done, no password
    TOKEN_MADE = "token_made"  # noqa: S105 # likewise
    TOKEN_REFUSED = "token_refused"  # noqa: S105 # likewise
    ACCOUNT_ADDED = "account_added"
    ACCOUNT_DISABLED = "account_disabled"
    ACCOUNT_ENABLED = "account_enabled"
    ROLES_CHANGED = "roles_changed"
    SESSIONS_ENDED = "sessions_ended"


class Entry(msgspec.Struct, frozen=True):
    """One row."""

    id: int
    at_us: int
    """µs since 1970."""
    actor: str
    """Name of an account, or the user of a command line; empty for who is not known."""
    action: str
    """One of `Audited`."""
    subject: str
    """Name of the account it was done to; empty where there is none."""
    address: str
    """From where; empty for a command line."""
    detail: dict[str, Any]


async def record(
    connection: _Connection,
    action: Audited,
    *,
    actor: str,
    subject: str = "",
    address: str = "",
    **detail: object,
) -> None:
    """Add a row; inside the caller's transaction, if there is one."""
    await connection.execute(
        "INSERT INTO audit_trail (actor, action, subject, address, detail) "
        "VALUES (%s, %s, %s, %s, %s)",
        (storable(actor), action.value, storable(subject), storable(address), Jsonb(detail)),
    )


async def entries(connection: _Connection, limit: int = 100) -> list[Entry]:
    """Return the newest rows, newest first."""
    cursor = await connection.execute(
        sql.SQL(
            "SELECT id, {at}, actor, action, subject, address, detail FROM audit_trail "
            "ORDER BY id DESC LIMIT %s"
        ).format(at=to_us("at")),
        (limit,),
    )
    return [Entry(*row) for row in await cursor.fetchall()]
