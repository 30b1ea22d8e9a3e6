"""Roll-ups on a real PostgreSQL, against the obvious way: all readings, one by one, in Python."""

import asyncio
import math
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg import AsyncConnection

from devices import Quality
from devices.record import columns
from storage import ledger, partitions, retention, rollup_steps, rollups
from storage.commit import Stretch, commit
from storage.instants import instant, time_us
from storage.ledger import Advance, Partition
from storage.rollup_steps import step
from tests.small_city import BRIDGE, LOCK

SECOND = 1_000_000
MINUTE, HOUR, DAY = 60 * SECOND, 3600 * SECOND, 86_400 * SECOND
NOON = time_us(datetime(2026, 11, 24, 12, tzinfo=ZoneInfo("Asia/Shanghai")))
LONG = (NOON - 40 * DAY, NOON + 40 * DAY)
AFTER = instant(NOON + 30 * DAY)
"""All that the tests store is over by then."""

LOG = Partition("log", "observations", 0)
LENGTHS = {"1min": timedelta(minutes=1), "1h": timedelta(hours=1), "1d": timedelta(days=1)}


def bucket(level, at_us):
    """Return the start of a reading's bucket as a clock in Beijing shows it."""
    local = instant(at_us).astimezone(ZoneInfo("Asia/Shanghai"))
    if level == "1min":
        return time_us(local.replace(second=0, microsecond=0))
    if level == "1h":
        return time_us(local.replace(minute=0, second=0, microsecond=0))
    return time_us(local.replace(hour=0, minute=0, second=0, microsecond=0))


def slowly(rows, level):
    """Return what a level says of some readings."""
    found = defaultdict(list)
    for slot, at, result, quality in rows:
        found[slot, bucket(level, at)].append((at, result, quality))
    told = []
    for (slot, start), members in sorted(found.items()):
        good = sorted((at, result) for at, result, quality in members if quality in rollups.GOOD)
        results = [result for _, result in good]
        told.append(
            (
                slot, start, len(members), len(good),
                math.fsum(results) / len(good) if good else math.nan,
                min(results, default=math.nan), max(results, default=math.nan),
                results[-1] if good else math.nan,
            )
        )  # fmt: skip
    return told


def told(found):
    return list(
        zip(
            found.datastream.tolist(), found.start_us.tolist(), found.count.tolist(),
            found.good.tolist(), found.mean.tolist(), found.min.tolist(), found.max.tolist(),
            found.last.tolist(), strict=True,
        )
    )  # fmt: skip


def same(found, wanted):
    """Whether two answers are equal; means but for the order of their sums."""
    assert [one[:4] for one in found] == [one[:4] for one in wanted]
    for one, other in zip(found, wanted, strict=True):
        assert one[4:] == pytest.approx(other[4:], rel=1e-12, abs=1e-12, nan_ok=True)


class Line:
    """A database, and all that was stored in it."""

    def __init__(self, connection):
        self.connection = connection
        self.rows = []
        self._offset = 0

    async def store(self, rows):
        advance = Advance(LOG, self._offset, self._offset + 1)
        await commit(self.connection, Stretch(steps=[advance], batch=columns(rows)))
        self._offset += 1
        self.rows += rows

    async def ask(self, level, slots=(BRIDGE, LOCK), span=LONG):
        return told(await rollups.rollup(self.connection, slots, level, *span))

    async def check(self):
        for level in LENGTHS:
            same(await self.ask(level), slowly(self.rows, level))

    async def finish(self, now=AFTER):
        while (done := await step(self.connection, now)).left or done.rolled:
            pass

    async def noted(self):
        return await (await self.connection.execute("SELECT level FROM rollup_dirty")).fetchall()


@pytest.fixture(scope="module")
def on_line(database_url):
    """Runs a coroutine function on an empty line."""

    def run(work):
        async def inside():
            async with await AsyncConnection.connect(database_url, autocommit=True) as connection:
                await connection.execute(
                    "TRUNCATE reading, latest, ledger, rollup_dirty, reading_1min, reading_1h, "
                    "reading_1d"
                )
                await ledger.read(connection, LOG)
                return await work(Line(connection))

        return asyncio.run(inside())

    return run


