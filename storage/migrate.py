"""Bring a database to the schema of this version: numbered SQL files, each in one transaction.

Plain files because everything here is SQL that two engines must both understand, and because an
operator can read what will happen. A file that was applied is never edited: its digest is kept
and compared.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib import resources

import psycopg

_LOCK = 0x494F43
"""Advisory lock ("IOC"): two starts at once migrate one after the other."""

_LOCK_TIMEOUT = "2s"
"""A migration never queues longer than this behind a reader, with every writer behind it."""


class MigrationError(RuntimeError):
    """The database holds another history than this version's files."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One numbered file."""

    name: str
    sql: str

    @property
    def digest(self) -> str:
        """SHA-256 of the text, hexadecimal."""
        return hashlib.sha256(self.sql.encode()).hexdigest()


def migrations() -> list[Migration]:
    """Return this version's migrations in order."""
    folder = resources.files("storage") / "migrations"
    files = sorted(
        (file for file in folder.iterdir() if file.name.endswith(".sql")), key=lambda f: f.name
    )
    return [Migration(file.name, file.read_text(encoding="utf-8")) for file in files]


def migrate(database_url: str) -> list[str]:
    """Apply what is missing, and return the names of what was applied.

    Idempotent; safe to call from several processes at once.

    Raises:
        MigrationError: an applied file was edited, or the database is newer than this version.
        psycopg.Error: the database refused; nothing of that file is left behind.
    """
    wanted = migrations()
    applied = []
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", (_LOCK,))
        connection.execute(
            "CREATE TABLE IF NOT EXISTS migration (name text PRIMARY KEY, digest text NOT NULL, "
            "applied timestamptz NOT NULL DEFAULT clock_timestamp())"
        )
        rows = connection.execute("SELECT name, digest FROM migration").fetchall()
        known: dict[str, str] = dict(rows)
        if newer := sorted(known.keys() - {one.name for one in wanted}):
            raise MigrationError(
                f"the database has {', '.join(newer)}, which this version does not know; "
                "run the version that made it, or a later one"
            )
        for one in wanted:
            if known.get(one.name, one.digest) != one.digest:
                raise MigrationError(
                    f"{one.name} was applied with another content; "
                    "put the change into a new file and restore this one"
                )
            if one.name in known:
                continue
            with connection.transaction():
                connection.execute(f"SET LOCAL lock_timeout = '{_LOCK_TIMEOUT}'")
                connection.execute(one.sql.encode())
                connection.execute(
                    "INSERT INTO migration (name, digest) VALUES (%s, %s)", (one.name, one.digest)
                )
            applied.append(one.name)
    return applied
