"""The spool: messages on disk before they are acknowledged, until the sink has them.

SQLite in WAL mode with synchronous=FULL: a commit is an fsync, one for all messages of a window.
The log may be lost as a whole, as the embedded one is with its process: what the sink has not
stored is still here and goes into the next log.

The spool also numbers messages that came without a number (`ingest.spool_numbers`), keeps pieces
of messages until they are complete (`ingest.spool_parts`), and the sessions of protocols that have
such: whatever a message changes is in the transaction that stores it.
"""

from __future__ import annotations

import secrets
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Final

from ingest import spool_numbers, spool_parts
from ingest.identity import UNNUMBERED
from ingest.spool_numbers import CONTENT_WINDOW_S, Contents, Numbers
from ingest.spool_parts import Parts
from ingest.spooled import Kept, Spooled

__all__ = ["CONTENT_WINDOW_S", "Kept", "Spool", "SpoolError", "Spooled"]

_SCHEMA: Final = """
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
);
CREATE TABLE IF NOT EXISTS session (
    name     TEXT PRIMARY KEY,
    state    BLOB NOT NULL,
    heard_us INTEGER NOT NULL
) WITHOUT ROWID;
"""

_LATER: Final = {
    "withheld": "INTEGER NOT NULL DEFAULT 0",
    "noted": "BLOB NOT NULL DEFAULT x''",
}
"""Columns of `message` that a spool of an earlier version has not."""

_COLUMNS: Final = (
    "id, topic, payload, gateway, boot, seq, received_us, collector, x'', NULL, withheld, noted"
)
"""As `Spooled` has them."""

_SHARES: Final = "gateway, sum(length(payload))"

_SESSION_DAYS: Final = 30
"""A session that was not heard for so long is forgotten; it begins anew with its next birth."""

_NOTHING: Final[Mapping[str, bytes]] = MappingProxyType({})


