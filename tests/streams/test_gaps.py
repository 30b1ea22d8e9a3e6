"""What the consumer does not hand on is read from the log before the ledger moves over it."""

import asyncio
from functools import partial

import psycopg
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete

from rules.language import parse
from storage.database import Database
from streams import log_range
from streams.driver import rewind
from streams.gaps import GaplessSink, GaplessStore
from streams.sink import Sink
from tests.small_city import BRIDGE, RULES, city
from tests.streams.test_worker import level, send, until, worker

HERE = ("observations", 3)
THERE = TopicPartition(*HERE)


def store(kafka, url, *calls):
    """Hand on some offsets of the log, call by call; returns what was skipped."""
    skipped = []

    async def run():
        base = GaplessStore(Database(url))

        async def current_log():
            return kafka.cluster_id

        async def read(where, start, end):
            return await log_range.read(kafka.bootstrap, where, start, end)

        async def skip(where, start, end):
            skipped.append((where, start, end))

        sink = GaplessSink(
            Sink(parse(RULES, city()), base, kafka.cluster_id, current_log), base, read, skip
        )
        try:
            entries = {one.offset: one for start in (0, 3, 6) for one in await read(HERE, start, 8)}
            for offsets in calls:
                await sink.store({HERE: [entries[offset] for offset in offsets]})
        finally:
            await base.close()

    asyncio.run(run())
    return skipped


def stored(url):
    """Return the results in the order of storing: nothing has ever been updated or deleted."""
    with psycopg.connect(url) as connection:
        rows = connection.execute("SELECT result FROM reading ORDER BY ctid").fetchall()
        ledger = connection.execute("SELECT next_offset FROM ledger").fetchall()
    return [int(result) for (result,) in rows], ledger


@pytest.mark.parametrize(
    ("calls", "skipped"),
    [
        pytest.param([[0, 1, 2], [3, 4, 5, 6, 7]], [], id="nothing-is-missing"),
        pytest.param([[0, 1, 2], [5, 6, 7]], [(HERE, 3, 5)], id="between-two-calls"),
        pytest.param([[5, 6, 7]], [(HERE, 0, 5)], id="before-the-first"),
        pytest.param([[0, 1, 4, 7]], [(HERE, 2, 4), (HERE, 5, 7)], id="twice-within-a-call"),
        pytest.param([[0], [2, 1, 2, 3, 4], [5, 6, 7]], [], id="handed-on-again-out-of-order"),
    ],
)
def test_every_record_is_stored_once_in_order(kafka, own_database_url, calls, skipped):
    send(kafka.bootstrap, *(level(seq, seq, float(seq)) for seq in range(8)))
    assert store(kafka, own_database_url, *calls) == skipped
    assert stored(own_database_url) == (list(range(8)), [(8,)])


def test_a_gap_within_the_last_batch_of_the_log_is_read(kafka, own_database_url):
    """The embedded log tells where its last batch begins when it is asked where it ends."""

    async def send_as_one_batch():
        producer = AIOKafkaProducer(bootstrap_servers=kafka.bootstrap, linger_ms=500)
        await producer.start()
        try:
            waiting = [
                await producer.send(topic, value, partition=partition)
                for topic, partition, value in (level(seq, seq, float(seq)) for seq in range(8))
            ]
            await asyncio.gather(*waiting)
        finally:
            await producer.stop()

    asyncio.run(send_as_one_batch())
    assert store(kafka, own_database_url, [0, 1, 2], [5, 6, 7]) == [(HERE, 3, 5)]
    assert stored(own_database_url) == (list(range(8)), [(8,)])


def test_a_long_gap_is_read_in_pieces(kafka, own_database_url, monkeypatch):
    monkeypatch.setattr(log_range, "MOST", 3)
    # Or all of so short a log comes with the first fetch.
    monkeypatch.setattr(
        log_range, "AIOKafkaConsumer", partial(AIOKafkaConsumer, max_poll_records=3)
    )
    send(kafka.bootstrap, *(level(seq, seq, float(seq)) for seq in range(8)))
    skipped = store(kafka, own_database_url, [7])
    assert skipped == [(HERE, 0, 3), (HERE, 3, 6), (HERE, 6, 7)]
    assert stored(own_database_url) == (list(range(8)), [(8,)])


@pytest.mark.parametrize("kafka", ["apache"], indirect=True)
def test_what_the_log_no_longer_holds_is_passed_over(kafka, own_database_url):
    send(kafka.bootstrap, *(level(seq, seq, float(seq)) for seq in range(8)))

    async def expire():
        admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap)
        await admin.start()
        try:
            await admin.delete_records({THERE: RecordsToDelete(before_offset=4)})
        finally:
            await admin.close()

    asyncio.run(expire())
    assert store(kafka, own_database_url, [4, 5], [6, 7]) == [(HERE, 0, 4)]
    assert stored(own_database_url) == ([4, 5, 6, 7], [(8,)])


@pytest.mark.every_engine
def test_a_group_that_stands_beyond_the_ledger_loses_nothing(kafka, own_database_url, tmp_path):
    """As after the database was restored from a backup."""
    send(kafka.bootstrap, *(level(seq, seq, float(seq)) for seq in range(8)))

    async def commit():
        consumer = AIOKafkaConsumer(
            bootstrap_servers=kafka.bootstrap, group_id="ioc-rules", enable_auto_commit=False
        )
        await consumer.start()
        try:
            consumer.assign([THERE])
            await consumer.commit({THERE: 6})
        finally:
            await consumer.stop()

    asyncio.run(commit())
    with worker(kafka.bootstrap, own_database_url, tmp_path) as (process, _):
        until(
            own_database_url,
            "SELECT datastream, result FROM reading ORDER BY ctid",
            [(BRIDGE, float(seq)) for seq in range(8)],
            process,
        )


@pytest.mark.every_engine
@pytest.mark.parametrize("committed", [None, 2])
def test_a_consumer_goes_back_to_what_is_committed_or_to_the_beginning(kafka, committed):
    send(kafka.bootstrap, *(level(seq, seq, float(seq)) for seq in range(4)))

    async def offsets(consumer):
        found = []
        while not found or found[-1] < 3:
            records = await consumer.getmany(THERE, timeout_ms=100)
            found += [one.offset for one in records.get(THERE, ())]
        return found

    async def run():
        consumer = AIOKafkaConsumer(
            bootstrap_servers=kafka.bootstrap, group_id="g", enable_auto_commit=False,
            auto_offset_reset="earliest",
        )  # fmt: skip
        await consumer.start()
        try:
            consumer.assign([THERE])
            first = await offsets(consumer)
            if committed:
                await consumer.commit({THERE: committed})
            await rewind(consumer)
            return first, await offsets(consumer)
        finally:
            await consumer.stop()

    first, again = asyncio.run(run())
    assert first == [0, 1, 2, 3]
    assert again == list(range(committed or 0, 4))
