"""The roller on a real PostgreSQL: one at a time, and whatever becomes of the database."""

import asyncio
from datetime import UTC, datetime

import psycopg
from psycopg import AsyncConnection

from devices.record import columns
from storage.commit import Stretch, commit
from streams.roller import EVERY_S, Roller
from tests.small_city import BRIDGE

HANG_S = 60
"""Only ends a test that hangs."""

NOON = 1_790_000_000_000_000
LATER = datetime(2026, 11, 1, tzinfo=UTC)


class Told:
    """A roller whose pauses end when the test says so."""

    def __init__(self, url):
        self.roller = Roller(url, lambda: LATER)
        self.pauses = []
        self._over = False
        self._go = asyncio.Event()
        self._paused = asyncio.Event()
        self._task = asyncio.create_task(self.roller.run(lambda: self._over, self._pause))

    async def _pause(self, seconds):
        self.pauses.append(seconds)
        self._paused.set()
        await self._go.wait()
        self._go.clear()

    async def paused(self):
        """Wait until it pauses."""
        async with asyncio.timeout(HANG_S):
            await self._paused.wait()
        self._paused.clear()
        return self.roller

    async def goes_on(self):
        """End its pause and wait for the next one."""
        self._go.set()
        return await self.paused()

    async def ends(self):
        self._over = True
        self._go.set()
        async with asyncio.timeout(HANG_S):
            await self._task


async def store(url, *minutes):
    async with await AsyncConnection.connect(url, autocommit=True) as connection:
        rows = [(BRIDGE, NOON + one * 60_000_000, 1.0, 0) for one in minutes]
        await commit(connection, Stretch([], columns(rows)))


def minutes(url):
    with psycopg.connect(url) as connection:
        return connection.execute("SELECT count(*) FROM reading_1min").fetchone()[0]


def test_one_of_two_rolls_up_and_the_other_when_that_ends(own_database_url):
    async def work():
        first = Told(own_database_url)
        assert (await first.paused()).has_turn
        second = Told(own_database_url)
        assert not (await second.paused()).has_turn
        await store(own_database_url, 0)
        await second.goes_on()
        assert minutes(own_database_url) == 0
        await first.ends()
        while not (await second.goes_on()).has_turn:  # the server takes its time to notice
            pass
        assert minutes(own_database_url) == 1
        await second.ends()

    asyncio.run(work())


def test_a_lost_database_is_waited_for(own_database_url):
    async def work():
        one = Told(own_database_url)
        await one.paused()
        with psycopg.connect(own_database_url, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE application_name = 'ioc worker roll-ups' AND datname = current_database()"
            )
        assert not (await one.goes_on()).has_turn
        await store(own_database_url, 0)
        assert (await one.goes_on()).has_turn
        assert minutes(own_database_url) == 1
        await one.ends()

    asyncio.run(work())


def test_much_is_done_in_steps_with_pauses_between_them(own_database_url):
    async def work():
        await store(own_database_url, *range(12))
        one = Told(own_database_url)
        left = [(await one.paused()).left]
        while left[-1]:
            left.append((await one.goes_on()).left)
        assert left == [7, 2, 0]
        assert one.pauses[-1] == EVERY_S
        assert max(one.pauses[:-1]) < EVERY_S
        assert minutes(own_database_url) == 12
        await one.ends()

    asyncio.run(work())
