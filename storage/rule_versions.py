"""The rules in the database: every version of their files; the newest is in force.

Whether rules are right only the language knows: who puts a version into force has asked it before.
All take a psycopg AsyncConnection in autocommit. Versions count from 1 without gap.
"""

from __future__ import annotations

from collections.abc import Mapping

from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from rules.digest import digest_of
from storage.versions import StaleError, Version, Versions

__all__ = [
    "VERSIONS", "StaleError", "Version", "are_the_files", "current", "history", "last_from_files",
    "newer", "put", "texts", "texts_of",
]  # fmt: skip

VERSIONS = Versions("rule_version", "the rules stand")
"""Their digest is that of `rules.digest.digest_of`."""

current = VERSIONS.current
history = VERSIONS.history
last_from_files = VERSIONS.last_from_files
texts = VERSIONS.texts
texts_of = VERSIONS.texts_of
newer = VERSIONS.newer
are_the_files = VERSIONS.are_the_files


async def put(
    connection: AsyncConnection[TupleRow],
    expected: int,
    wanted: Mapping[str, str],
    actor: str,
    note: str,
    files_sha256: str | None = None,
) -> Version:
    """Put a version into force.

    Args:
        connection: where to.
        expected: number of the version that it follows; 0 for the first.
        wanted: YAML by file name, checked.
        actor: who made it.
        note: why, in the actor's words.
        files_sha256: as in `Version`.

    Raises:
        StaleError: another version is in force than the expected one.
    """
    async with connection.transaction():
        await VERSIONS.check_expected(connection, expected)
        return await VERSIONS.add(
            connection, expected, digest_of(wanted), wanted, actor, note, files_sha256
        )
