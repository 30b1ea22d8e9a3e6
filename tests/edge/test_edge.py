"""The field gateway between a local broker and the centre: nothing is lost, nothing is doubled.

The oracle is the database: a reading is published with a time of its own, and must be one row.
"""

import json
import threading
import time

import paho.mqtt.client as mqtt
import psycopg
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from ingest.uplink import Connection
from simulators.pack import Pack
from tests.conftest import bootstrap
from tests.ingest.test_gateway import gateway, is_connected, publisher, wait_until
from tests.streams.test_worker import worker

BEGAN_US = 1_790_000_000_000_000


def payload(number):
    return json.dumps(
        [{"n": "bridge-gauge/water_level", "t": (BEGAN_US + number * 1000) / 1e6, "v": 1.5}]
    ).encode()


def rows(url):
    """Return the numbers of the readings stored, a number for each row."""
    with psycopg.connect(url) as connection:
        found = connection.execute(
            "SELECT (extract(epoch FROM phenomenon_time) * 1e6)::bigint FROM reading"
        ).fetchall()
    return sorted(round((at_us - BEGAN_US) / 1000) for (at_us,) in found)


class Device:
    """Publishes readings and keeps each until the field gateway has it on its disk."""

    def __init__(self, broker):
        self.published = 0
        self._connection = Connection(
            "device", broker.part.port.host, broker.part.port.number, 20, "ack/device",
            threading.Event(), lambda _pack: None,
        )  # fmt: skip
        self._stop = threading.Event()
        self._pause = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self):
        while not self._stop.wait(0.01):
            if not self._pause.is_set() and self._connection.waiting < 100:
                one = Pack("gw-bridge", "device", self.published, payload(self.published))
                self._connection.submit(one)
                self.published += 1
            self._connection.tend(time.monotonic())

    def publishes(self, more):
        """Wait until so many more are published."""
        target = self.published + more
        wait_until(lambda: self.published >= target, f"{more} more readings are published")

    def finish(self):
        """Publish no more, and wait until the field gateway has everything."""
        self._pause.set()
        wait_until(lambda: self._connection.waiting == 0, "the field gateway has all readings")

    def end(self):
        self._stop.set()
        self._thread.join()
        self._connection.close()


@pytest.fixture
def device(field_broker):
    one = Device(field_broker)
    yield one
    one.end()


@pytest.mark.every_engine
def test_whatever_dies_each_reading_is_one_row(
    own_mqtt_broker, own_kafka, own_database_url, field_broker, device, edge, tmp_path
):
    (tmp_path / "worker").mkdir()
    servers = bootstrap(own_kafka)
    with (
        worker(servers, own_database_url, tmp_path / "worker"),
        gateway(own_mqtt_broker, servers, tmp_path, own_database_url) as (_, facts),
        edge(field_broker, own_mqtt_broker) as one,
    ):
        wait_until(is_connected(facts), "the centre connects")
        device.publishes(100)
        one.kill()
        device.publishes(30)
        one.start()
        device.publishes(100)
        own_mqtt_broker.wipe()
        device.publishes(100)
        own_mqtt_broker.start()
        device.publishes(50)
        field_broker.wipe()
        field_broker.start()
        device.publishes(100)
        own_mqtt_broker.wipe()
        device.publishes(50)
        one.kill()
        field_broker.wipe()
        own_mqtt_broker.start()
        one.start()
        field_broker.start()
        device.publishes(100)
        device.finish()
        one.await_fact("the centre has all", spool_messages=0)
        wait_until(lambda: len(rows(own_database_url)) >= device.published, "all are stored")
        assert one.end() == 0
    assert rows(own_database_url) == list(range(device.published))


