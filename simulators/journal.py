"""The journal: what the field sent, on disk before it leaves, so that the line can be checked.

The other side of `ioc ledger`. SQLite in WAL mode with synchronous=FULL, as the line's own spool:
a commit is an fsync, one for all packs of a turn. A pack is here before it is published for the
first time and is marked acknowledged before it counts as acknowledged, so whatever is killed:
stored ⊆ published ⊆ journal, and acknowledged in the journal ⊆ on the line's disk.
"""

from __future__ import annotations

import json
import math
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import numpy as np

from devices.batch import DTYPES
from ingest.uplink import Identity
from simulators.pack import Pack

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS run (
    boot     TEXT PRIMARY KEY,
    begin_us INTEGER NOT NULL,
    until_us INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS pack (
    id      INTEGER PRIMARY KEY,
    gateway TEXT    NOT NULL,
    boot    TEXT    NOT NULL,
    seq     INTEGER NOT NULL,
    made_us INTEGER NOT NULL,
    n       INTEGER NOT NULL,
    slot    BLOB    NOT NULL,
    time_us BLOB    NOT NULL,
    value   BLOB    NOT NULL,
    dirt    TEXT    NOT NULL
);
CREATE INDEX IF NOT EXISTS pack_made ON pack (made_us, id);
CREATE TABLE IF NOT EXISTS acknowledged (pack INTEGER PRIMARY KEY);
"""

SLOT, TIME_US, VALUE = (DTYPES[name] for name in ("datastream", "phenomenon_time_us", "result"))
"""Dtypes of the three columns of good readings."""

_WAIT_S: Final = 10.0
"""How long another process may hold the file."""


class JournalError(RuntimeError):
    """The journal cannot be opened, written or read; nothing of the call is kept."""


class Journal:
    """The writing side, for one run. Blocking; for one thread."""

    def __init__(self, path: Path, boot: str, begin_us: int) -> None:
        """Open the file, behind what earlier runs left in it, and begin a run.

        Args:
            path: of the file; its folder is made.
            boot: of the run.
            begin_us: no good reading of the run is older, µs since 1970.

        Raises:
            JournalError: the file cannot be opened or is no journal.
        """
        self.path = path
        self._boot = boot
        self._ids: dict[Identity, int] = {}
        """Rows of packs that are not acknowledged."""
        self.packs = 0
        """Packs of this run in the file."""
        with telling(path, "opened"):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._database = sqlite3.connect(path, timeout=_WAIT_S, isolation_level=None)
            self._database.execute("PRAGMA journal_mode = WAL")
            self._database.execute("PRAGMA synchronous = FULL")
            self._database.executescript(_SCHEMA)
            self._database.execute("INSERT INTO run VALUES (?, ?, ?)", (boot, begin_us, begin_us))

    def write(self, packs: Sequence[Pack], acknowledged: Sequence[Pack], until_us: int) -> None:
        """Store durably what is about to be published, and what is known to be safe.

        Args:
            packs: new ones, in the order of sending.
            acknowledged: packs of earlier calls.
            until_us: every good reading of the run that is older has been given to `write`, this
                call included.

        Raises:
            JournalError: the disk is full or broken.
        """
        ids = {}
        with telling(self.path, "written"):
            self._database.execute("BEGIN IMMEDIATE")
            try:
                for pack in packs:
                    cursor = self._database.execute(
                        "INSERT INTO pack (gateway, boot, seq, made_us, n, slot, time_us, value, "
                        "dirt) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                        (*pack.identity, pack.made_us, *_columns(pack), _dirt(pack)),
                    )
                    ids[pack.identity] = cursor.lastrowid or 0
                self._database.executemany(
                    "INSERT INTO acknowledged VALUES (?)",
                    [(self._ids[pack.identity],) for pack in acknowledged],
                )
                self._database.execute(
                    "UPDATE run SET until_us = ? WHERE boot = ?", (until_us, self._boot)
                )
                self._database.execute("COMMIT")
            except BaseException:
                if self._database.in_transaction:
                    self._database.execute("ROLLBACK")
                raise
        self.packs += len(packs)
        self._ids |= ids
        for pack in acknowledged:
            del self._ids[pack.identity]

    def close(self) -> None:
        """Close the file."""
        self._database.close()


@contextmanager
def telling(path: Path, what: str) -> Iterator[None]:
    """Turn what SQLite and the file system say into a `JournalError` that names the file."""
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise JournalError(f"journal {path}: cannot be {what}: {error}") from error


def _columns(pack: Pack) -> tuple[int, bytes, bytes, bytes]:
    if pack.good is None:
        return 0, b"", b"", b""
    good = pack.good
    return (
        len(good.slot), good.slot.astype(SLOT).tobytes(), good.time_us.astype(TIME_US).tobytes(),
        np.asarray(good.value, dtype=VALUE).tobytes(),
    )  # fmt: skip


def _dirt(pack: Pack) -> str:
    """Return kind, domain, slot, time and value of each bad reading as JSON."""
    return json.dumps(
        [
            [
                one.kind, one.domain, one.slot, one.time_us,
                None if math.isnan(one.value) else one.value,
            ]
            for one in pack.dirt
        ]
    )  # fmt: skip
