"""The worker over a real log and a real database, killed and deceived."""

import asyncio
import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from devices import Tick, record, refusal
from devices.partition import partition_of
from devices.record import Pack, Record, columns
from devices.refusal import Reason, Refusal
from tests.small_city import BRIDGE, LOCK

pytestmark = pytest.mark.every_engine

SECOND = 1_000_000
NOON = 1_790_000_000 * SECOND
DEADLINE_S = float(os.environ.get("DEADLINE_S", "60"))
"""Only ends a test that hangs; nothing is measured by it."""

OF_BRIDGE = partition_of("bridge", 4)
"""The partition of its gateway: no other one judges its readings."""


@contextmanager
def worker(servers, url, folder: Path):
    """Run a real worker process over the small city; yields it and its heartbeat file."""
    facts = folder / "facts.json"
    environment = {**os.environ, "PYTHONPATH": str(Path.cwd())}
    log = (folder / "worker.log").open("ab")
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.streams.small_worker", servers, url, str(folder), str(facts)],
        env=environment, stdout=log, stderr=log,
    )  # fmt: skip
    try:
        yield process, facts
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        log.close()


def send(servers, *messages):
    """Put (topic, partition, value) into the log, in order."""

    async def run():
        producer = AIOKafkaProducer(bootstrap_servers=servers, acks="all")
        await producer.start()
        try:
            for topic, partition, value in messages:
                await producer.send_and_wait(topic, value, partition=partition)
        finally:
            await producer.stop()

    asyncio.run(run())


def level(seq, seconds, value, slot=BRIDGE, boot="b"):
    row = (slot, NOON + seconds * SECOND, value, 0)
    pack = Pack("gw-bridge", boot, seq, 1, "gw-0:x", 10)
    return ("observations", OF_BRIDGE, record.encode(Record(columns([row]), (pack,))))


def until(url, statement, wanted, process=None):
    """Wait until a query gives what is wanted."""
    deadline = time.monotonic() + DEADLINE_S
    found = None
    while time.monotonic() < deadline:
        with psycopg.connect(url) as connection:
            found = connection.execute(statement).fetchall()
        if found == wanted:
            return
        if process is not None and process.poll() is not None:
            break
        time.sleep(0.1)
    pytest.fail(f"{statement}: {found}, wanted {wanted}")


READINGS = "SELECT datastream, result FROM reading ORDER BY phenomenon_time"


def test_readings_alerts_and_refusals_reach_the_database(kafka, own_database_url, tmp_path):
    told = Refusal(
        Reason.FUTURE, "d", "up/g/senml", b"x", "air", 2, NOON, "gw-0:x", 10, "g", "b", 3
    )
    with worker(kafka.bootstrap, own_database_url, tmp_path) as (process, facts):
        send(
            kafka.bootstrap,
            level(0, 0, 3.9),
            ("observations", OF_BRIDGE, b"nobody wrote this"),
            level(1, 10, 3.0),
            ("observations", OF_BRIDGE, record.encode(Tick(NOON + 100 * SECOND))),
            ("quarantine", 0, refusal.encode(told)),
        )
        until(own_database_url, READINGS, [(BRIDGE, 3.9), (BRIDGE, 3.0)], process)
        until(
            own_database_url,
            "SELECT kind FROM alert_transition ORDER BY version",
            [("raised",), ("cleared",)],
            process,
        )
        until(
            own_database_url,
            "SELECT reason, readings FROM quarantine ORDER BY reason",
            [("future", 2), ("undecodable", 1)],
            process,
        )
        until(
            own_database_url,
            "SELECT next_offset FROM ledger WHERE topic = 'observations' AND partition = 3",
            [(4,)],
            process,
        )
        process.send_signal(signal.SIGTERM)
        assert process.wait(DEADLINE_S) == 0
    assert json.loads(facts.read_text())["log"] == kafka.cluster_id


def test_a_killed_worker_goes_on_where_the_ledger_stands(kafka, own_database_url, tmp_path):
    with worker(kafka.bootstrap, own_database_url, tmp_path) as (process, _):
        send(kafka.bootstrap, level(0, 0, 3.9), level(1, 1, 4.7))
        until(own_database_url, READINGS, [(BRIDGE, 3.9), (BRIDGE, 4.7)], process)
        process.kill()
    # Sent while nobody is there: one new pack, and one that was already stored.
    send(kafka.bootstrap, level(1, 1, 4.7), level(2, 2, 3.0))
    with worker(kafka.bootstrap, own_database_url, tmp_path) as (process, _):
        send(
            kafka.bootstrap, ("observations", OF_BRIDGE, record.encode(Tick(NOON + 200 * SECOND))),
        )  # fmt: skip
        until(
            own_database_url,
            "SELECT kind FROM alert_transition ORDER BY version",
            [("raised",), ("escalated",), ("cleared",)],
            process,
        )
        until(own_database_url, READINGS, [(BRIDGE, 3.9), (BRIDGE, 4.7), (BRIDGE, 3.0)], process)
    until(own_database_url, "SELECT stored::int, duplicate::int FROM intake", [(3, 1)])


