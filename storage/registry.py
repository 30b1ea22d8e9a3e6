"""The registry in the database: every version of the city's tables; the newest is in force.

All take a psycopg AsyncConnection in autocommit. Versions count from 1 without gap.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
import psycopg
from psycopg import AsyncConnection, sql
from psycopg.rows import TupleRow
from psycopg.types.json import Jsonb

from devices import catalogue, revision
from storage import register
from storage.instants import to_us
from storage.texts import storable

_Connection = AsyncConnection[TupleRow]


class StaleError(ValueError):
    """Somebody made another version meanwhile; nothing was changed."""


class Version(msgspec.Struct, frozen=True):
    """One version, without its texts."""

    number: int
    sha256: str
    """As `devices.catalogue.digest_of` its texts."""
    created_us: int
    """µs since 1970."""
    actor: str
    note: str
    files_sha256: str | None
    """Digest of the city's files where the version is theirs; None where it was made otherwise."""


_VERSION = sql.SQL(
    "SELECT version, sha256, {created}, actor, note, files_sha256 FROM registry_version "
).format(created=to_us("created"))


async def current(connection: _Connection) -> Version | None:
    """Return the version in force; None before the first."""
    found = await history(connection, 1)
    return found[0] if found else None


async def history(connection: _Connection, limit: int = 50) -> list[Version]:
    """Return versions, newest first."""
    query = _VERSION + sql.SQL("ORDER BY version DESC LIMIT %s")
    rows = await (await connection.execute(query, (limit,))).fetchall()
    return [Version(*row) for row in rows]


async def last_from_files(connection: _Connection) -> Version | None:
    """Return the newest version that is that of the city's files; None if there is none."""
    query = _VERSION + sql.SQL("WHERE files_sha256 IS NOT NULL ORDER BY version DESC LIMIT 1")
    row = await (await connection.execute(query)).fetchone()
    return Version(*row) if row else None


async def texts(connection: _Connection, number: int) -> dict[str, str]:
    """Return the texts of a version by file name; empty for one that is not there."""
    cursor = await connection.execute(
        "SELECT texts FROM registry_version WHERE version = %s", (number,)
    )
    row = await cursor.fetchone()
    return dict(row[0]) if row else {}


async def newer(connection: _Connection, digest: str) -> dict[str, str] | None:
    """Return the texts in force, or None if they are those of this digest or there are none."""
    cursor = await connection.execute(
        "SELECT texts FROM registry_version WHERE version = "
        "(SELECT max(version) FROM registry_version) AND sha256 <> %s",
        (digest,),
    )
    row = await cursor.fetchone()
    return dict(row[0]) if row else None


async def put(
    connection: _Connection,
    expected: int,
    wanted: Mapping[str, str],
    actor: str,
    note: str,
    files_sha256: str | None = None,
) -> Version:
    """Put a version into force, with its datastreams, in one transaction.

    Args:
        connection: where to.
        expected: number of the version that it follows; 0 for the first.
        wanted: texts by file name, complete as of `devices.revision`.
        actor: who made it.
        note: why, in the actor's words.
        files_sha256: as in `Version`.

    Raises:
        StaleError: another version is in force than the expected one.
        devices.CatalogueError: the texts are wrong, or give a slot another meaning.
        storage.register.RegistrationError: the database holds readings of a slot under another
            name.
    """
    found = catalogue.build(wanted)
    if any("\0" in text for text in wanted.values()):
        raise catalogue.CatalogueError("city.yaml", "holds NUL; no text may")
    async with connection.transaction():
        await _check_expected(connection, expected)
        before = await texts(connection, expected)
        for one in revision.contradictions(wanted, before):
            raise one
        known = revision.sheet(before.get("datastreams.csv", "")).by_id()
        for name in known.keys() - found.slot_of.keys():
            raise catalogue.CatalogueError(
                "datastreams.csv", f"id: {name} is missing; it must stay, with retired = yes"
            )
        try:
            await connection.execute(
                "INSERT INTO registry_version (version, sha256, actor, note, texts, files_sha256) "
                "VALUES (%s, %s, %s, %s, %s, %s)",
                (
                    expected + 1, found.digest, storable(actor), storable(note),
                    Jsonb(dict(wanted)), files_sha256,
                ),
            )  # fmt: skip
        except psycopg.errors.UniqueViolation:
            raise StaleError(_stale(expected, expected + 1)) from None
        await register.write(connection, found)
        (made,) = await history(connection, 1)
    return made


async def are_the_files(connection: _Connection, number: int, files_sha256: str) -> None:
    """Note that the city's files are the same as a version."""
    await connection.execute(
        "UPDATE registry_version SET files_sha256 = %s WHERE version = %s", (files_sha256, number)
    )


async def _check_expected(connection: _Connection, expected: int) -> None:
    now = await current(connection)
    number = now.number if now else 0
    if number != expected:
        raise StaleError(_stale(expected, number, f", by {now.actor}: {now.note}" if now else ""))


def _stale(expected: int, number: int, who: str = "") -> str:
    return (
        f"the registry stands at version {number}{who}; yours follows version {expected}: "
        "look at what changed, and do it again"
    )
