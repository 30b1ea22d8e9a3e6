"""Roll-ups on a real PostgreSQL, against the obvious way: all readings, one by one, in Python."""

import asyncio
import math
from collections import defaultdict
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg import AsyncConnection

from devices import Quality
from devices.record import columns
from storage import ledger, rollup_steps, rollups
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
