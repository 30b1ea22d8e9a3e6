"""One step of rolling up: dirty buckets are made anew from the level below, the newest first.

A step takes notes away, makes the buckets, and notes what that makes dirty above, all in one
transaction for each level: killed anywhere, it did all of it or nothing, and done twice it changes
nothing. Readings that are stored meanwhile have notes of their own, which it does not see.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from psycopg import AsyncConnection, sql
from psycopg.rows import TupleRow

from storage import partitions
from storage.instants import instant, time_us
from storage.rollups import COLUMNS, LEVELS, MINUTE, Level, by_time, folded, from_readings, mark
from storage.spans import Span, at_most, joined, within, without

SETTLE: Final = timedelta(seconds=10)
"""A bucket is rolled up so long after its end: most of what comes late has come by then."""

_BUCKETS: Final = {"1min": 5, "1h": 2, "1d": 2}
"""Most buckets of a level in one step: some 0.4 million readings at 1300/s, some 240 000 minutes or
100 000 hours of 2000 datastreams; each below a second."""

_LEFT_MOST: Final = 1000
"""Spans that are noted again at most; more is a chaos of single old minutes."""

_LOCK: Final = (0x494F43, 8)
"""Advisory lock ("IOC", and this room's number): one worker rolls up, whoever it is."""

_Connection = AsyncConnection[TupleRow]


@dataclass(frozen=True, slots=True)
class Step:
    """What a step did."""

    rolled: int
    """Buckets of time that were made anew, of all levels."""
    left: int
    """Buckets of time that are over and still wait."""


async def take_turn(connection: _Connection) -> bool:
    """Return whether this connection is the one that rolls up; it is until it ends."""
    cursor = await connection.execute("SELECT pg_try_advisory_lock(%s, %s)", _LOCK)
    row = await cursor.fetchone()
    return row is not None and bool(row[0])


async def step(connection: _Connection, now: datetime) -> Step:
    """Roll up a bounded number of buckets that are over.

    Args:
        connection: in autocommit, with the turn of `take_turn`.
        now: with its zone.

    Raises:
        psycopg.Error: the database is away; what was committed is done, the rest is still noted.
    """
    rolled = left = 0
    over_us = time_us(now - SETTLE)
    busy: list[Span] = []
    for level in LEVELS:
        async with connection.transaction():
            noted = await _take(connection, level)
            # A bucket that is not over, or whose parts are not made, would be made in vain.
            ready = without(within(noted, -(2**62), level.floor(over_us)), level.cover(busy))
            chosen = _newest(level, ready, _BUCKETS[level.name])
            rest = without(noted, chosen)
            await _make(connection, level, chosen)
            await mark(connection, level, at_most(rest, _LEFT_MOST))
            if level is not LEVELS[-1]:
                above = LEVELS[LEVELS.index(level) + 1]
                await mark(connection, above, above.cover(chosen))
        rolled += _number(level, chosen)
        left += _number(level, without(ready, chosen))
        busy = joined([*rest, *level.cover(busy)])
    return Step(rolled, left)


async def _take(connection: _Connection, level: Level) -> list[Span]:
    cursor = await connection.execute(
        "WITH taken AS (DELETE FROM rollup_dirty WHERE level = %s RETURNING span) "
        "SELECT lower(one), upper(one) FROM (SELECT unnest(range_agg(span)) AS one FROM taken) "
        "AS joined ORDER BY 1",
        (level.name,),
    )
    return [(time_us(start), time_us(end)) for start, end in await cursor.fetchall()]


def _newest(level: Level, spans: Sequence[Span], most: int) -> list[Span]:
    chosen: list[Span] = []
    for start, end in reversed(spans):
        if most > 0:
            chosen.append((max(start, end - most * level.length_us), end))
            most -= _number(level, chosen[-1:])
    return joined(chosen)


def _number(level: Level, spans: Sequence[Span]) -> int:
    return sum((end - start) // level.length_us for start, end in spans)


async def _make(connection: _Connection, level: Level, spans: Sequence[Span]) -> None:
    """Make buckets from the level below.

    Readings are never taken away one by one, so a bucket with more of them is the newer one; one
    with fewer was made when some had left the database for their age, and is not taken.
    """
    if level is MINUTE:
        await _prepare(connection, spans)
    await by_time(connection)
    for one in spans:
        source = (
            from_readings(one)
            if level is MINUTE
            else folded(
                level,
                sql.SQL("SELECT {} FROM {} WHERE start >= {} AND start < {}").format(
                    COLUMNS,
                    sql.Identifier(LEVELS[LEVELS.index(level) - 1].table),
                    *(sql.Literal(instant(end)) for end in one),
                ),
            )
        )
        await connection.execute(
            sql.SQL(
                "INSERT INTO {table} AS old ({columns}) {source} "
                "ON CONFLICT (datastream, start) DO UPDATE SET "
                "(count, good, sum, min, max, first, last, first_time, last_time, sum_sin, sum_cos)"
                " = ROW(excluded.count, excluded.good, excluded.sum, excluded.min, excluded.max, "
                "excluded.first, excluded.last, excluded.first_time, excluded.last_time, "
                "excluded.sum_sin, excluded.sum_cos) WHERE excluded.count > old.count"
            ).format(table=sql.Identifier(level.table), columns=COLUMNS, source=source)
        )


async def _prepare(connection: _Connection, spans: Sequence[Span]) -> None:
    """Have the readings' newest pages found by their time.

    BRIN knows nothing of pages since the last vacuum, which may be a fifth of a day, and every
    question reads them all.
    """
    names = {
        partitions.name_of(instant(start + ahead).date())
        for start, end in spans
        for ahead in range(0, end - start, MINUTE.length_us)
    }
    await connection.execute(
        "SELECT brin_summarize_new_values(indexrelid) FROM pg_index "
        "JOIN pg_class ON pg_class.oid = indexrelid JOIN pg_am ON pg_am.oid = relam "
        "WHERE amname = 'brin' AND indrelid IN "
        "(SELECT to_regclass(one) FROM unnest(%s::text[]) AS one)",
        (sorted(names),),
    )
