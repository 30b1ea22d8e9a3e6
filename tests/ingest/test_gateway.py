"""The collecting gateway between a real MQTT broker and a real log."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import paho.mqtt.client as mqtt
import psycopg
import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from devices import Tick, record, refusal
from devices.partition import partition_of
from tests.streams.test_worker import worker

pytestmark = pytest.mark.every_engine

DEADLINE_S = float(os.environ.get("DEADLINE_S", "60"))
"""Only ends a test that hangs; nothing is measured by it."""


@contextmanager
def gateway(
    broker, servers, folder: Path, url="postgresql://127.0.0.1:1/nobody",
    program="tests.ingest.small_gateway", **settings,
):  # fmt: skip
    """Run a real gateway process; yields it and its heartbeat file.

    Without a database nothing is known to be stored, and nothing leaves the spool.
    """
    facts = folder / "facts.json"
    facts.unlink(missing_ok=True)
    port = broker.part.port
    with (folder / "gateway.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", program, port.host, str(port.number),
             servers, str(facts), url, json.dumps(settings)],
            env={**os.environ, "PYTHONPATH": str(Path.cwd())}, stdout=log, stderr=log,
        )  # fmt: skip
        try:
            yield process, facts
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()


def wait_until(condition, what):
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(f"never happened: {what}")
        time.sleep(0.05)


def is_connected(facts: Path):
    def check():
        try:
            return json.loads(facts.read_text())["mqtt_connected"]
        except (OSError, ValueError):
            return False

    return check


@contextmanager
def publisher(broker):
    client = mqtt.Client(CallbackAPIVersion.VERSION2, "field", protocol=mqtt.MQTTv5)
    client.connect(broker.part.port.host, broker.part.port.number)
    client.loop_start()
    try:
        yield client
    finally:
        client.disconnect()
        client.loop_stop()


def publish(client, seq, value, gateway_id="gw-bridge", boot="b"):
    properties = Properties(PacketTypes.PUBLISH)
    properties.UserProperty = [("boot", boot), ("seq", str(seq))]
    payload = value if isinstance(value, bytes) else json.dumps(
        [{"n": "bridge-gauge/water_level", "t": time.time(), "v": value}]
    )  # fmt: skip
    client.publish(
        f"up/{gateway_id}/senml", payload, qos=1, properties=properties
    ).wait_for_publish()


def read_log(servers, topic, partitions, enough):
    """Read a topic from its beginning until `enough(values)`; return the values."""

    async def run():
        consumer = AIOKafkaConsumer(bootstrap_servers=servers, fetch_max_wait_ms=20)
        await consumer.start()
        try:
            there = [TopicPartition(topic, number) for number in range(partitions)]
            consumer.assign(there)
            await consumer.seek_to_beginning(*there)
            values = []
            async with asyncio.timeout(DEADLINE_S):
                while not enough(values):
                    for messages in (await consumer.getmany(timeout_ms=50)).values():
                        values += [(one.partition, one.key, one.value) for one in messages]
            return values
        finally:
            await consumer.stop()

    return asyncio.run(run())


def packs(values):
    """Return (seq, result) of every pack in the log, in its order."""
    found = []
    for _, _, value in values:
        one = record.decode(value)
        if isinstance(one, Tick):
            continue
        start = 0
        for pack in one.packs:
            found += [(pack.seq, float(one.batch.result[start + row])) for row in range(pack.rows)]
            start += pack.rows
    return found


def test_messages_reach_the_log_with_ticks_and_refusals(own_mqtt_broker, kafka, tmp_path):
    with gateway(own_mqtt_broker, kafka.bootstrap, tmp_path) as (process, facts):
        wait_until(is_connected(facts), "gateway connects")
        with publisher(own_mqtt_broker) as client:
            for seq in range(3):
                publish(client, seq, 1.0 + seq)
            publish(client, 3, b"nonsense")
        values = read_log(
            kafka.bootstrap, "observations", 4, lambda values: len(packs(values)) == 3
        )
        refused = read_log(kafka.bootstrap, "quarantine", 1, bool)
        ticks = read_log(
            kafka.bootstrap, "observations", 4,
            lambda values: {p for p, key, _ in values if key is None} == {0, 1, 2, 3},
        )  # fmt: skip
        process.send_signal(signal.SIGTERM)
        assert process.wait(DEADLINE_S) == 0
    assert packs(values) == [(0, 1.0), (1, 2.0), (2, 3.0)]
    assert {(p, key) for p, key, _ in values if key} == {(partition_of("bridge", 4), b"bridge")}
    assert all(isinstance(record.decode(value), Tick) for _, key, value in ticks if key is None)
    assert refusal.decode(refused[0][2]).raw == b"nonsense"


def test_what_was_published_while_the_gateway_was_dead_arrives_when_it_is_back(
    own_mqtt_broker, kafka, tmp_path
):
    with gateway(own_mqtt_broker, kafka.bootstrap, tmp_path) as (process, facts):
        wait_until(is_connected(facts), "gateway connects")
        with publisher(own_mqtt_broker) as client:
            publish(client, 0, 1.0)
            read_log(kafka.bootstrap, "observations", 4, packs)
            process.kill()
            process.wait()
            for seq in range(1, 20):
                publish(client, seq, 1.0 + seq / 10)
    with gateway(own_mqtt_broker, kafka.bootstrap, tmp_path):
        values = read_log(
            kafka.bootstrap, "observations", 4, lambda values: len(set(packs(values))) == 20
        )
    seqs = [seq for seq, _ in packs(values)]
    assert sorted(set(seqs)) == list(range(20))
    assert [seq for at, seq in enumerate(seqs) if seq not in seqs[:at]] == list(range(20))


def test_what_is_acknowledged_survives_the_death_of_gateway_broker_and_log(
    own_mqtt_broker, own_kafka, tmp_path
):
    servers = f"{own_kafka.part.port.host}:{own_kafka.part.port.number}"
    with gateway(own_mqtt_broker, servers, tmp_path) as (process, facts):
        wait_until(is_connected(facts), "gateway connects")
        with publisher(own_mqtt_broker) as client:
            publish(client, 0, 1.0)
            read_log(servers, "observations", 4, packs)
            own_kafka.kill()
            for seq in range(1, 50):
                publish(client, seq, 1.0 + seq / 10)
            wait_until(
                lambda: json.loads(facts.read_text())["spool_messages"] == 50, "all in the spool"
            )
        process.kill()
        process.wait()
    # Only the spool is left.
    own_mqtt_broker.wipe()
    own_mqtt_broker.start()
    own_kafka.wipe()
    own_kafka.start()
    with gateway(own_mqtt_broker, servers, tmp_path):
        values = read_log(servers, "observations", 4, lambda values: len(packs(values)) == 50)
    assert [seq for seq, _ in packs(values)] == list(range(50))
    assert all(pack.again for _, key, value in values if key for pack in record.decode(value).packs)


def test_a_log_that_was_wiped_gets_everything_again(own_mqtt_broker, own_kafka, tmp_path):
    servers = f"{own_kafka.part.port.host}:{own_kafka.part.port.number}"
    with gateway(own_mqtt_broker, servers, tmp_path) as (_, facts):
        wait_until(is_connected(facts), "gateway connects")
        with publisher(own_mqtt_broker) as client:
            for seq in range(10):
                publish(client, seq, 1.0 + seq)
            read_log(servers, "observations", 4, lambda values: len(packs(values)) == 10)
            own_kafka.wipe()
            own_kafka.start()
            publish(client, 10, 3.0)
        values = read_log(servers, "observations", 4, lambda values: len(set(packs(values))) == 11)
    seqs = [seq for seq, _ in packs(values)]
    # Whatever comes first to the new log, what the old one had stands before what is new.
    assert [seq for at, seq in enumerate(seqs) if seq not in seqs[:at]] == list(range(11))


def test_what_the_sink_has_leaves_the_spool(own_mqtt_broker, kafka, own_database_url, tmp_path):
    with gateway(own_mqtt_broker, kafka.bootstrap, tmp_path, own_database_url) as (_, facts):
        wait_until(is_connected(facts), "gateway connects")
        with publisher(own_mqtt_broker) as client:
            publish(client, 0, 1.0)
            publish(client, 1, b"nonsense")
            publish(client, 0, 1.0, gateway_id="gw-nobody")
            spooled = lambda: json.loads(facts.read_text())["spool_messages"]  # noqa: E731
            wait_until(lambda: spooled() == 3, "all in the spool")
            read_log(kafka.bootstrap, "quarantine", 1, lambda values: len(values) == 2)
            # The pack ledger alone is not enough for a message that also led to a refusal.
            with psycopg.connect(own_database_url) as connection:
                connection.execute("INSERT INTO pack_ledger VALUES ('gw-bridge', 'b', 2, '{}')")
            wait_until(lambda: spooled() == 2, "the stored pack is trimmed")
            (tmp_path / "worker").mkdir()
            with worker(kafka.bootstrap, own_database_url, tmp_path / "worker"):
                wait_until(lambda: spooled() == 0, "refusals are stored, the spool is empty")


def test_the_heartbeat_counts_what_came_in(own_mqtt_broker, kafka, tmp_path):
    with gateway(own_mqtt_broker, kafka.bootstrap, tmp_path) as (_, facts):
        wait_until(is_connected(facts), "gateway connects")
        with publisher(own_mqtt_broker) as client:
            publish(client, 0, 1.0)
            publish(client, 1, 99.0)
            publish(client, 2, b"nonsense")
        wait_until(
            lambda: (
                json.loads(facts.read_text())["intake"]["readings"] == {"unknown": 1, "water": 2}
            ),
            "the window of receipt closes with all three readings",
        )
    found = json.loads(facts.read_text())
    assert (found["messages"], found["refusals"]) == (3, 2)
    assert found["intake"]["collector"].startswith("gw-0:")
