"""The spool: messages on disk before they are acknowledged, until the sink has them.

SQLite in WAL mode with synchronous=FULL: a commit is an fsync, one for all messages of a window.
The log may be lost as a whole, as the embedded one is with its process: what the sink has not
stored is still here and goes into the next log.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

_SCHEMA = """
CREATE TABLE IF NOT EXISTS message (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    topic       TEXT    NOT NULL,
    payload     BLOB    NOT NULL,
    gateway     TEXT    NOT NULL,
    boot        TEXT    NOT NULL,
    seq         INTEGER NOT NULL,
    received_us INTEGER NOT NULL,
    collector   TEXT    NOT NULL,
    UNIQUE (gateway, boot, seq)
)
"""

_COLUMNS = "id, topic, payload, gateway, boot, seq, received_us, collector"


class SpoolError(RuntimeError):
    """The spool cannot be opened or written; nothing of the call is kept."""


@dataclass(frozen=True, slots=True)
class Spooled:
    """One message as it lies in the spool."""

    id: int
    """Order of receipt, also over restarts; 0 before it is in the spool."""
    topic: str
    payload: bytes
    gateway: str
    boot: str
    seq: int
    """Identity as in `devices.record.Pack`."""
    received_us: int
    """Our clock at the first receipt, µs since 1970."""
    collector: str
    """Collecting process that received it first, and its run."""


class Spool:
    """One file of messages. Blocking; for one thread at a time."""

    def __init__(self, path: Path) -> None:
        """Open the spool, with whatever an earlier run left in it.

        Raises:
            SpoolError: the file cannot be opened or is no spool.
        """
        self._path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
            self._database.execute("PRAGMA journal_mode = WAL")
            self._database.execute("PRAGMA synchronous = FULL")
            self._database.execute(_SCHEMA)
        except (sqlite3.Error, OSError) as error:
            raise SpoolError(f"spool {path}: cannot be opened: {error}") from error

    def append(self, messages: Sequence[Spooled]) -> int:
        """Store messages durably, in order, and return how many were not there yet.

        A message with the identity of one that is still here is the same message again.

        Raises:
            SpoolError: the disk is full or broken; none of the messages is stored.
        """
        database = self._database
        try:
            database.execute("BEGIN IMMEDIATE")
            before = database.total_changes
            database.executemany(
                "INSERT OR IGNORE INTO message (topic, payload, gateway, boot, seq, received_us, "
                "collector) VALUES (?, ?, ?, ?, ?, ?, ?)",
                [
                    (
                        one.topic, one.payload, one.gateway, one.boot, one.seq, one.received_us,
                        one.collector,
                    )
                    for one in messages
                ],
            )  # fmt: skip
            new = database.total_changes - before
            database.execute("COMMIT")
        except sqlite3.Error as error:
            if database.in_transaction:
                database.execute("ROLLBACK")
            raise SpoolError(f"spool {self._path}: cannot be written: {error}") from error
        return new

    def read(self, after: int, limit: int) -> list[Spooled]:
        """Return up to `limit` messages with an id above `after`, in order of receipt."""
        rows = self._database.execute(
            f"SELECT {_COLUMNS} FROM message WHERE id > ? ORDER BY id LIMIT ?",  # noqa: S608 # a constant
            (after, limit),
        )
        return [Spooled(*row) for row in rows]

    def trim(self, ids: Iterable[int]) -> None:
        """Forget messages that the sink has."""
        self._database.execute("BEGIN IMMEDIATE")
        self._database.executemany("DELETE FROM message WHERE id = ?", [(one,) for one in ids])
        self._database.execute("COMMIT")

    def last_id(self) -> int:
        """Return the highest id in the spool, 0 if it is empty."""
        (last,) = self._database.execute("SELECT coalesce(max(id), 0) FROM message").fetchone()
        return int(last)

    def size(self) -> tuple[int, int]:
        """Return the number of messages and the bytes in use."""
        (count,) = self._database.execute("SELECT count(*) FROM message").fetchone()
        (pages,) = self._database.execute("PRAGMA page_count").fetchone()
        (free,) = self._database.execute("PRAGMA freelist_count").fetchone()
        (page,) = self._database.execute("PRAGMA page_size").fetchone()
        return count, (pages - free) * page

    def close(self) -> None:
        """Close the file."""
        self._database.close()
