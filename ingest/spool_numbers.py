"""Numbers for messages that came without one, and what is remembered of what came.

Works inside the transactions of `ingest.spool`.
"""

from __future__ import annotations

import sqlite3
from typing import Final

CONTENT_WINDOW_S: Final = 3600
"""How long the content of an unnumbered message is remembered after its receipt."""

_FORGET_EVERY_S: Final = 60

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS spool (boot TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS numbering (gateway TEXT PRIMARY KEY, next_seq INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS content (digest BLOB PRIMARY KEY, received_us INTEGER NOT NULL)
    WITHOUT ROWID;
"""


class Numbers:
    """Counts messages of each gateway without gaps, over restarts."""

    def __init__(self, database: sqlite3.Connection) -> None:
        """Count in this spool."""
        self._database = database

    def take(self, gateway: str) -> int:
        """Return the next number of a gateway, from 0."""
        (following,) = self._database.execute(
            "INSERT INTO numbering VALUES (?, 1) "
            "ON CONFLICT DO UPDATE SET next_seq = next_seq + 1 RETURNING next_seq",
            (gateway,),
        ).fetchone()
        return int(following) - 1


class Contents:
    """Remembers digests for `CONTENT_WINDOW_S` after they came first."""

    def __init__(self, database: sqlite3.Connection) -> None:
        """Remember in this spool."""
        self._database = database
        self._forgotten_us = 0

    def is_new(self, digest: bytes, received_us: int) -> bool:
        """Remember a digest; return whether it was not known."""
        cursor = self._database.execute(
            "INSERT INTO content VALUES (?, ?) ON CONFLICT DO UPDATE "
            "SET received_us = excluded.received_us WHERE received_us < ?",
            (digest, received_us, _oldest_us(received_us)),
        )
        return cursor.rowcount > 0

    def has(self, digest: bytes, received_us: int) -> bool:
        """Return whether a digest is known, and remember nothing."""
        found = self._database.execute(
            "SELECT 1 FROM content WHERE digest = ? AND received_us >= ?",
            (digest, _oldest_us(received_us)),
        )
        return found.fetchone() is not None

    def forget(self, now_us: int) -> None:
        """Let go of what came too long ago; most calls do nothing."""
        if now_us - self._forgotten_us > _FORGET_EVERY_S * 1_000_000:
            self._forgotten_us = now_us
            self._database.execute(
                "DELETE FROM content WHERE received_us < ?", (_oldest_us(now_us),)
            )


def _oldest_us(now_us: int) -> int:
    return now_us - CONTENT_WINDOW_S * 1_000_000