@pytest.mark.every_engine
def test_kill_after_kill_each_reading_is_one_row(
    own_mqtt_broker, own_kafka, own_database_url, field_broker, device, edge, tmp_path
):
    (tmp_path / "worker").mkdir()
    servers = bootstrap(own_kafka)
    with (
        worker(servers, own_database_url, tmp_path / "worker"),
        gateway(own_mqtt_broker, servers, tmp_path, own_database_url) as (_, facts),
        edge(field_broker, own_mqtt_broker) as one,
    ):
        wait_until(is_connected(facts), "the centre connects")
        for turn in range(6):
            one.await_fact("the way is open", ok=True)
            # At another moment of its work each time.
            device.publishes(10 + 7 * turn)
            one.kill()
            one.start()
        device.finish()
        one.await_fact("the centre has all", spool_messages=0)
        wait_until(lambda: len(rows(own_database_url)) >= device.published, "all are stored")
    assert rows(own_database_url) == list(range(device.published))


class Centre:
    """Somebody at the centre's broker who hears the field gateway, and answers when told to."""

    def __init__(self, broker):
        self.heard = []
        self.answers = True
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, "centre", protocol=mqtt.MQTTv5)
        subscribed = threading.Event()
        self._client.on_subscribe = lambda *_: subscribed.set()
        self._client.on_message = self._take
        self._client.connect(broker.part.port.host, broker.part.port.number)
        self._client.loop_start()
        self._client.subscribe("up/+/+", qos=1)
        assert subscribed.wait(20)

    def _take(self, _client, _data, one):
        facts = dict(one.properties.UserProperty)
        self.heard.append((one.topic, one.payload, facts["boot"], int(facts["seq"])))
        if self.answers:
            self.acknowledge(one.properties.ResponseTopic, self.heard[-1])

    def acknowledge(self, topic, heard):
        (_, gateway_id, _), _, boot, seq = heard[0].split("/"), *heard[1:]
        self.say(topic, [[gateway_id, boot, seq, seq]])

    def say(self, topic, what):
        self._client.publish(topic, json.dumps(what))

    @property
    def seqs(self):
        return [seq for _, _, _, seq in list(self.heard)]

    def end(self):
        self._client.disconnect()
        self._client.loop_stop()


@pytest.fixture
def centre(own_mqtt_broker):
    one = Centre(own_mqtt_broker)
    yield one
    one.end()


def unnumbered(client, numbers, topic="up/gw-bridge/senml"):
    for number in numbers:
        client.publish(topic, payload(number), qos=1).wait_for_publish()


def test_it_numbers_without_gaps_in_one_boot_over_restarts(
    own_mqtt_broker, field_broker, centre, edge
):
    with edge(field_broker, own_mqtt_broker) as one, publisher(field_broker) as client:
        one.await_fact("the way is open", ok=True)
        unnumbered(client, range(5))
        wait_until(lambda: len(centre.heard) == 5, "the first five")
        one.await_fact("they are safe", spool_messages=0, carried=5)
        one.kill()
        one.start()
        one.await_fact("the way is open", ok=True)
        unnumbered(client, range(5, 10))
        wait_until(lambda: len(centre.heard) == 10, "the second five")
    assert [told[:2] for told in centre.heard] == [
        ("up/gw-bridge/senml", payload(number)) for number in range(10)
    ]
    assert centre.seqs == list(range(10))
    (boot,) = {told[2] for told in centre.heard}
    assert not boot.startswith("@")


def test_a_number_of_the_devices_own_is_kept(own_mqtt_broker, field_broker, centre, edge):
    with edge(field_broker, own_mqtt_broker) as one, publisher(field_broker) as client:
        one.await_fact("the way is open", ok=True)
        properties = Properties(PacketTypes.PUBLISH)
        properties.UserProperty = [("boot", "mine"), ("seq", "41")]
        client.publish("up/gw-lock/senml", payload(0), qos=1, properties=properties)
        wait_until(lambda: centre.heard, "the message")
    assert centre.heard[0] == ("up/gw-lock/senml", payload(0), "mine", 41)


