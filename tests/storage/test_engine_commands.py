"""Commands to the engine on a real PostgreSQL: nobody who reads them misses one."""

import asyncio

from psycopg import AsyncConnection

from rules.commands import Maintenance, MaintenanceEnd, Reset
from storage import engine_commands
from tests.storage.episodes import NOON, in_database


def put(url, *commands, actor="ann"):
    async def work(connection):
        return [
            await engine_commands.put(connection, one, actor, "pump 3\0is changed")
            for one in commands
        ]

    return in_database(url, work)


def newer(url, after=0):
    return in_database(url, lambda one: engine_commands.newer_commands(one, after))


def test_commands_come_back_in_their_order_under_the_ids_they_got(own_database_url):
    wanted = [
        Maintenance(0, "gateway", "gw-bridge", NOON, NOON + 3_600_000_000),
        MaintenanceEnd(0, 1),
        Reset(0, "5e7f1c54-9a1d-5f0e-8a55-0d5f6f0f0c01"),
    ]
    first, *_, last = put(own_database_url, *wanted)
    found = newer(own_database_url)
    assert [one.id for one in found] == sorted(one.id for one in found)
    assert [(type(one), one.id) for one in found] == [
        (type(one), first + at) for at, one in enumerate(wanted)
    ]
    assert found[0] == Maintenance(first, "gateway", "gw-bridge", NOON, NOON + 3_600_000_000)
    assert newer(own_database_url, first) == found[1:]
    assert newer(own_database_url, last) == []


def test_an_id_is_not_seen_before_all_smaller_ones(own_database_url):
    """Two at once: the one that began later waits, so no reader passes the first by."""

    async def work(reader):
        async with (
            await AsyncConnection.connect(own_database_url, autocommit=True) as slow,
            await AsyncConnection.connect(own_database_url, autocommit=True) as quick,
        ):
            async with slow.transaction():
                first = await engine_commands.put(slow, Reset(0, "a"), "ann", "")
                second = asyncio.create_task(engine_commands.put(quick, Reset(0, "b"), "ben", ""))
                while not await waits_for_the_lock(reader):
                    assert not second.done(), "it did not wait"
                    await asyncio.sleep(0.01)
                assert await engine_commands.newer_commands(reader, 0) == []
            assert await second > first
        return await engine_commands.newer_commands(reader, 0)

    async def waits_for_the_lock(reader):
        cursor = await reader.execute(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        )
        return await cursor.fetchone() == (1,)

    found = in_database(own_database_url, work)
    assert [one.alert for one in found] == ["a", "b"]


def test_one_that_failed_leaves_the_way_free(own_database_url):
    async def work(connection):
        async with connection.transaction(force_rollback=True):
            await engine_commands.put(connection, Reset(0, "a"), "ann", "")

    in_database(own_database_url, work)
    put(own_database_url, Reset(0, "b"))
    assert [one.alert for one in newer(own_database_url)] == ["b"]
