"""Sessions of people who are signed in: in the database, so that one can be ended from anywhere.

What the browser holds is a random secret; stored is its SHA-256. A session ends when somebody ends
it, when it was not used for a while, and some hours after it started, whatever was done with it.

All take a psycopg AsyncConnection. Times are of the database's clock, µs since 1970.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import msgspec
from psycopg import AsyncConnection, sql
from psycopg.rows import TupleRow

from dispatch import Grant, Role
from storage.display_tokens import digest
from storage.instants import to_us

_Connection = AsyncConnection[TupleRow]

_SECRET_BYTES: Final = 32
"""256 bits."""

_KEPT: Final = timedelta(days=90)
"""How long the row of a session stays after it began; what happened stays in the audit trail."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a session lasts."""

    idle: timedelta
    """After its last use."""
    absolute: timedelta
    """After its start."""


class LiveSession(msgspec.Struct, frozen=True):
    """A session that is good, with what its account may do now."""

    id: int
    account: int
    name: str
    """Of the account."""
    sha256: bytes
    idle_s: float
    """How long ago it was used, seconds."""
    age_s: float
    """How long ago it started, seconds."""
    grants: tuple[Grant, ...]


class Session(msgspec.Struct, frozen=True):
    """A session that was not ended, as people see it."""

    id: int
    name: str
    """Of the account."""
    started_us: int
    last_used_us: int
    address: str
    """From where it was used last."""


async def start(connection: _Connection, account: int, address: str) -> str:
    """Start a session and return its secret, the only time that it is told."""
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    await connection.execute(
        "DELETE FROM account_session WHERE started < clock_timestamp() - %s", (_KEPT,)
    )
    await connection.execute(
        "INSERT INTO account_session (account, sha256, address) VALUES (%s, %s, %s)",
        (account, digest(secret), address),
    )
    return secret


async def live(connection: _Connection, limits: Limits) -> list[LiveSession]:
    """Return all that admits somebody."""
    cursor = await connection.execute(
        "SELECT one.id, one.account, account.name, one.sha256, "
        "extract(epoch FROM clock_timestamp() - one.last_used)::float8, "
        "extract(epoch FROM clock_timestamp() - one.started)::float8, "
        "(SELECT jsonb_agg(jsonb_build_array(role, department, town) ORDER BY role, department, "
        "town) FROM account_role WHERE account_role.account = one.account) "
        "FROM account_session one JOIN account ON account.id = one.account "
        "WHERE one.ended IS NULL AND account.disabled IS NULL "
        "AND one.last_used > clock_timestamp() - %s AND one.started > clock_timestamp() - %s",
        (limits.idle, limits.absolute),
    )
    return [
        LiveSession(number, account, name, sha256, idle_s, age_s, granted(grants))
        for number, account, name, sha256, idle_s, age_s, grants in await cursor.fetchall()
    ]


async def used(connection: _Connection, uses: Mapping[int, tuple[str, float]]) -> None:
    """Note that some sessions were used.

    Args:
        connection: where to.
        uses: by id: from where, and how many seconds ago.
    """
    await connection.execute(
        "UPDATE account_session SET address = use.address, "
        "last_used = greatest(last_used, clock_timestamp() - use.ago_s * interval '1 s') "
        "FROM unnest(%s::bigint[], %s::text[], %s::float8[]) AS use (id, address, ago_s) "
        "WHERE account_session.id = use.id",
        (list(uses), [at for at, _ in uses.values()], [ago_s for _, ago_s in uses.values()]),
    )


async def end(connection: _Connection, session: int, by: str) -> str | None:
    """End one session; return the name of its account, None where it had ended or there is none."""
    cursor = await connection.execute(
        "UPDATE account_session SET ended = clock_timestamp(), ended_by = %s FROM account "
        "WHERE account_session.id = %s AND ended IS NULL AND account.id = account_session.account "
        "RETURNING account.name",
        (by, session),
    )
    row = await cursor.fetchone()
    return None if row is None else str(row[0])


async def end_secret(connection: _Connection, secret: str, by: str) -> None:
    """End the session of a secret, if there is one."""
    await connection.execute(
        "UPDATE account_session SET ended = clock_timestamp(), ended_by = %s "
        "WHERE sha256 = %s AND ended IS NULL",
        (by, digest(secret)),
    )


async def end_all(connection: _Connection, account: int, by: str) -> int:
    """End all sessions of an account; return how many there were."""
    cursor = await connection.execute(
        "UPDATE account_session SET ended = clock_timestamp(), ended_by = %s "
        "WHERE account = %s AND ended IS NULL",
        (by, account),
    )
    return cursor.rowcount


async def sessions(
    connection: _Connection, limits: Limits, account: int | None = None
) -> list[Session]:
    """Return the sessions that are good, of an account or of all, the newest first."""
    cursor = await connection.execute(
        sql.SQL(
            "SELECT one.id, account.name, {started}, {used}, one.address "
            "FROM account_session one JOIN account ON account.id = one.account "
            "WHERE one.ended IS NULL AND (%s::integer IS NULL OR account.id = %s) "
            "AND one.last_used > clock_timestamp() - %s AND one.started > clock_timestamp() - %s "
            "ORDER BY one.started DESC"
        ).format(started=to_us("one", "started"), used=to_us("one", "last_used")),
        (account, account, limits.idle, limits.absolute),
    )
    return [Session(*row) for row in await cursor.fetchall()]


def granted(rows: list[list[Any]] | None) -> tuple[Grant, ...]:
    """Return the grants of an account from `[[role, department, town], …]`; empty is every one.

    >>> granted([["viewer", "", "baimi"]])
    (Grant(role=<Role.VIEWER: 'viewer'>, department=None, town='baimi'),)
    """
    return tuple(
        Grant(Role(role), department or None, town or None) for role, department, town in rows or []
    )
