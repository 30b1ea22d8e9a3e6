"""Accounts: who may sign in, by which name, and what each may do.

There is no account that comes with the system. A password is never given from outside: an account
is made with a one-time token, by which its owner sets one. Whoever changes what an account may do
ends its sessions: no cookie outlives the rights that it was given for.

All take a psycopg AsyncConnection in autocommit. Each change is one transaction with its row in the
audit trail. Times are µs since 1970.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Final

import msgspec
from psycopg import AsyncConnection, errors, sql
from psycopg.rows import TupleRow

from dispatch import Grant, Role
from storage import audit_trail, one_time, sessions, sign_in_delays
from storage.audit_trail import Audited
from storage.instants import to_us
from storage.one_time import OneTime
from storage.sessions import granted
from storage.texts import storable

_Connection = AsyncConnection[TupleRow]

NAME_AT_MOST: Final = 64
"""Characters of a name; it stands in tables, on a terminal too."""


class AccountError(ValueError):
    """There cannot be such an account, or there is none; nothing was done."""


class Account(msgspec.Struct, frozen=True):
    """An account as people see it."""

    id: int
    name: str
    grants: tuple[Grant, ...]
    created_us: int
    created_by: str
    password_us: int | None
    """When its owner set a password; None where nobody has."""
    disabled_us: int | None
    disabled_by: str | None


class Credentials(msgspec.Struct, frozen=True):
    """What a password is checked against."""

    id: int
    name: str
    password: str | None
    """argon2id; None where nobody has set one."""
    is_disabled: bool


def folded(name: str) -> str:
    """Return by what a name is known: two that look alike are one.

    >>> folded(" Ａnn ") == folded("ann")
    True
    """
    return storable(unicodedata.normalize("NFKC", name).strip().casefold())


def checked_name(name: str) -> str:
    """Return a name as it is kept.

    Raises:
        AccountError: it cannot be one.
    """
    kept = unicodedata.normalize("NFKC", name).strip()
    if not 1 <= len(kept) <= NAME_AT_MOST or not kept.isprintable():
        raise AccountError(
            f"{name[:100]!r} is no name to sign in with; it must be 1 to {NAME_AT_MOST} characters "
            "on one line"
        )
    return kept


async def accounts(connection: _Connection) -> list[Account]:
    """Return all accounts by name."""
    cursor = await connection.execute(
        sql.SQL(
            "SELECT id, name, (SELECT jsonb_agg(jsonb_build_array(role, department, town) "
            "ORDER BY role, department, town) FROM account_role "
            "WHERE account_role.account = account.id), "
            "{created}, created_by, {password}, {disabled}, disabled_by "
            "FROM account ORDER BY folded"
        ).format(
            created=to_us("created"), password=to_us("password_set"), disabled=to_us("disabled")
        )
    )
    return [
        Account(number, name, granted(grants), *rest)
        for number, name, grants, *rest in await cursor.fetchall()
    ]


async def find(connection: _Connection, name: str) -> Account:
    """Return the account of a name.

    Raises:
        AccountError: there is none.
    """
    known = await accounts(connection)
    for one in known:
        if folded(one.name) == folded(name):
            return one
    there = ", ".join(one.name for one in known[:20]) or "nobody: add one with ioc users add"
    raise AccountError(f"no account has the name {name!r}; there are: {there}")


async def credentials(connection: _Connection, name: str) -> Credentials | None:
    """Return what the password of a name is checked against; None for a name that nobody has."""
    cursor = await connection.execute(
        "SELECT id, name, password, disabled IS NOT NULL FROM account WHERE folded = %s",
        (folded(name),),
    )
    row = await cursor.fetchone()
    return None if row is None else Credentials(*row)


async def still_stands(connection: _Connection, known: Credentials) -> bool:
    """Return whether what was read of an account still admits its owner.

    It stays so until the end of the caller's transaction.
    """
    cursor = await connection.execute(
        "SELECT FROM account WHERE id = %s AND password = %s AND disabled IS NULL FOR UPDATE",
        (known.id, known.password),
    )
    return await cursor.fetchone() is not None


async def first_token(connection: _Connection, actor: str) -> str | None:
    """Make the token of the first administrator; None once there is an account."""
    async with connection.transaction():
        cursor = await connection.execute("SELECT FROM account LIMIT 1")
        if await cursor.fetchone() is not None:
            return None
        token = await one_time.make(connection, None, actor)
        await audit_trail.record(connection, Audited.TOKEN_MADE, actor=actor)
    return token


async def add(connection: _Connection, name: str, grants: Sequence[Grant], actor: str) -> str:
    """Add an account, and return the one-time token by which its owner sets a password.

    Raises:
        AccountError: the name cannot be one, or somebody has it.
    """
    async with connection.transaction():
        number = await _insert(connection, name, grants, actor)
        await audit_trail.record(
            connection, Audited.ACCOUNT_ADDED, actor=actor, subject=checked_name(name),
            roles=[told(one) for one in grants],
        )  # fmt: skip
        return await one_time.make(connection, number, actor)


async def set_grants(
    connection: _Connection, name: str, grants: Sequence[Grant], actor: str
) -> int:
    """Give an account these roles and no others; return how many sessions it ended.

    Raises:
        AccountError: there is no such account.
    """
    async with connection.transaction():
        one = await find(connection, name)
        if set(one.grants) == set(grants):
            return 0
        await connection.execute("DELETE FROM account_role WHERE account = %s", (one.id,))
        await _grant(connection, one.id, grants)
        await audit_trail.record(
            connection, Audited.ROLES_CHANGED, actor=actor, subject=one.name,
            before=[told(each) for each in one.grants], roles=[told(each) for each in grants],
        )  # fmt: skip
        return await sessions.end_all(connection, one.id, actor)


async def disable(connection: _Connection, name: str, actor: str) -> int:
    """Let nobody sign in with an account any more; return how many sessions it ended.

    Raises:
        AccountError: there is no such account, or it is disabled.
    """
    async with connection.transaction():
        one = await find(connection, name)
        if one.disabled_us is not None:
            raise AccountError(f"{one.name} was disabled by {one.disabled_by}; nothing to do")
        await connection.execute(
            "UPDATE account SET disabled = clock_timestamp(), disabled_by = %s WHERE id = %s",
            (actor, one.id),
        )
        await one_time.withdraw(connection, one.id)
        await audit_trail.record(
            connection, Audited.ACCOUNT_DISABLED, actor=actor, subject=one.name
        )
        return await sessions.end_all(connection, one.id, actor)


async def enable(connection: _Connection, name: str, actor: str) -> None:
    """Let somebody sign in again.

    Raises:
        AccountError: there is no such account, or it is not disabled.
    """
    async with connection.transaction():
        one = await find(connection, name)
        if one.disabled_us is None:
            raise AccountError(f"{one.name} is not disabled; nothing to do")
        await connection.execute(
            "UPDATE account SET disabled = NULL, disabled_by = NULL WHERE id = %s", (one.id,)
        )
        await audit_trail.record(connection, Audited.ACCOUNT_ENABLED, actor=actor, subject=one.name)


async def reset(connection: _Connection, name: str, actor: str) -> str:
    """Take the password of an account away, and return a one-time token for a new one.

    Its sessions end, and its failures are forgotten.

    Raises:
        AccountError: there is no such account, or it is disabled.
    """
    async with connection.transaction():
        one = await find(connection, name)
        if one.disabled_us is not None:
            raise AccountError(
                f"{one.name} was disabled by {one.disabled_by}; enable it first: "
                f"ioc users disable {one.name} --undo"
            )
        await connection.execute(
            "UPDATE account SET password = NULL, password_set = NULL WHERE id = %s", (one.id,)
        )
        await sessions.end_all(connection, one.id, actor)
        await sign_in_delays.forget(connection, folded(one.name))
        await audit_trail.record(connection, Audited.TOKEN_MADE, actor=actor, subject=one.name)
        return await one_time.make(connection, one.id, actor)


async def end_sessions(connection: _Connection, name: str, session: int | None, actor: str) -> int:
    """End all sessions of an account, or one of them; return how many there were.

    Raises:
        AccountError: there is no such account, or this session is none of its open ones.
    """
    async with connection.transaction():
        one = await find(connection, name)
        if session is None:
            ended = await sessions.end_all(connection, one.id, actor)
        elif await sessions.end(connection, session, actor) == one.name:
            ended = 1
        else:
            raise AccountError(
                f"{one.name} has no open session {session}; see: ioc users sessions {one.name}"
            )
        await audit_trail.record(
            connection, Audited.SESSIONS_ENDED, actor=actor, subject=one.name, ended=ended,
            session=session,
        )  # fmt: skip
        return ended


async def set_password(
    connection: _Connection, account: int, password: str, name: str, address: str
) -> None:
    """Set a password, inside the caller's transaction; all sessions of the account end.

    Args:
        connection: where to.
        account: whose.
        password: argon2id.
        name: of the account, who does it.
        address: from where.
    """
    await connection.execute(
        "UPDATE account SET password = %s, password_set = clock_timestamp() WHERE id = %s",
        (password, account),
    )
    await sessions.end_all(connection, account, name)
    await audit_trail.record(
        connection, Audited.PASSWORD_SET, actor=name, subject=name, address=address
    )


async def rehash(connection: _Connection, account: int, before: str, password: str) -> None:
    """Replace the hash of a password by a stronger one of the same; not if it changed meanwhile."""
    await connection.execute(
        "UPDATE account SET password = %s WHERE id = %s AND password = %s",
        (password, account, before),
    )


async def redeem(
    connection: _Connection, one: OneTime, name: str, password: str, address: str
) -> int | None:
    """Use a one-time token up: set the password that its bearer chose.

    Args:
        connection: where to.
        one: the token.
        name: of the first administrator; of any other token the account's own.
        password: argon2id.
        address: from where.

    Returns:
        Id of the account; None where the token was used meanwhile.

    Raises:
        AccountError: the name cannot be one.
    """
    async with connection.transaction():
        if not await one_time.use(connection, one):
            return None
        number = one.account
        if number is None:
            grants = [Grant(Role.ADMINISTRATOR)]
            number = await _insert(connection, name, grants, "first token")
            await audit_trail.record(
                connection, Audited.ACCOUNT_ADDED, actor=checked_name(name),
                subject=checked_name(name), address=address, roles=[told(each) for each in grants],
            )  # fmt: skip
        await set_password(connection, number, password, one.name or checked_name(name), address)
        return number


def told(grant: Grant) -> str:
    """Return a grant as people write it.

    >>> told(Grant(Role.CREW, "water", "baimi")), told(Grant(Role.VIEWER))
    ('crew:water@baimi', 'viewer')
    """
    department = f":{grant.department}" if grant.department else ""
    town = f"@{grant.town}" if grant.town else ""
    return f"{grant.role}{department}{town}"


async def _insert(connection: _Connection, name: str, grants: Sequence[Grant], actor: str) -> int:
    kept = checked_name(name)
    try:
        cursor = await connection.execute(
            "INSERT INTO account (name, folded, created_by) VALUES (%s, %s, %s) RETURNING id",
            (kept, folded(kept), actor),
        )
    except errors.UniqueViolation:
        raise AccountError(f"there is an account {kept}; choose another name") from None
    row = await cursor.fetchone()
    assert row is not None  # noqa: S101 # RETURNING
    await _grant(connection, row[0], grants)
    return int(row[0])


async def _grant(connection: _Connection, account: int, grants: Sequence[Grant]) -> None:
    for one in sorted(set(grants), key=told):
        await connection.execute(
            "INSERT INTO account_role (account, role, department, town) VALUES (%s, %s, %s, %s)",
            (account, one.role.value, one.department or "", one.town or ""),
        )
