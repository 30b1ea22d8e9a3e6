"""The spool: messages on disk before they are acknowledged, until the sink has them.

SQLite in WAL mode with synchronous=FULL: a commit is an fsync, one for all messages of a window.
The log may be lost as a whole, as the embedded one is with its process: what the sink has not
stored is still here and goes into the next log.

The spool also numbers messages that came without a number, for each gateway without gaps and over
restarts, and knows those again whose content was spooled within `CONTENT_WINDOW_S`.
"""

from __future__ import annotations

import secrets
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from ingest.identity import UNNUMBERED

CONTENT_WINDOW_S = 3600
"""How long the content of an unnumbered message is remembered after its receipt."""

_FORGET_EVERY_S = 60

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
);
CREATE TABLE IF NOT EXISTS spool (boot TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS numbering (gateway TEXT PRIMARY KEY, next_seq INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS content (digest BLOB PRIMARY KEY, received_us INTEGER NOT NULL)
    WITHOUT ROWID;
"""

_SHARES = "gateway, sum(length(payload))"
_COLUMNS = "id, topic, payload, gateway, boot, seq, received_us, collector"


class SpoolError(RuntimeError):
    """The spool cannot be opened, read or written; nothing of the call is kept."""


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
    """Identity as in `devices.record.Pack`; `UNNUMBERED` before the spool has numbered it."""
    received_us: int
    """Our clock at the first receipt, µs since 1970."""
    collector: str
    """Collecting process that received it first, and its run."""
    content: bytes = b""
    """As `ingest.identity.Identity.content`; not kept with the message."""


class Kept(NamedTuple):
    """Which message an id of the spool is."""

    id: int
    gateway: str
    boot: str
    seq: int
    size: int
    """Bytes of its payload."""
    received_us: int
    """As `Spooled.received_us`."""


class Spool:
    """One file of messages. Blocking; for one thread at a time."""

    def __init__(self, path: Path) -> None:
        """Open the spool, with whatever an earlier run left in it.

        Raises:
            SpoolError: the file cannot be opened or is no spool.
        """
        self._path = path
        self._forgotten_us = 0
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("PRAGMA synchronous = FULL")
            database.executescript(_SCHEMA)
            # Another spool numbers from 0 again: its numbers must not be taken for these.
            database.execute(
                "INSERT INTO spool SELECT ? WHERE NOT EXISTS (SELECT 1 FROM spool)",
                (f"@{secrets.token_hex(6)}",),
            )
            (self._boot,) = database.execute("SELECT boot FROM spool").fetchone()
            (self._count,) = database.execute("SELECT count(*) FROM message").fetchone()
            self._bytes = Counter(
                dict(database.execute(f"SELECT {_SHARES} FROM message GROUP BY gateway"))  # noqa: S608 # a constant
            )
        except (sqlite3.Error, OSError) as error:
            raise SpoolError(f"spool {path}: cannot be opened: {error}") from error
        self._database = database

    def append(self, messages: Sequence[Spooled]) -> int:
        """Store messages durably, in order, and return how many were not there yet.

        A numbered message with the identity of one that is still here is the same message again;
        so is an unnumbered one with the content of another not long ago.

        Raises:
            SpoolError: the disk is full or broken; none of the messages is stored.
        """
        with self._writing("written") as database:
            rows = self._numbered(messages)
            last = self.last_id()
            changed = database.total_changes
            database.executemany(
                "INSERT OR IGNORE INTO message (topic, payload, gateway, boot, seq, received_us, "
                "collector) VALUES (?, ?, ?, ?, ?, ?, ?)",
                rows,
            )
            new = database.total_changes - changed
            added = dict(
                database.execute(
                    f"SELECT {_SHARES} FROM message WHERE id > ? GROUP BY gateway",  # noqa: S608 # a constant
                    (last,),
                )
            )
        self._count += new
        self._bytes.update(added)
        return new

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
            return [Spooled(*row) for row in rows]

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
            return [Spooled(*row) for row in rows]

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

    def _numbered(self, messages: Sequence[Spooled]) -> list[tuple[object, ...]]:
        """Return the rows of messages, without those whose content is known."""
        rows: list[tuple[object, ...]] = []
        following: dict[str, int] = {}
        for one in messages:
            boot, seq = one.boot, one.seq
            if seq == UNNUMBERED:
                if self._is_known(one):
                    continue
                boot, seq = self._boot, self._next_seq(one.gateway, following)
                following[one.gateway] = seq + 1
            rows.append(
                (one.topic, one.payload, one.gateway, boot, seq, one.received_us, one.collector)
            )
        self._database.executemany(
            "INSERT INTO numbering VALUES (?, ?) "
            "ON CONFLICT DO UPDATE SET next_seq = excluded.next_seq",
            following.items(),
        )
        if messages and messages[-1].received_us - self._forgotten_us > _FORGET_EVERY_S * 1_000_000:
            self._forgotten_us = messages[-1].received_us
            self._database.execute(
                "DELETE FROM content WHERE received_us < ?", (self._oldest(messages[-1]),)
            )
        return rows

    def _is_known(self, one: Spooled) -> bool:
        if not one.content:
            return False
        cursor = self._database.execute(
            "INSERT INTO content VALUES (?, ?) ON CONFLICT DO UPDATE "
            "SET received_us = excluded.received_us WHERE received_us < ?",
            (one.content, one.received_us, self._oldest(one)),
        )
        return cursor.rowcount == 0

    @staticmethod
    def _oldest(one: Spooled) -> int:
        return one.received_us - CONTENT_WINDOW_S * 1_000_000

    def _next_seq(self, gateway: str, following: dict[str, int]) -> int:
        if gateway in following:
            return following[gateway]
        row = self._database.execute(
            "SELECT next_seq FROM numbering WHERE gateway = ?", (gateway,)
        ).fetchone()
        return int(row[0]) if row else 0

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
