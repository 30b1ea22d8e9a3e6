"""The collecting gateway tells a publisher what is on its disk, and not before."""

import json
import sqlite3

import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from tests.ingest.test_gateway import gateway, is_connected, publisher, wait_until


@pytest.fixture
def field(own_mqtt_broker):
    """A publisher that hears everything but readings; `heard` is (topic, answer)."""
    with publisher(own_mqtt_broker) as client:
        client.heard = []
        subscribed = []
        client.on_subscribe = lambda *_: subscribed.append(1)
        client.on_message = lambda _client, _data, one: client.heard.append(
            (one.topic, json.loads(one.payload))
        )
        for topic in ("ack/#", "cmd/#"):
            client.subscribe(topic)
        wait_until(lambda: len(subscribed) == 2, "subscriptions")
        yield client


def publish(client, seq, response_topic="ack/field", boot="b"):
    properties = Properties(PacketTypes.PUBLISH)
    properties.UserProperty = [("boot", boot), ("seq", str(seq))] if boot else []
    if response_topic:
        properties.ResponseTopic = response_topic
    client.publish("up/gw-bridge/senml", b"[]", qos=1, properties=properties).wait_for_publish()


def named(client):
    """Return (topic, gateway, boot, seq) of all that was answered."""
    return [
        (topic, one_gateway, boot, seq)
        for topic, answer in client.heard
        for one_gateway, boot, first, last in answer
        for seq in range(first, last + 1)
    ]


def test_an_answer_comes_when_the_spool_has_it_and_not_before(
    own_mqtt_broker, kafka, field, tmp_path
):
    with gateway(own_mqtt_broker, kafka.bootstrap, tmp_path) as (_, facts):
        wait_until(is_connected(facts), "gateway connects")
        spool = sqlite3.connect(tmp_path / "spool-gw-0.db", isolation_level=None)
        spool.execute("BEGIN IMMEDIATE")  # nobody else can write
        for seq in range(3):
            publish(field, seq)
        wait_until(
            lambda: "locked" in json.loads(facts.read_text())["spool_trouble"],
            "the spool's trouble",
        )
        assert field.heard == []
        spool.execute("ROLLBACK")
        wait_until(lambda: len(named(field)) == 3, "the answer")
        there = spool.execute("SELECT gateway, boot, seq FROM message ORDER BY seq").fetchall()
        spool.close()
    assert [one[1:] for one in named(field)] == there == [("gw-bridge", "b", n) for n in range(3)]


def test_a_pack_that_comes_again_is_answered_again(own_mqtt_broker, kafka, field, tmp_path):
    with gateway(own_mqtt_broker, kafka.bootstrap, tmp_path) as (_, facts):
        wait_until(is_connected(facts), "gateway connects")
        publish(field, 7)
        wait_until(lambda: len(named(field)) == 1, "the first answer")
        publish(field, 7, "ack/another")
        wait_until(lambda: len(named(field)) == 2, "the second one")
    assert [one[0] for one in named(field)] == ["ack/field", "ack/another"]
    assert {one[1:] for one in named(field)} == {("gw-bridge", "b", 7)}


def test_nothing_is_published_anywhere_else(own_mqtt_broker, kafka, field, tmp_path):
    with gateway(own_mqtt_broker, kafka.bootstrap, tmp_path) as (_, facts):
        wait_until(is_connected(facts), "gateway connects")
        publish(field, 0, "cmd/pump/start")
        publish(field, 1, "up/gw-lock/senml")
        publish(field, 2, "")
        publish(field, 3, boot="")
        publish(field, 4, boot="@gw-0")
        publish(field, 3)
        wait_until(lambda: field.heard, "the answer to the last one")
        wait_until(lambda: json.loads(facts.read_text())["messages"] >= 6, "all to be spooled")
    assert named(field) == [("ack/field", "gw-bridge", "b", 3)]
    assert json.loads(facts.read_text())["messages"] == 6
