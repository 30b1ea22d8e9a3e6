"""Each embedded part does the one thing that the line asks of it."""

from __future__ import annotations

import asyncio
import threading
import time

import paho.mqtt.client as paho
import psycopg
import pytest
from aiokafka import AIOKafkaProducer
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from ioc.parts import PartError, postgres
from ioc.parts import kafka as kafka_part

DEADLINE_S = 60
"""Only ends a test that hangs."""


def _client(address, name: str, **options) -> paho.Client:
    client = paho.Client(
        paho.CallbackAPIVersion.VERSION2, client_id=name, protocol=paho.MQTTv5, **options
    )
    session = Properties(PacketTypes.CONNECT)
    session.SessionExpiryInterval = 600
    client.connect(*address, clean_start=False, properties=session)
    return client


@pytest.mark.every_engine
def test_broker_speaks_mqtt_5_and_carries_boot_and_seq(mqtt_broker):
    came: list[paho.MQTTMessage] = []
    subscribed, arrived = threading.Event(), threading.Event()
    reader = _client(mqtt_broker, "parts-reader", manual_ack=True)
    reader.on_subscribe = lambda *_: subscribed.set()
    reader.on_message = lambda _client, _data, message: (came.append(message), arrived.set())
    reader.loop_start()
    reader.subscribe("parts/+/senml", qos=1)
    assert subscribed.wait(DEADLINE_S)

    writer = _client(mqtt_broker, "parts-writer")
    writer.loop_start()
    about = Properties(PacketTypes.PUBLISH)
    about.UserProperty = [("boot", "b1"), ("seq", "0")]
    # Larger than the 20 kB that the broker takes by default.
    writer.publish("parts/gw/senml", b"x" * 500_000, qos=1, properties=about).wait_for_publish(
        DEADLINE_S
    )
    assert arrived.wait(DEADLINE_S)
    for client in (writer, reader):
        client.disconnect()
        client.loop_stop()

    assert came[0].properties.UserProperty == [("boot", "b1"), ("seq", "0")]
    assert len(came[0].payload) == 500_000


@pytest.mark.every_engine
def test_log_has_its_topics_and_making_them_again_changes_nothing(kafka):
    from aiokafka.admin import AIOKafkaAdminClient

    async def partitions() -> dict[str, int]:
        await kafka_part.create_topics(kafka.bootstrap, kafka_part.topics(4))
        admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap)
        await admin.start()
        try:
            found = await admin.describe_topics(["observations", "quarantine"])
        finally:
            await admin.close()
        return {one["topic"]: len(one["partitions"]) for one in found}

    assert asyncio.run(partitions()) == {"observations": 4, "quarantine": 1}


@pytest.mark.every_engine
def test_each_life_of_the_log_has_a_name_of_its_own(own_kafka):
    servers = f"{own_kafka.part.port.host}:{own_kafka.part.port.number}"
    first = asyncio.run(kafka_part.cluster_id(servers))
    own_kafka.wipe()
    assert asyncio.run(kafka_part.cluster_id(servers)) is None
    own_kafka.start()
    second = asyncio.run(kafka_part.cluster_id(servers))
    assert first is not None
    assert second is not None
    assert first != second


@pytest.mark.every_engine
def test_a_log_that_ends_in_order_can_be_started_again(own_kafka):
    servers = f"{own_kafka.part.port.host}:{own_kafka.part.port.number}"
    own_kafka.stop()
    assert not own_kafka.is_running()
    own_kafka.start()
    assert asyncio.run(kafka_part.cluster_id(servers)) is not None


def test_a_client_that_comes_before_the_topics_does_not_keep_the_log_from_settling(own_kafka):
    servers = f"{own_kafka.part.port.host}:{own_kafka.part.port.number}"

    async def be_early(topic):
        producer = AIOKafkaProducer(bootstrap_servers=servers)
        await producer.start()
        await producer.send_and_wait(topic, b"early")
        await producer.stop()

    own_kafka.wipe()
    own_kafka.launch()
    while not own_kafka.is_ready():
        time.sleep(0.05)
    asyncio.run(be_early("quarantine"))  # the broker gives it four partitions
    asyncio.run(own_kafka.part.settle())

    # Of the keyed topic four are the wrong number where five are wanted: the supervisor takes any
    # other error than PartError for a reason to start the part anew.
    asyncio.run(be_early("observations"))
    other = kafka_part.part(own_kafka.part.port, 5)
    with pytest.raises(RuntimeError, match="observations has 4 partitions; it must have 5") as told:
        asyncio.run(other.settle())
    assert not isinstance(told.value, PartError)


def test_database_wants_its_password_and_keeps_its_secret(database_server, database_url):
    port, data_dir = database_server
    assert (data_dir / "postgres.password").stat().st_mode & 0o777 == 0o600
    wrong = f"postgresql://ioc:wrong@{port.host}:{port.number}/ioc"
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(wrong)
    with psycopg.connect(database_url) as connection:
        row = connection.execute(
            "SELECT current_setting('synchronous_commit'), current_setting('TimeZone')"
        ).fetchone()
    assert row == ("on", "UTC")


def test_url_of_a_cluster_that_is_not_made_yet_has_no_password(tmp_path, database_server):
    port, _ = database_server
    assert postgres.url(port, tmp_path) == f"postgresql://ioc:@127.0.0.1:{port.number}/ioc"
