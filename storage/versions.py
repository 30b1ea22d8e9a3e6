"""Texts of which every version is kept and the newest is in force: the registry, and the rules.

All take a psycopg AsyncConnection in autocommit. Versions count from 1 without gap.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec
import psycopg
from psycopg import AsyncConnection, sql
from psycopg.rows import TupleRow
from psycopg.types.json import Jsonb

from storage.instants import to_us
from storage.texts import storable

_Connection = AsyncConnection[TupleRow]


class StaleError(ValueError):
    """Somebody made another version meanwhile; nothing was changed."""


class Version(msgspec.Struct, frozen=True):
    """One version, without its texts."""

    number: int
    sha256: str
    """Of its texts."""
    created_us: int
    """µs since 1970."""
    actor: str
    note: str
    files_sha256: str | None
    """Digest of the city's files where the version is theirs; None where it was made otherwise."""


@dataclass(frozen=True, slots=True)
class Versions:
    """The versions of one kind of texts."""

    table: str
    what: str
    """What they are called, with its verb: `the registry stands`."""

    async def current(self, connection: _Connection) -> Version | None:
        """Return the version in force; None before the first."""
        found = await self.history(connection, 1)
        return found[0] if found else None

    async def history(self, connection: _Connection, limit: int = 50) -> list[Version]:
        """Return versions, newest first."""
        return await self._versions(connection, "", limit)

    async def last_from_files(self, connection: _Connection) -> Version | None:
        """Return the newest version that is that of the city's files; None if there is none."""
        found = await self._versions(connection, "WHERE files_sha256 IS NOT NULL", 1)
        return found[0] if found else None

    async def texts(self, connection: _Connection, number: int) -> dict[str, str]:
        """Return the texts of a version by file name; empty for one that is not there."""
        return await self._texts(connection, "version = %s", number) or {}

    async def texts_of(self, connection: _Connection, digest: str) -> dict[str, str] | None:
        """Return the texts of a digest, whichever version they were; None if there is none."""
        return await self._texts(connection, "sha256 = %s ORDER BY version DESC LIMIT 1", digest)

    async def newer(self, connection: _Connection, digest: str) -> dict[str, str] | None:
        """Return the texts in force, or None if they are those of this digest or there are none."""
        return await self._texts(
            connection, "version = (SELECT max(version) FROM {}) AND sha256 <> %s", digest
        )

    async def are_the_files(self, connection: _Connection, number: int, files_sha256: str) -> None:
        """Note that the city's files are the same as a version."""
        await connection.execute(
            self._sql("UPDATE {} SET files_sha256 = %s WHERE version = %s"), (files_sha256, number)
        )

    async def check_expected(self, connection: _Connection, expected: int) -> None:
        """Return if a version is the one in force; 0 is before the first.

        Raises:
            StaleError: another one is.
        """
        now = await self.current(connection)
        number = now.number if now else 0
        if number != expected:
            raise self._stale(expected, number, f", by {now.actor}: {now.note}" if now else "")

    async def add(
        self,
        connection: _Connection,
        expected: int,
        digest: str,
        wanted: Mapping[str, str],
        actor: str,
        note: str,
        files_sha256: str | None,
    ) -> Version:
        """Write the version that follows the expected one, inside the caller's transaction.

        Raises:
            StaleError: another one wrote it at the same moment.
        """
        try:
            await connection.execute(
                self._sql(
                    "INSERT INTO {} (version, sha256, actor, note, texts, files_sha256) "
                    "VALUES (%s, %s, %s, %s, %s, %s)"
                ),
                (
                    expected + 1, digest, storable(actor), storable(note), Jsonb(dict(wanted)),
                    files_sha256,
                ),
            )  # fmt: skip
        except psycopg.errors.UniqueViolation:
            raise self._stale(expected, expected + 1) from None
        (made,) = await self.history(connection, 1)
        return made

    async def _versions(self, connection: _Connection, which: str, limit: int) -> list[Version]:
        query = sql.SQL(
            "SELECT version, sha256, {}, actor, note, files_sha256 FROM {} {} "
            "ORDER BY version DESC LIMIT %s"
        ).format(to_us("created"), sql.Identifier(self.table), sql.SQL(which))
        rows = await (await connection.execute(query, (limit,))).fetchall()
        return [Version(*row) for row in rows]

    async def _texts(
        self, connection: _Connection, which: str, value: object
    ) -> dict[str, str] | None:
        query = sql.SQL("SELECT texts FROM {} WHERE {}").format(
            sql.Identifier(self.table), self._sql(which)
        )
        row = await (await connection.execute(query, (value,))).fetchone()
        return dict(row[0]) if row else None

    def _sql(self, query: str) -> sql.Composed:
        return sql.SQL(query).format(sql.Identifier(self.table))

    def _stale(self, expected: int, number: int, who: str = "") -> StaleError:
        return StaleError(
            f"{self.what} at version {number}{who}; yours follows version {expected}: "
            "look at what changed, and do it again"
        )