def test_it_leaves_the_disk_when_the_centre_has_it_and_not_before(
    own_mqtt_broker, field_broker, centre, edge
):
    with edge(field_broker, own_mqtt_broker) as one, publisher(field_broker) as client:
        one.await_fact("the way is open", ok=True)
        unnumbered(client, range(1))
        one.await_fact("the centre has answered", spool_messages=0, carried=1)
        centre.answers = False
        unnumbered(client, range(1, 4))
        wait_until(lambda: centre.seqs == [0, 1, 2, 3], "all others")
        centre.acknowledge("ack/edge-7", centre.heard[2])
        one.await_fact("the one that was acknowledged is gone", spool_messages=2, carried=2)
        one.kill()
        one.start()
        wait_until(lambda: len(centre.seqs) > 4, "the oldest comes again")
        assert set(centre.seqs[4:]) == {1}
        centre.acknowledge("ack/edge-7", centre.heard[4])
        wait_until(lambda: centre.seqs[-1] == 3, "the other one follows")


def test_what_is_asked_for_comes_again_and_what_nobody_has_does_not(
    own_mqtt_broker, field_broker, centre, edge
):
    with edge(field_broker, own_mqtt_broker) as one, publisher(field_broker) as client:
        one.await_fact("the way is open", ok=True)
        unnumbered(client, range(1))
        one.await_fact("the first is gone", spool_messages=0, carried=1)
        centre.answers = False
        unnumbered(client, range(1, 4))
        wait_until(lambda: centre.seqs == [0, 1, 2, 3], "all four")
        boot = centre.heard[0][2]
        before = len(centre.heard)

        def asked():
            centre.say("cmd/gw-bridge/resend", [[boot, 0, 2], ["another", 3, 3]])
            centre.say("cmd/gw-bridge/resend", "nonsense")
            return len(centre.heard) >= before + 2

        # Not at once: what was sent within a second is under way.
        wait_until(asked, "what is asked for")
    # Its own patience (5 s) may be over first on a slow machine; then everything comes, in order.
    assert centre.seqs[before : before + 2] == [1, 2]


def test_without_room_nothing_is_acknowledged_to_devices_and_nothing_is_lost(
    own_mqtt_broker, field_broker, centre, edge
):
    with edge(field_broker, own_mqtt_broker) as one:
        one.kill()
        one.start(spool_reserve_mib=1 << 20)
        one.await_fact("it hears devices", mqtt_connected=True)
        with publisher(field_broker) as client:
            unnumbered(client, range(10))
            wait_until(lambda: one.facts.get("spool_trouble"), "it says what is wrong")
            told = one.facts
            one.kill()
            assert (told["ok"], told["spool_messages"], centre.heard) == (False, 0, [])
            one.start()
            wait_until(lambda: len(centre.heard) == 10, "the local broker has kept all")
    assert centre.seqs == list(range(10))


def test_the_centre_asks_for_what_is_missing(own_mqtt_broker, kafka, tmp_path):
    with gateway(own_mqtt_broker, kafka.bootstrap, tmp_path) as (_, facts):
        wait_until(is_connected(facts), "gateway connects")
        with publisher(own_mqtt_broker) as client:
            asked = []
            subscribed = threading.Event()
            client.on_subscribe = lambda *_: subscribed.set()
            client.on_message = lambda _client, _data, one: asked.append(
                (one.topic, json.loads(one.payload))
            )
            client.subscribe("cmd/+/resend")
            assert subscribed.wait(20)
            for seq in (0, 1, 4):
                properties = Properties(PacketTypes.PUBLISH)
                properties.UserProperty = [("boot", "b"), ("seq", str(seq))]
                properties.ResponseTopic = "ack/field"
                client.publish("up/gw-bridge/senml", b"[]", qos=1, properties=properties)
            wait_until(lambda: asked, "the request")
    assert asked[0] == ("cmd/gw-bridge/resend", [["b", 2, 3]])