class SpoolError(RuntimeError):
    """The spool cannot be opened, read or written; nothing of the call is kept."""


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
            database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("PRAGMA synchronous = FULL")
            database.executescript(_SCHEMA + spool_numbers.SCHEMA + spool_parts.SCHEMA)
            there = {row[1] for row in database.execute("PRAGMA table_info(message)")}
            for column, kind in _LATER.items():
                if column not in there:
                    database.execute(f"ALTER TABLE message ADD COLUMN {column} {kind}")
            # Another spool numbers from 0 again: its numbers must not be taken for these.
            database.execute(
                "INSERT INTO spool SELECT ? WHERE NOT EXISTS (SELECT 1 FROM spool)",
                (f"@{secrets.token_hex(6)}",),
            )
            (self._boot,) = database.execute("SELECT boot FROM spool").fetchone()
            (self._count,) = database.execute("SELECT count(*) FROM message").fetchone()
            self._bytes = Counter(
                dict(database.execute(f"SELECT {_SHARES} FROM message GROUP BY gateway"))  # noqa: S608 # as above
            )
        except (sqlite3.Error, OSError) as error:
            raise SpoolError(f"spool {path}: cannot be opened: {error}") from error
        self._database = database
        self._numbers = Numbers(database)
        self._contents = Contents(database)
        self._parts = Parts(database, self._contents)

    def append(self, messages: Sequence[Spooled], sessions: Mapping[str, bytes] = _NOTHING) -> int:
        """Store messages durably, in order, and return how many were not there yet.

        A numbered message with the identity of one that is still here is the same message again;
        so is an unnumbered one with the content of another not long ago. Pieces are joined, see
        `ingest.spool_parts`.

        Args:
            messages: in the order of receipt.
            sessions: what these messages made of sessions, by name.

        Raises:
            SpoolError: the disk is full or broken; nothing of it is stored.
        """
        with self._writing("written"):
            new, last = 0, self.last_id()
            rows: list[Spooled] = []
            for one in messages:
                stored = [one]
                if one.seq == UNNUMBERED and not self._is_new(one):
                    continue
                if one.part is not None:
                    # Whatever joins a set must be stored: one that is here already may not.
                    new += self._insert(rows)
                    rows = []
                    if self._has(one):
                        continue
                    stored = self._parts.join(one, one.part)
                rows += map(self._numbered, stored)
            new += self._insert(rows)
            if sessions:
                heard_us = messages[-1].received_us
                self._database.executemany(
                    "INSERT INTO session VALUES (?, ?, ?) ON CONFLICT DO UPDATE "
                    "SET state = excluded.state, heard_us = excluded.heard_us",
                    [(name, state, heard_us) for name, state in sessions.items()],
                )
            if messages:
                self._contents.forget(messages[-1].received_us)
            added = self._shares_after(last)
        self._count += new
        self._bytes.update(added)
        return new

    def hand_on_parts(self, now_us: int, collector: str) -> int:
        """Make messages of the sets that have waited long enough; return how many.

        Args:
            now_us: our clock, µs since 1970.
            collector: who hands them on.

        Raises:
            SpoolError: the disk is full or broken; they wait on.
        """
        with self._writing("written"):
            last = self.last_id()
            new = self._insert(
                [self._numbered(one) for one in self._parts.overdue(now_us, collector)]
            )
            added = self._shares_after(last)
        self._count += new
        self._bytes.update(added)
        return new

    def sessions(self, now_us: int) -> dict[str, bytes]:
        """Return the sessions by name, and forget those that ended long ago.

        Raises:
            SpoolError: the disk is full or broken.
        """
        with self._writing("trimmed") as database:
            database.execute(
                "DELETE FROM session WHERE heard_us < ?",
                (now_us - _SESSION_DAYS * 86_400_000_000,),
            )
            return dict(database.execute("SELECT name, state FROM session").fetchall())

    def read(self, after: int, limit: int) -> list[Spooled]:
        """Return up to `limit` messages with an id above `after`, in order of receipt.

        Raises:
            SpoolError: the disk is broken.
        """
        with self._telling("read"):
            rows = self._database.execute(
                f"SELECT {_COLUMNS} FROM message WHERE id > ? ORDER BY id LIMIT ?",  # noqa: S608 # a constant
                (after, limit),
            )
            return [Spooled._make(row) for row in rows]

    def kept(self, after: int, up_to: int, limit: int) -> list[Kept]:
        """Return up to `limit` messages with ids from `after` (exclusive) to `up_to` (inclusive).

        Raises:
            SpoolError: the disk is broken.
        """
        with self._telling("read"):
            rows = self._database.execute(
                "SELECT id, gateway, boot, seq, length(payload), received_us FROM message "
                "WHERE id > ? AND id <= ? ORDER BY id LIMIT ?",
                (after, up_to, limit),
            )
            return [Kept(*row) for row in rows]

    def fetch(self, ids: Sequence[int]) -> list[Spooled]:
        """Return messages by their ids, in order of receipt; those that are gone are left out.

        Raises:
            SpoolError: the disk is broken.
        """
        with self._telling("read"):
            rows = self._database.execute(
                f"SELECT {_COLUMNS} FROM message "  # noqa: S608 # a constant
                "WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id",
                (str(list(ids)),),
            )
            return [Spooled._make(row) for row in rows]

    def trim(self, ids: Iterable[int]) -> None:
        """Forget messages that the sink has.

        Raises:
            SpoolError: the disk is full or broken; they are still here.
        """
        with self._writing("trimmed") as database:
            gone = database.execute(
                "DELETE FROM message WHERE id IN (SELECT value FROM json_each(?)) "
                "RETURNING gateway, length(payload)",
                (str(list(ids)),),
            ).fetchall()
        self._count -= len(gone)
        for gateway, size in gone:
            self._bytes[gateway] -= size
        self._bytes = +self._bytes

    def last_id(self) -> int:
        """Return the highest id in the spool, 0 if it is empty."""
        (last,) = self._database.execute("SELECT coalesce(max(id), 0) FROM message").fetchone()
        return int(last)

    def size(self) -> tuple[int, int]:
        """Return the number of messages and the bytes in use."""
        (pages,) = self._database.execute("PRAGMA page_count").fetchone()
        (free,) = self._database.execute("PRAGMA freelist_count").fetchone()
        (page,) = self._database.execute("PRAGMA page_size").fetchone()
        return self._count, (pages - free) * page

    def largest(self) -> tuple[str, float]:
        """Return the gateway with most bytes of payload, and its share of all, 0 to 1.

        An empty spool has no such gateway: ("", 0.0).
        """
        ((gateway, size),) = self._bytes.most_common(1) or [("", 0)]
        return gateway, size / max(1, self._bytes.total())

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def _numbered(self, one: Spooled) -> Spooled:
        if one.seq != UNNUMBERED:
            return one
        return one._replace(boot=self._boot, seq=self._numbers.take(one.gateway))

    def _is_new(self, one: Spooled) -> bool:
        return not one.content or self._contents.is_new(one.content, one.received_us)

    def _shares_after(self, last: int) -> dict[str, int]:
        """Return bytes of payload by gateway, of messages with an id above `last`."""
        return dict(
            self._database.execute(
                f"SELECT {_SHARES} FROM message WHERE id > ? GROUP BY gateway",  # noqa: S608 # a constant
                (last,),
            )
        )

    def _has(self, one: Spooled) -> bool:
        found = self._database.execute(
            "SELECT 1 FROM message WHERE gateway = ? AND boot = ? AND seq = ?",
            (one.gateway, one.boot, one.seq),
        )
        return found.fetchone() is not None

    def _insert(self, rows: Sequence[Spooled]) -> int:
        """Store messages that are not there; return how many were not."""
        if not rows:
            return 0
        cursor = self._database.executemany(
            "INSERT OR IGNORE INTO message (topic, payload, gateway, boot, seq, received_us, "
            "collector, withheld, noted) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [one[1:8] + one[10:] for one in rows],
        )
        return cursor.rowcount

    @contextmanager
    def _writing(self, what: str) -> Iterator[sqlite3.Connection]:
        with self._telling(what):
            try:
                # Inside: a BEGIN that was interrupted may have begun all the same.
                self._database.execute("BEGIN IMMEDIATE")
                yield self._database
                self._database.execute("COMMIT")
            except BaseException:
                if self._database.in_transaction:
                    self._database.execute("ROLLBACK")
                raise

    @contextmanager
    def _telling(self, what: str) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise SpoolError(f"spool {self._path}: cannot be {what}: {error}") from error