def test_a_wiped_log_is_another_log_and_nothing_of_it_is_dropped(
    own_kafka, own_database_url, tmp_path
):
    servers = f"{own_kafka.part.port.host}:{own_kafka.part.port.number}"
    with worker(servers, own_database_url, tmp_path) as (process, _):
        send(servers, *(level(seq, seq, 1.0) for seq in range(5)))
        until(own_database_url, "SELECT count(*)::int FROM reading", [(5,)], process)
        own_kafka.wipe()
        own_kafka.start()
        send(servers, level(5, 5, 2.0, LOCK))
        # The worker must not take offset 0 of this life for offset 0 of the last: it either sees
        # the new record or ends, and the next one sees it.
        deadline = time.monotonic() + DEADLINE_S
        while process.poll() is None and time.monotonic() < deadline:
            with psycopg.connect(own_database_url) as connection:
                if connection.execute("SELECT count(*) FROM reading").fetchone() == (6,):
                    break
            time.sleep(0.2)
    with worker(servers, own_database_url, tmp_path) as (process, _):
        until(own_database_url, "SELECT count(*)::int FROM reading", [(6,)], process)


def test_a_worker_waits_for_topics_and_notices_a_log_without_them(
    own_kafka, own_database_url, tmp_path
):
    part = own_kafka.part
    servers = f"{part.port.host}:{part.port.number}"
    bare = dataclasses.replace(part, settle=nothing)  # topics come later, as in a new cluster
    own_kafka.wipe()
    own_kafka.part = bare
    own_kafka.start()
    with worker(servers, own_database_url, tmp_path) as (process, facts):
        wait_for(lambda: "no topic observations" in facts_of(facts).get("waiting", ""), process)
        asyncio.run(part.settle())
        wait_for(lambda: facts_of(facts).get("assigned"), process)
        own_kafka.wipe()
        own_kafka.start()
        # It joins again before the new log has its topics, and is assigned nothing for ever.
        assert process.wait(DEADLINE_S) == 70
        asyncio.run(part.settle())
    with worker(servers, own_database_url, tmp_path) as (process, _):
        send(servers, level(0, 0, 1.0))
        until(own_database_url, READINGS, [(BRIDGE, 1.0)], process)


async def nothing():
    pass


def facts_of(file):
    try:
        return json.loads(file.read_text())
    except (OSError, ValueError):
        return {}


def wait_for(condition, process):
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert process.poll() is None, "the worker has ended"
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.1)


def test_the_database_may_go_away_and_come_back(kafka, own_database_url, tmp_path):
    with worker(kafka.bootstrap, own_database_url, tmp_path) as (process, _):
        send(kafka.bootstrap, level(0, 0, 1.0))
        until(own_database_url, READINGS, [(BRIDGE, 1.0)], process)
        with psycopg.connect(own_database_url, autocommit=True) as connection:
            cut = connection.execute(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
                "WHERE application_name = 'ioc worker' AND datname = current_database()"
            ).fetchone()
        assert cut == (1,)
        send(kafka.bootstrap, level(1, 1, 2.0))
        until(own_database_url, READINGS, [(BRIDGE, 1.0), (BRIDGE, 2.0)], process)


def test_a_broken_assumption_ends_the_worker_before_it_acknowledges(
    kafka, own_database_url, tmp_path
):
    with psycopg.connect(own_database_url, autocommit=True) as connection:
        connection.execute("ALTER TABLE latest RENAME TO hidden")
    with worker(kafka.bootstrap, own_database_url, tmp_path) as (process, _):
        send(kafka.bootstrap, level(0, 0, 1.0))
        assert process.wait(DEADLINE_S) == 70
    with psycopg.connect(own_database_url, autocommit=True) as connection:
        assert connection.execute("SELECT count(*) FROM reading").fetchone() == (0,)
        connection.execute("ALTER TABLE hidden RENAME TO latest")
    with worker(kafka.bootstrap, own_database_url, tmp_path) as (process, _):
        until(own_database_url, READINGS, [(BRIDGE, 1.0)], process)


def committed(servers):
    """Return how far the group has acknowledged of the partition of the bridge."""

    async def run():
        there = TopicPartition("observations", OF_BRIDGE)
        consumer = AIOKafkaConsumer(
            bootstrap_servers=servers, group_id="ioc-rules", enable_auto_commit=False
        )
        await consumer.start()
        try:
            consumer.assign([there])
            return await consumer.committed(there) or 0
        finally:
            await consumer.stop()

    return asyncio.run(run())


def heartbeats(facts, number):
    """Wait for so many further heartbeats, one a second; acknowledgements leave once a second."""
    seen = set()
    deadline = time.monotonic() + DEADLINE_S
    while len(seen) <= number:
        seen.add(json.loads(facts.read_text())["at_us"])
        assert time.monotonic() < deadline, "the worker's heart stopped"
        time.sleep(0.1)


def test_nothing_is_acknowledged_before_it_is_stored(kafka, own_database_url, tmp_path):
    with worker(kafka.bootstrap, own_database_url, tmp_path) as (process, facts):
        send(kafka.bootstrap, level(0, 0, 1.0))
        until(own_database_url, READINGS, [(BRIDGE, 1.0)], process)
        heartbeats(facts, 3)
        assert committed(kafka.bootstrap) == 1
        with psycopg.connect(own_database_url) as blocker:
            blocker.execute("LOCK TABLE reading IN ACCESS EXCLUSIVE MODE")
            send(kafka.bootstrap, level(1, 1, 2.0))
            until(
                own_database_url,
                "SELECT count(*)::int FROM pg_locks WHERE NOT granted",
                [(1,)],
                process,
            )
            heartbeats(facts, 3)
            assert committed(kafka.bootstrap) == 1
            process.kill()
    with worker(kafka.bootstrap, own_database_url, tmp_path) as (process, _):
        until(own_database_url, READINGS, [(BRIDGE, 1.0), (BRIDGE, 2.0)], process)
