"""The simulated database against PostgreSQL: what one told its workers, the other tells too."""

import asyncio
import json

import msgspec
import psycopg
import pytest

from storage.database import Database
from storage.faults import RefusedError
from storage.ledger import Partition, ZombieError
from tests.simulation.messages import POISON
from tests.simulation.runs import one_seed

SEEDS = (64, 86, 87)
"""Together: commits are refused, and workers of this log and of an older one are fenced."""


def rows(url, statement):
    with psycopg.connect(url) as connection:
        return connection.execute(statement).fetchall()


@pytest.fixture(scope="module")
def seen():
    return []


@pytest.mark.parametrize("seed", SEEDS)
def test_postgresql_answers_as_the_simulated_database_did(own_database_url, seen, seed):
    with psycopg.connect(own_database_url, autocommit=True) as connection:
        connection.execute(f"ALTER TABLE reading ADD CHECK (result <> {POISON})")
    told = one_seed(seed).database.told

    async def answers():
        database = Database(own_database_url)
        for call, _ in told:
            if isinstance(call, Partition):
                yield await database.next_offset(call)
                continue
            try:
                await database.commit(call)
            except (ZombieError, RefusedError) as error:
                seen.append(str(error))
                yield type(error)
            else:
                yield None
        await database.close()

    async def all_answers():
        return [one async for one in answers()]

    assert asyncio.run(all_answers()) == [answer for _, answer in told]


def test_the_seeds_had_every_reason_to_refuse(seen):
    for reason in ("no longer stands at", "engine's state", "23514"):
        assert any(reason in one for one in seen), f"{SEEDS} are no seeds with {reason}"


def test_postgresql_holds_the_rows_that_the_simulated_database_holds(own_database_url):
    world = one_seed(SEEDS[0])
    tables = world.database.tables

    async def replay():
        database = Database(own_database_url)
        for call, answer in world.database.told:
            if isinstance(call, Partition):
                await database.next_offset(call)
            elif answer is None:
                await database.commit(call)
        await database.close()

    asyncio.run(replay())
    assert rows(
        own_database_url,
        "SELECT datastream, (extract(epoch from phenomenon_time) * 1000000)::bigint, result "
        "FROM reading ORDER BY 1, 2, 3",
    ) == sorted(tables.rows())
    assert rows(
        own_database_url,
        "SELECT datastream, (extract(epoch from phenomenon_time) * 1000000)::bigint, result "
        "FROM latest ORDER BY 1",
    ) == [(slot, one.time_us, one.result) for slot, one in sorted(tables.latest.items())]
    assert rows(
        own_database_url,
        "SELECT gateway, boot, seq, reason, domain, readings FROM quarantine ORDER BY id",
    ) == [
        (*key[:3], key[3].value, key[4], told.readings) for key, told in tables.quarantine.items()
    ]
    assert rows(
        own_database_url, "SELECT log, topic, partition, next_offset FROM ledger ORDER BY 1, 2, 3"
    ) == [
        (one.log, one.topic, one.number, at)
        for one, at in sorted(
            tables.ledger.items(), key=lambda item: (item[0].log, item[0].topic, item[0].number)
        )
    ]
    assert rows(
        own_database_url,
        "SELECT gateway, boot, next_seq, ahead FROM pack_ledger ORDER BY gateway, boot",
    ) == [(*key, one.next_seq, sorted(one.ahead)) for key, one in sorted(tables.packs.items())]
    assert rows(
        own_database_url,
        "SELECT collector, received_s, domain, stored, quarantined, duplicate FROM intake "
        "ORDER BY 1, 2, 3",
    ) == [
        (*key, one.stored, one.quarantined, one.duplicate)
        for key, one in sorted(tables.intake.items())
    ]
    assert rows(
        own_database_url,
        "SELECT id::text, version, active, suppressed, flapping, returned FROM alert ORDER BY 1",
    ) == [
        (id_, one.version, one.active, one.suppressed, one.flapping, one.returned)
        for id_, one in sorted(tables.alerts.items())
    ]
    # As JSON: what is not a number is null there.
    payloads = rows(own_database_url, "SELECT payload - 'suppressed' FROM outbox ORDER BY id")
    assert [one for (one,) in payloads] == json.loads(msgspec.json.encode(tables.outbox))
    assert rows(
        own_database_url,
        "SELECT topic, partition, state, log, next_offset FROM checkpoint ORDER BY 1, 2",
    ) == [(*where, one.state, *one.at) for where, one in sorted(tables.checkpoints.items())]