TIMES = st.one_of(
    st.integers(0, 3 * MINUTE),
    st.integers(0, 3 * HOUR),
    st.integers(-3 * DAY, 3 * DAY),
    # Edges: of minutes, hours, and the day in Beijing, and 1 µs before them.
    st.builds(
        lambda whole, before: whole * 4 * HOUR - before, st.integers(-12, 12), st.integers(0, 1)
    ),
).map(lambda offset: NOON + offset)
ROWS = st.lists(
    st.tuples(
        st.sampled_from([BRIDGE, LOCK]),
        TIMES,
        st.floats(-1e3, 1e3),
        st.sampled_from([int(one) for one in Quality]),
    ),
    min_size=1,
    max_size=30,
)
ACTS = st.lists(
    st.one_of(
        ROWS,
        st.sampled_from(["again", "crash"]),
        st.integers(-3 * DAY, 4 * DAY).map(lambda offset: instant(NOON + offset)),
    ),
    min_size=1,
    max_size=12,
)


class KilledError(Exception):
    """The worker ended here."""


async def crash(line):
    """Take a step that ends when all is made and nothing committed."""

    async def killed(*_):
        raise KilledError

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rollup_steps, "mark", killed)
        with pytest.raises(KilledError):
            await step(line.connection, AFTER)


@settings(max_examples=40)
@given(acts=ACTS)
def test_at_any_moment_roll_ups_say_what_the_readings_say(on_line, acts):
    async def work(line):
        for act in acts:
            if act == "again":
                await line.store(line.rows[-5:] or [(BRIDGE, NOON, 1.0, 0)])
            elif act == "crash":
                await crash(line)
            elif isinstance(act, datetime):
                await step(line.connection, act)
            else:
                await line.store(act)
            await line.check()
        await line.finish()
        assert await line.noted() == []
        await line.check()

    on_line(work)


def test_a_direction_has_the_mean_of_its_vectors(on_line):
    async def work(line):
        await line.connection.execute(
            "INSERT INTO datastream VALUES (77, 'vane', 'd', 'g', 'p', 't', 'air', "
            "'wind_direction', 'deg', 60, 0, 0, '{}') ON CONFLICT DO NOTHING"
        )
        await line.store([(77, NOON, 350.0, 0), (77, NOON + 1, 20.0, 0), (77, NOON + 2, 90.0, 4)])
        await line.store([(77, NOON + HOUR, 10.0, 0), (77, NOON + HOUR + 1, 190.0, 0)])
        before = await line.ask("1h", [77]), await line.ask("1d", [77])
        await line.finish()
        return before, (await line.ask("1h", [77]), await line.ask("1d", [77]))

    for hours, days in on_line(work):
        assert [one[4] for one in hours] == pytest.approx([5, math.nan], nan_ok=True)
        assert [one[4] for one in days] == pytest.approx([5])


def test_a_bucket_of_fewer_readings_replaces_none(on_line):
    async def work(line):
        await line.store([(BRIDGE, NOON, 1.0, 0), (BRIDGE, NOON + 1, 2.0, 0)])
        await line.finish()
        await line.connection.execute("TRUNCATE reading")
        await line.store([(BRIDGE, NOON + 2, 9.0, 0)])
        await line.finish()
        return await line.ask("1d")

    ((_, _, count, *_),) = on_line(work)
    assert count == 2


def test_minutes_go_by_months_and_one_by_one_where_they_have_none(own_database_url):
    with psycopg.connect(own_database_url, autocommit=True) as connection:
        made = partitions.ensure_minutes(connection, date(2026, 11, 24))
        assert made == [f"reading_1min_2026{month}" for month in ("08", "09", "10", "11")]
        for start in ("2026-08-15", "2026-10-31 23:59", "2026-09-30", "2020-01-01"):
            connection.execute(
                "INSERT INTO reading_1min (datastream, start, count, good) VALUES (0, %s, 1, 0)",
                (start + " 00:00+00" if len(start) == 10 else start + "+00",),
            )
        now = datetime(2026, 10, 1, tzinfo=UTC) + retention.MINUTES_KEPT
        assert retention.forget_minutes(connection, now) == made[:2]
        left = connection.execute("SELECT start FROM reading_1min").fetchall()
        assert left == [(datetime(2026, 10, 31, 23, 59, tzinfo=UTC),)]
        assert retention.forget_minutes(connection, now) == []
