"""Pieces of messages that come in several payloads, kept until the last one is there.

Works inside the transactions of `ingest.spool`. The message that completes a set carries all its
pieces, in order, as its payload; the messages before it are withheld: they are stored for their
number alone. What went on is remembered for an hour, so that a piece that comes again changes
nothing; a piece that comes after its set was handed on begins a new set, and is not lost.

*Caveat.* SL 651 gives a piece nothing but its number to tell its set by. Two sets of a station of
which the first lost its end and the second its beginning within `PATIENCE_S` are taken for one.
"""

from __future__ import annotations

import hashlib
import sqlite3
from typing import Final

from ingest.codecs import REUSED_KEYS
from ingest.codecs.parts import Part
from ingest.identity import UNNUMBERED, address
from ingest.spool_numbers import Contents
from ingest.spooled import Spooled

PATIENCE_S: Final = 600
"""How long a set waits for the rest of its pieces after the first one came."""

LARGEST_SET: Final = 1 << 20
"""Bytes of all pieces of a set at most: no codec looks at more."""

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS part (
    topic       TEXT    NOT NULL,
    key         TEXT    NOT NULL,
    total       INTEGER NOT NULL,
    number      INTEGER NOT NULL,
    payload     BLOB    NOT NULL,
    received_us INTEGER NOT NULL,
    PRIMARY KEY (topic, key, total, number)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS part_received ON part (received_us);
"""

_SET = "topic = ? AND key = ? AND total = ?"

_Set = tuple[str, str, int]
"""Topic, key and total: what makes pieces one set."""


class Parts:
    """The sets that wait."""

    def __init__(self, database: sqlite3.Connection, contents: Contents) -> None:
        """Keep pieces in this spool.

        Args:
            database: of the spool.
            contents: remembers what went on.
        """
        self._database = database
        self._contents = contents

    def join(self, one: Spooled, part: Part) -> list[Spooled]:
        """Return what must be stored of a message, now that it is a piece of a set.

        A piece that cannot belong to its set (no such number, beyond `LARGEST_SET`) stands alone,
        as it came. Other bytes under a number that is there begin the next set: the one before it
        is handed on.
        """
        if not 1 <= part.number <= part.total:
            return [one]
        which = (one.topic, part.key, part.total)
        there = self._payload(which, part.number)
        if there == one.payload:
            return [one._replace(withheld=True)]
        handed_on = []
        if there is not None:
            handed_on = [self._message(which, one.received_us, one.collector)]
        elif self._went_on(one, part) and not self._follows(which, part.number):
            return [one._replace(withheld=True)]
        count, size = self._waiting(which)
        if size + len(one.payload) > LARGEST_SET:
            return [*handed_on, one]
        self._database.execute(
            "INSERT INTO part VALUES (?, ?, ?, ?, ?, ?)",
            (*which, part.number, one.payload, one.received_us),
        )
        if count + 1 < part.total:
            return [*handed_on, one._replace(withheld=True)]
        return [*handed_on, one._replace(payload=self._take(which, one.received_us))]

    def overdue(self, now_us: int, collector: str) -> list[Spooled]:
        """Take the sets whose patience is over, each as a message without a number."""
        sets = self._database.execute(
            "SELECT DISTINCT topic, key, total FROM part WHERE received_us < ?",
            (now_us - PATIENCE_S * 1_000_000,),
        ).fetchall()
        return [self._message(which, now_us, collector) for which in sets]

    def _message(self, which: _Set, now_us: int, collector: str) -> Spooled:
        """Return a message without a number that holds what there is of a set."""
        topic = which[0]
        payload = self._take(which, now_us)
        return Spooled(0, topic, payload, address(topic)[0], "", UNNUMBERED, now_us, collector)

    def _payload(self, which: _Set, number: int) -> bytes | None:
        row = self._database.execute(
            f"SELECT payload FROM part WHERE {_SET} AND number = ?",  # noqa: S608 # a constant
            (*which, number),
        ).fetchone()
        return None if row is None else row[0]

    def _went_on(self, one: Spooled, part: Part) -> bool:
        return self._contents.has(_digest(one.topic, part, one.payload), one.received_us)

    def _follows(self, which: _Set, number: int) -> bool:
        """Whether a piece is the next one of a set that has begun, known as its bytes may be.

        Where the next set has the key of the one before it, equal values make equal bytes.
        """
        if address(which[0])[1] not in REUSED_KEYS or number == 1:
            return False
        (before,) = self._database.execute(
            f"SELECT count(*) FROM part WHERE {_SET} AND number < ?",  # noqa: S608 # a constant
            (*which, number),
        ).fetchone()
        return int(before) == number - 1

    def _waiting(self, which: _Set) -> tuple[int, int]:
        count, size = self._database.execute(
            f"SELECT count(*), coalesce(sum(length(payload)), 0) FROM part WHERE {_SET}",  # noqa: S608 # a constant
            which,
        ).fetchone()
        return count, size

    def _take(self, which: _Set, now_us: int) -> bytes:
        """Return all pieces of a set in order, and remember that they went on."""
        rows = self._database.execute(
            f"SELECT number, payload FROM part WHERE {_SET} ORDER BY number",  # noqa: S608 # a constant
            which,
        ).fetchall()
        topic, key, total = which
        for number, payload in rows:
            self._contents.is_new(_digest(topic, Part(key, number, total), payload), now_us)
        self._database.execute(f"DELETE FROM part WHERE {_SET}", which)  # noqa: S608 # a constant
        return b"".join(payload for _, payload in rows)


def _digest(topic: str, part: Part, payload: bytes) -> bytes:
    named = "\0".join((topic, part.key, str(part.number), str(part.total), ""))
    return hashlib.blake2b(
        named.encode(errors="replace") + payload, digest_size=16, person=b"part"
    ).digest()
