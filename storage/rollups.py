"""Roll-ups: what datastreams said by the minute, the hour and the day, up to the newest reading.

The transaction of readings notes which minutes it touched (`note`); `storage.rollup_steps` rolls
them up later. Until then a question takes those minutes from the readings themselves, and hours and
days from the level below, all in one statement and so of one moment: an answer is never behind the
readings, and a late one is in it at once.

A reading counts as good where its value was true at its time: quality good, and late or out of
order, which say only when it came. A repeated one is not counted twice. Times are µs since 1970.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from psycopg import AsyncConnection, sql
from psycopg.rows import TupleRow

from devices import Batch, Quality
from storage.instants import instant, time_us, to_us
from storage.spans import Span, at_most, joined, minutes_of, within

GOOD: Final = (Quality.GOOD, Quality.LATE, Quality.OUT_OF_ORDER)
"""Whose values were true at their time. Of a repeated reading the first one counts; what a person
typed in is no measurement."""

DIRECTIONS: Final = ("wind_direction",)
"""Observed properties in degrees of the compass, whose mean is that of unit vectors."""

_EVER_US: Final = 86_400_000_000 * 366 * 7000
"""Beyond all readings."""

_Connection = AsyncConnection[TupleRow]

_NOTED_MOST: Final = 16
"""Spans that one transaction notes at most; clean minutes between two of them are rolled up again
for nothing, once."""

_ASKED_MOST: Final = 16
"""Spans that one question takes from below at most; what lies between them is true there too."""


@dataclass(frozen=True, slots=True)
class Level:
    """One length of bucket."""

    name: str
    table: str
    length_us: int
    origin_us: int = 0
    """A bucket starts here, and so do all others, whole lengths away."""

    def floor(self, at_us: int) -> int:
        """Return the start of the bucket of a time."""
        return at_us - (at_us - self.origin_us) % self.length_us

    def ceil(self, at_us: int) -> int:
        """Return the start of the first bucket that is not before a time."""
        return -((self.origin_us - at_us) // self.length_us) * self.length_us + self.origin_us

    def cover(self, spans: Sequence[Span]) -> list[Span]:
        """Return the whole buckets that some spans touch."""
        return joined((self.floor(start), self.ceil(end)) for start, end in spans)


MINUTE: Final = Level("1min", "reading_1min", 60_000_000)
HOUR: Final = Level("1h", "reading_1h", 3_600_000_000)
DAY: Final = Level("1d", "reading_1d", 86_400_000_000, origin_us=16 * 3_600_000_000)
"""The civil day in Beijing (UTC+8, no summer time since 1991)."""

LEVELS: Final = (MINUTE, HOUR, DAY)
"""Each from the one before it, the first from readings."""

BY_NAME: Final = {one.name: one for one in LEVELS}

COLUMNS: Final = sql.SQL(
    "datastream, start, count, good, sum, min, max, first, last, first_time, last_time, "
    "sum_sin, sum_cos"
)


@dataclass(frozen=True, slots=True, eq=False)
class Rollup:
    """Buckets with readings, by datastream and time; all columns of shape (n,)."""

    datastream: NDArray[np.int32]
    start_us: NDArray[np.int64]
    """Inclusive."""
    count: NDArray[np.int64]
    """Readings of any quality."""
    good: NDArray[np.int64]
    """Readings that the columns below are over; they are NaN where it is 0."""
    mean: NDArray[np.float64]
    """Of a direction that of unit vectors, 0 ≤ mean < 360; NaN where they cancel each other."""
    min: NDArray[np.float64]
    max: NDArray[np.float64]
    last: NDArray[np.float64]
    """Of the greatest time; of several at that time the greatest."""


async def note(connection: _Connection, batch: Batch) -> None:
    """Note which minutes readings fall into, inside the transaction that stores them."""
    spans = minutes_of(batch.phenomenon_time_us, _NOTED_MOST)
    await mark(connection, MINUTE, spans)


async def mark(connection: _Connection, level: Level, spans: Sequence[Span]) -> None:
    """Note that buckets of a level are not what the level below says."""
    if spans:
        await connection.execute(
            "INSERT INTO rollup_dirty (level, span) SELECT %s, tstzrange(one.start, one.until) "
            "FROM unnest(%s::timestamptz[], %s::timestamptz[]) AS one(start, until)",
            (level.name, *([instant(one) for one in ends] for ends in zip(*spans, strict=True))),
        )


async def dirty(connection: _Connection) -> dict[str, list[Span]]:
    """Return by level what is to be rolled up anew, buckets over such of a lower level included."""
    cursor = await connection.execute(
        "SELECT level, lower(one), upper(one) FROM (SELECT level, unnest(range_agg(span)) AS one "
        "FROM rollup_dirty GROUP BY level) AS joined ORDER BY 1, 2"
    )
    noted: dict[str, list[Span]] = {}
    for level, start, end in await cursor.fetchall():
        noted.setdefault(level, []).append((time_us(start), time_us(end)))
    found: dict[str, list[Span]] = {}
    below: list[Span] = []
    for one in LEVELS:
        below = found[one.name] = joined([*noted.get(one.name, ()), *one.cover(below)])
    return found


async def by_time(connection: _Connection) -> None:
    """Have this transaction find readings by their time.

    Until the day's partition is analysed, the planner does not know that readings lie in order of
    time, and reads it all: 440 ms instead of 20 for a minute of 7 million readings.
    """
    await connection.execute("SET LOCAL enable_seqscan = off")


async def rollup(
    connection: _Connection, slots: Sequence[int], level: str, since_us: int, until_us: int
) -> Rollup:
    """Return the buckets of some datastreams that start within a time, up to the newest reading.

    Args:
        connection: where to ask.
        slots: datastreams, each for itself.
        level: `1min`, `1h` or `1d`.
        since_us: first start, inclusive.
        until_us: last start, exclusive.

    Raises:
        ValueError: there is no such level.
    """
    asked = level_of(level)
    first, end = asked.ceil(since_us), asked.ceil(until_us)
    async with connection.transaction():
        await connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        await by_time(connection)
        found = await dirty(connection)
        cursor = await connection.execute(
            sql.SQL(
                "SELECT datastream, {start}, count, good, {mean}, min, max, last "
                "FROM ({buckets}) AS bucket ORDER BY datastream, bucket.start"
            ).format(start=to_us("start"), mean=MEAN, buckets=buckets(asked, found, first, end)),
            {"slots": list(slots)},
        )
        rows = await cursor.fetchall()
    values = list(zip(*rows, strict=True)) or [()] * 8
    start, count, good = (np.array(one, np.int64) for one in values[1:4])
    mean, least, greatest, last = (np.array(one, np.float64) for one in values[4:])
    return Rollup(np.array(values[0], np.int32), start, count, good, mean, least, greatest, last)


async def trend(
    connection: _Connection, slots: Sequence[int], since_us: int, bucket_s: int
) -> list[TupleRow]:
    """Return start µs, mean, maximum and number of good readings of datastreams, by bucket.

    Args:
        connection: where to ask.
        slots: datastreams taken together.
        since_us: the first bucket is the one of this time, from its first whole minute or hour on.
        bucket_s: length of a bucket, a multiple of 60; buckets start at multiples of it since 1970.
    """
    level = HOUR if bucket_s * 1_000_000 % HOUR.length_us == 0 else MINUTE
    async with connection.transaction():
        await connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        await by_time(connection)
        source = buckets(level, await dirty(connection), level.floor(since_us), _EVER_US)
        cursor = await connection.execute(
            sql.SQL(
                "SELECT {start}, mean, max, good FROM (SELECT date_bin(make_interval(secs => "
                "%(bucket_s)s), bucket.start, '1970-01-01Z') AS start, sum(sum) / sum(good) "
                "AS mean, max(max) AS max, sum(good)::bigint AS good FROM ({source}) AS bucket "
                "WHERE good > 0 GROUP BY 1 ORDER BY 1) AS longer"
            ).format(start=to_us("start"), source=source),
            {"slots": list(slots), "bucket_s": bucket_s},
        )
        return await cursor.fetchall()


def level_of(name: str) -> Level:
    """Return a level by its name.

    Raises:
        ValueError: there is none of this name.
    """
    if name not in BY_NAME:
        raise ValueError(f"level {name!r} is not known; there are {', '.join(BY_NAME)}")
    return BY_NAME[name]


# -- SQL. A resultant shorter than a millionth has no direction.

MEAN: Final = sql.SQL(
    "CASE WHEN sum_sin IS NULL THEN sum / nullif(good, 0) "
    "WHEN sqrt(sum_sin ^ 2 + sum_cos ^ 2) < 1e-6 * good THEN 'NaN' "
    "ELSE mod(atan2d(sum_sin, sum_cos)::numeric + 360, 360) END::float8"
)


def buckets(level: Level, found: dict[str, list[Span]], first: int, end: int) -> sql.Composed:
    """Return SQL that gives the buckets of `%(slots)s` from `first` to before `end`.

    Args:
        level: of the buckets.
        found: what is dirty, by level, at the moment that is asked about.
        first: start of a bucket.
        end: start of a bucket.
    """
    odd = at_most(within(found[level.name], first, end), _ASKED_MOST)
    parts = [
        sql.SQL(
            "SELECT {columns} FROM {table} WHERE datastream = ANY(%(slots)s) AND {inside}{outside}"
        ).format(
            columns=COLUMNS, table=sql.Identifier(level.table),
            inside=_inside("start", (first, end)),
            outside=sql.SQL("").join(
                sql.SQL(" AND NOT ({})").format(_inside("start", one)) for one in odd
            ),
        )
    ]  # fmt: skip
    mine = sql.SQL("datastream = ANY(%(slots)s) AND ")
    for one in odd:
        if level is MINUTE:
            parts.append(from_readings(one, mine))
        else:
            below = LEVELS[LEVELS.index(level) - 1]
            parts.append(folded(level, buckets(below, found, *one)))
    return sql.SQL(" UNION ALL ").join(parts)


_ALL: Final = sql.SQL("")


def from_readings(span: Span, mine: sql.Composable = _ALL) -> sql.Composed:
    """Return SQL that makes minutes of the readings of a span, of those that `mine` lets in."""
    good = sql.SQL("FILTER (WHERE quality IN ({}))").format(
        sql.SQL(", ").join(sql.Literal(int(one)) for one in GOOD)
    )
    compass = sql.SQL(
        "FILTER (WHERE quality IN ({}) AND datastream IN "
        "(SELECT slot FROM datastream WHERE observed_property IN ({})))"
    ).format(
        sql.SQL(", ").join(sql.Literal(int(one)) for one in GOOD),
        sql.SQL(", ").join(sql.Literal(one) for one in DIRECTIONS),
    )
    return sql.SQL(
        "SELECT datastream, {start} AS start, count(*) AS count, count(*) {good} AS good, "
        "sum(result) {good} AS sum, min(result) {good} AS min, max(result) {good} AS max, "
        "{first} AS first, {last} AS last, min(phenomenon_time) {good} AS first_time, "
        "max(phenomenon_time) {good} AS last_time, sum(sind(result)) {compass} AS sum_sin, "
        "sum(cosd(result)) {compass} AS sum_cos FROM reading WHERE {mine}{inside} GROUP BY 1, 2"
    ).format(
        start=_bucket(MINUTE, "phenomenon_time"), good=good, compass=compass, mine=mine,
        first=_of("min", "phenomenon_time", "result", good),
        last=_of("max", "phenomenon_time", "result", good),
        inside=_inside("phenomenon_time", span),
    )  # fmt: skip


def folded(level: Level, below: sql.Composable) -> sql.Composed:
    """Return SQL that makes buckets of a level of those of the level below."""
    good = sql.SQL("FILTER (WHERE good > 0)")
    return sql.SQL(
        "SELECT datastream, {start} AS start, sum(count)::bigint AS count, "
        "sum(good)::bigint AS good, sum(sum) AS sum, min(min) AS min, max(max) AS max, "
        "{first} AS first, {last} AS last, min(first_time) AS first_time, "
        "max(last_time) AS last_time, sum(sum_sin) AS sum_sin, sum(sum_cos) AS sum_cos "
        "FROM ({below}) AS finer GROUP BY 1, 2"
    ).format(
        start=_bucket(level, "start"), below=below,
        first=_of("min", "first_time", "first", good), last=_of("max", "last_time", "last", good),
    )  # fmt: skip


def _bucket(level: Level, column: str) -> sql.Composed:
    return sql.SQL("date_bin(make_interval(secs => {}), {}, {})").format(
        sql.Literal(level.length_us // 1_000_000),
        sql.Identifier(column),
        sql.Literal(instant(level.origin_us)),
    )


def _of(which: str, time: str, value: str, good: sql.Composable) -> sql.Composed:
    """Return SQL for the value of the least or greatest time.

    Arrays compare by their first element, then by the next. A double holds the µs of some 280
    years around 1970 apart.
    """
    return sql.SQL("({}(ARRAY[date_part('epoch', {}), {}]) {})[2]").format(
        sql.SQL(which), sql.Identifier(time), sql.Identifier(value), good
    )


def _inside(column: str, span: Span) -> sql.Composed:
    return sql.SQL("{0} >= {1} AND {0} < {2}").format(
        sql.Identifier(column), *(sql.Literal(instant(one)) for one in span)
    )
