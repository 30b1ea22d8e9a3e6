"""The registry in the database: every version of the city's tables; the newest is in force.

All take a psycopg AsyncConnection in autocommit. Versions count from 1 without gap.
"""

from __future__ import annotations

from collections.abc import Mapping

from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from devices import catalogue, revision
from storage import register
from storage.versions import StaleError, Version, Versions

__all__ = [
    "VERSIONS", "StaleError", "Version", "are_the_files", "current", "history", "last_from_files",
    "newer", "put", "texts", "texts_of",
]  # fmt: skip

_Connection = AsyncConnection[TupleRow]

VERSIONS = Versions("registry_version", "the registry stands")
"""Their digest is that of `devices.catalogue.digest_of`."""

current = VERSIONS.current
history = VERSIONS.history
last_from_files = VERSIONS.last_from_files
texts = VERSIONS.texts
texts_of = VERSIONS.texts_of
newer = VERSIONS.newer
are_the_files = VERSIONS.are_the_files


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
        await VERSIONS.check_expected(connection, expected)
        before = await texts(connection, expected)
        for one in revision.contradictions(wanted, before):
            raise one
        known = revision.sheet(before.get("datastreams.csv", "")).by_id()
        for name in known.keys() - found.slot_of.keys():
            raise catalogue.CatalogueError(
                "datastreams.csv", f"id: {name} is missing; it must stay, with retired = yes"
            )
        made = await VERSIONS.add(
            connection, expected, found.digest, wanted, actor, note, files_sha256
        )
        await register.write(connection, found)
    return made
