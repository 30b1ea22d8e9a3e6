"""Readings that cannot be stored: taken out of their record, kept as refusals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from devices import DOMAINS, Batch, Catalogue
from devices.batch import DTYPES
from devices.record import Pack, Record
from devices.refusal import Reason, Refusal

Barred = Mapping[int, str]
"""Rows of one record that must not be stored, and why; -1 is the whole message."""

FIRST_US: Final = -62_135_596_800_000_000
"""0001-01-01T00:00Z, the first instant that both PostgreSQL and Python can name."""

LAST_US: Final = 253_402_300_799_999_999
"""The last µs of 9999."""

_SHOWN = 5
"""Readings a refusal's detail describes; all are in its raw bytes."""


def unusable(catalogue: Catalogue, batch: Batch) -> Barred:
    """Return the rows of unknown slots and impossible times."""
    slots, times = batch.datastream, batch.phenomenon_time_us
    known = len(catalogue.datastreams)
    strange = _strange(catalogue, batch)
    timeless = (times < FIRST_US) | (times > LAST_US)
    return {
        row: (
            f"slot {slots[row]} is not in this catalogue of {known}"
            if strange[row]
            else f"phenomenon time {times[row]} µs is not between the years 1 and 9999"
        )
        for row in np.flatnonzero(strange | timeless).tolist()
    }


def knows(catalogue: Catalogue, batch: Batch) -> bool:
    """Return whether every slot of a batch is known.

    A gateway with a newer catalogue than the worker's writes others.
    """
    return not _strange(catalogue, batch).any()


def split(
    catalogue: Catalogue, one: Record, barred: Barred, place: str
) -> tuple[Record, list[Refusal]]:
    """Take barred rows out of a record.

    Args:
        catalogue: for the names of datastreams and domains.
        one: the record; not changed.
        barred: its rows that must go, and why.
        place: where in the log it stands, for people.

    Returns:
        The record without them, and one refusal for each pack and domain concerned; none for
        readings that are in quarantine already.
    """
    if not barred:
        return one, []
    keep = np.ones(one.batch.n, dtype=np.bool_)
    keep[list(barred)] = False
    packs, refusals = [], []
    start = 0
    for pack in one.packs:
        rows = [row for row in range(start, start + pack.rows) if row in barred]
        start += pack.rows
        packs.append(msgspec.structs.replace(pack, rows=pack.rows - len(rows)))
        if pack.release is not None:
            continue  # it stays where it is in quarantine
        by_domain: dict[str, list[int]] = {}
        for row in rows:
            by_domain.setdefault(_domain(catalogue, one.batch, row), []).append(row)
        refusals += [
            _refusal(catalogue, one.batch, pack, domain, found, barred, place)
            for domain, found in by_domain.items()
        ]
    kept = Batch(*(getattr(one.batch, name)[keep] for name in DTYPES))
    return Record(kept, tuple(packs), one.reports), refusals


def _strange(catalogue: Catalogue, batch: Batch) -> NDArray[np.bool_]:
    return (batch.datastream < 0) | (batch.datastream >= len(catalogue.datastreams))


def _domain(catalogue: Catalogue, batch: Batch, row: int) -> str:
    slot = int(batch.datastream[row])
    known = 0 <= slot < len(catalogue.datastreams)
    return DOMAINS[catalogue.domain[slot]] if known else "unknown"


def _refusal(
    catalogue: Catalogue,
    batch: Batch,
    pack: Pack,
    domain: str,
    rows: list[int],
    barred: Barred,
    place: str,
) -> Refusal:
    names = [
        catalogue.datastreams[slot].id if 0 <= slot < len(catalogue.datastreams) else f"#{slot}"
        for slot in batch.datastream[rows].tolist()
    ]
    raw = [
        {
            "datastream": name,
            "phenomenon_time_us": int(batch.phenomenon_time_us[row]),
            "result": float(batch.result[row]),
            "quality": int(batch.quality[row]),
        }
        for name, row in zip(names, rows, strict=True)
    ]
    detail = "; ".join(
        f"{name}: {barred[row]}" for name, row in list(zip(names, rows, strict=True))[:_SHOWN]
    )
    more = len(rows) - _SHOWN
    return Refusal(
        reason=Reason.UNSTORABLE,
        detail=detail + (f"; and {more} more" if more > 0 else ""),
        source=place,
        raw=msgspec.json.encode(raw),
        domain=domain,
        readings=len(rows),
        received_us=pack.received_s * 1_000_000,
        collector=pack.collector,
        received_s=pack.received_s,
        gateway=pack.gateway,
        boot=pack.boot,
        seq=pack.seq,
        again=pack.again,
    )
