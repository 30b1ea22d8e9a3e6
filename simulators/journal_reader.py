"""The journal read: one state of the file, while a simulator may go on writing."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ingest.uplink import Identity
from simulators.dirt import REASON
from simulators.journal import SLOT, TIME_US, VALUE, JournalError, telling

MUST, MAY, BAD = range(3)
"""What becomes of a reading: of an acknowledged pack it must be stored; of another one it may be; a
bad one may be, once somebody has put right what was wrong and replayed it."""

_END_US: Final = 2**62


class Run(NamedTuple):
    """One run of the simulator."""

    boot: str
    begin_us: int
    """No good reading of it is older, but for rounding; µs since 1970."""
    until_us: int
    """Every good reading of it that is older is in the journal, but for rounding."""


class Totals(NamedTuple):
    """Packs and good readings."""

    packs: int
    readings: int


class BadReadings(NamedTuple):
    """Bad readings of one pack that are refused together."""

    pack: Identity
    reason: str
    domain: str
    readings: int
    acknowledged: bool
    """Whether the pack was."""


ROW: Final = np.dtype(
    [("slot", SLOT), ("time_us", TIME_US), ("value", VALUE), ("fate", "i1"), ("pack", "i8")]
)
"""A reading: datastream, phenomenon time, result, fate (`MUST`, `MAY`, `BAD`) and the number of its
pack in the file, from 1."""


@dataclass(frozen=True, slots=True, eq=False)
class Stretch:
    """All readings of a stretch of phenomenon time."""

    rows: NDArray[np.void]
    """Of dtype `ROW`, shape (n,), in no order."""
    first_us: int
    """Start, inclusive."""
    last_us: int
    """End, inclusive."""


class JournalReader:
    """Reads a journal; use it as a context manager."""

    def __init__(self, path: Path) -> None:
        """Open the file and hold its present state.

        Raises:
            JournalError: there is no such file, or it is no journal.
        """
        self._path = path
        if not path.is_file():
            raise JournalError(f"journal {path}: there is no such file")
        with telling(path, "read"):
            self._database = sqlite3.connect(path, timeout=10, isolation_level=None)
            self._database.execute("PRAGMA query_only = ON")
            self._database.execute("BEGIN")
            rows = self._database.execute("SELECT * FROM run ORDER BY begin_us")
            self.runs = [Run(*row) for row in rows]

    def __enter__(self) -> JournalReader:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file."""
        self._database.close()

    def totals(self, *, acknowledged: bool) -> Totals:
        """Return what was acknowledged, or what was not."""
        statement = (
            "SELECT count(*), coalesce(sum(n), 0) FROM pack LEFT JOIN acknowledged ON id = pack "
            "WHERE (pack IS NOT NULL) = ?"
        )
        return Totals(*self._rows(statement, acknowledged)[0])

    def last_pack(self) -> int:
        """Return the highest number of a pack, 0 without any."""
        return int(self._rows("SELECT coalesce(max(id), 0) FROM pack")[0][0])

    def acknowledged(self) -> dict[tuple[str, str], NDArray[np.int64]]:
        """Return the numbers of acknowledged packs by gateway and boot, rising."""
        found: dict[tuple[str, str], list[int]] = {}
        for gateway, boot, seq in self._rows(
            "SELECT gateway, boot, seq FROM acknowledged JOIN pack ON id = pack ORDER BY seq"
        ):
            found.setdefault((gateway, boot), []).append(seq)
        return {key: np.array(seqs, dtype=np.int64) for key, seqs in found.items()}

    def last_seqs(self) -> dict[tuple[str, str], int]:
        """Return the highest number of a pack by gateway and boot."""
        rows = self._rows("SELECT gateway, boot, max(seq) FROM pack GROUP BY gateway, boot")
        return {(row[0], row[1]): row[2] for row in rows}

    def unacknowledged(self) -> list[tuple[int, int]]:
        """Return number and good readings of packs that are not acknowledged."""
        return self._rows("SELECT id, n FROM pack WHERE id NOT IN (SELECT pack FROM acknowledged)")

    def bad(self) -> Iterator[BadReadings]:
        """Yield the bad readings of each pack, by reason and domain."""
        for gateway, boot, seq, text, acknowledged in self._rows(
            "SELECT gateway, boot, seq, dirt, pack IS NOT NULL FROM pack "
            "LEFT JOIN acknowledged ON id = pack WHERE dirt <> '[]' ORDER BY id"
        ):
            counts: dict[tuple[str, str], int] = {}
            for kind, domain, *_ in json.loads(text):
                key = (REASON[kind].value, domain)
                counts[key] = counts.get(key, 0) + 1
            for (reason, domain), readings in counts.items():
                yield BadReadings(
                    (gateway, boot, seq), reason, domain, readings, bool(acknowledged)
                )

    def identities(self, packs: Sequence[int]) -> dict[int, Identity]:
        """Return gateway, boot and seq of some packs, by their numbers."""
        rows = self._rows(
            "SELECT id, gateway, boot, seq FROM pack WHERE id IN (SELECT value FROM json_each(?))",
            json.dumps([int(one) for one in packs]),
        )
        return {row[0]: (row[1], row[2], row[3]) for row in rows}

    def stretches(self, rows: int) -> Iterator[Stretch]:
        """Yield all readings in stretches that follow each other and leave nothing out.

        Args:
            rows: about how many at once; more only where one moment has more.
        """
        cursor = self._database.execute(
            "SELECT made_us, id, slot, time_us, value, dirt, acknowledged.pack IS NOT NULL "
            "FROM pack LEFT JOIN acknowledged ON id = acknowledged.pack ORDER BY made_us, id"
        )
        parts: list[NDArray[np.void]] = []
        first_us, gathered, made_us = -_END_US, 0, -_END_US
        with telling(self._path, "read"):
            for made, *pack in cursor:
                if made != made_us and gathered >= rows:
                    whole = _joined(parts)
                    is_later = whole["time_us"] >= made
                    yield Stretch(whole[~is_later], first_us, made - 1)
                    # Of a run beside this one, or a bad reading of tomorrow.
                    parts = [whole[is_later]]
                    first_us, gathered = made, 0
                made_us = made
                parts += _readings(*pack)
                gathered += len(parts[-1])
        yield Stretch(_joined(parts), first_us, _END_US)

    def _rows(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        with telling(self._path, "read"):
            return self._database.execute(statement, values).fetchall()


def _readings(
    number: int, slot: bytes, time_us: bytes, value: bytes, dirt: str, acknowledged: int
) -> Iterator[NDArray[np.void]]:
    """Yield bad readings that name a datastream and a result, then the good ones."""
    bad = [
        (slot, time_us, value, BAD, number)
        for _, _, slot, time_us, value in json.loads(dirt)
        if slot >= 0 and value is not None
    ]
    if bad:
        yield np.array(bad, ROW)
    good = np.empty(len(slot) // SLOT.itemsize, ROW)
    for name, content in (("slot", slot), ("time_us", time_us), ("value", value)):
        good[name] = np.frombuffer(content, ROW[name])
    good["fate"] = MUST if acknowledged else MAY
    good["pack"] = number
    yield good


def _joined(parts: list[NDArray[np.void]]) -> NDArray[np.void]:
    return np.concatenate(parts) if parts else np.empty(0, ROW)
