"""The newest reading of each datastream: one row each, moved with the readings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from devices import Batch
from storage.instants import instant


@dataclass(frozen=True, slots=True)
class Newest:
    """The newest stored reading of a datastream."""

    time_us: int
    """Phenomenon time, µs since 1970."""
    result: float


NOTHING: Final = Newest(int(np.iinfo(np.int64).min), float("nan"))
"""Of a datastream without readings."""


async def read(connection: AsyncConnection[TupleRow], slots: Sequence[int]) -> dict[int, Newest]:
    """Return the newest readings of some datastreams, `NOTHING` for one that has none."""
    found = dict.fromkeys(slots, NOTHING)
    cursor = await connection.execute(
        "SELECT datastream, (extract(epoch FROM phenomenon_time) * 1000000)::bigint, result "
        "FROM latest WHERE datastream = ANY (%s::int[])",
        (list(slots),),
    )
    async for slot, time_us, result in cursor:
        found[slot] = Newest(time_us, result)
    return found


async def write(connection: AsyncConnection[TupleRow], batch: Batch) -> None:
    """Upsert the newest reading of each datastream in the batch."""
    # Stable, so that among equal times the one that came last wins; [-1] of each run is newest.
    order = np.lexsort((batch.phenomenon_time_us, batch.datastream))
    slots = batch.datastream[order]
    newest = order[np.r_[slots[1:] != slots[:-1], True]]
    await connection.execute(
        "INSERT INTO latest AS old (datastream, phenomenon_time, result, quality) "
        "SELECT * FROM unnest(%s::int[], %s::timestamptz[], %s::float8[], %s::smallint[]) "
        "ON CONFLICT (datastream) DO UPDATE SET phenomenon_time = excluded.phenomenon_time, "
        "result = excluded.result, quality = excluded.quality "
        "WHERE excluded.phenomenon_time >= old.phenomenon_time",
        (
            batch.datastream[newest].tolist(),
            [instant(time) for time in batch.phenomenon_time_us[newest].tolist()],
            batch.result[newest].tolist(),
            batch.quality[newest].tolist(),
        ),
    )
