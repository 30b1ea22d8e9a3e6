"""What protocols want answered goes out once the message is safe; what is not ours goes nowhere."""

import json
import sqlite3

import paho.mqtt.client as mqtt
import pytest

from ingest.spool import Spool
from tests.ingest.line_codec import answer, frame
from tests.ingest.test_gateway import gateway, is_connected, publisher, wait_until


@pytest.fixture
def line(own_mqtt_broker, kafka, tmp_path):
    with gateway(
        own_mqtt_broker, kafka.bootstrap, tmp_path, program="tests.ingest.line_gateway"
    ) as (_, facts):
        wait_until(is_connected(facts), "gateway connects")
        yield facts


@pytest.fixture
def field(line, own_mqtt_broker):
    """A publisher that hears what goes down; `heard` is (topic, payload)."""
    with publisher(own_mqtt_broker) as client:
        client.heard, subscribed = [], []
        client.on_subscribe = lambda *_: subscribed.append(1)
        client.on_message = lambda _client, _data, one: client.heard.append(
            (one.topic, one.payload)
        )
        client.subscribe("down/#")
        wait_until(lambda: subscribed, "subscription")
        yield client


def publish(client: mqtt.Client, topic, payload):
    client.publish(topic, payload, qos=1).wait_for_publish()


def spooled(facts):
    there = Spool(facts.parent / "spool-gw-0.db")
    try:
        return [(one.topic, one.payload, one.withheld) for one in there.read(0, 1000)]
    finally:
        there.close()


def test_a_message_is_answered_each_time_it_comes_and_kept_once(line, field):
    for _ in range(2):
        publish(field, "up/gw-bridge/line", frame())
    wait_until(lambda: len(field.heard) == 2, "two answers")
    assert field.heard == [("down/gw-bridge/line", answer())] * 2
    assert spooled(line) == [("up/gw-bridge/line", frame(), False)]


def test_no_answer_goes_out_before_the_spool_has_the_message(line, field):
    spool = sqlite3.connect(line.parent / "spool-gw-0.db", isolation_level=None)
    spool.execute("BEGIN IMMEDIATE")  # nobody else can write
    publish(field, "up/gw-bridge/line", frame())
    wait_until(
        lambda: "locked" in json.loads(line.read_text())["spool_trouble"], "the spool's trouble"
    )
    assert field.heard == []
    spool.execute("ROLLBACK")
    wait_until(lambda: field.heard, "the answer")
    spool.close()


def test_pieces_in_messages_of_their_own_are_answered_and_become_one(line, field):
    pieces = [frame(key="k", number=number, total=3) for number in (1, 2, 3)]
    for one in pieces:
        publish(field, "up/gw-bridge/line", one)
    wait_until(lambda: len(field.heard) == 3, "three answers")
    assert [payload for _, payload in field.heard] == [answer("k", n) for n in (1, 2, 3)]
    assert spooled(line) == [
        ("up/gw-bridge/line", pieces[0], True), ("up/gw-bridge/line", pieces[1], True),
        ("up/gw-bridge/line", b"".join(pieces), False),
    ]  # fmt: skip


def test_every_topic_of_ours_is_kept_and_commands_to_others_are_not(line, field):
    ours = ["up/g/senml", "up/g/snapshot/7", "v1/gateway/telemetry", "spBv1.0/g/NDATA/n",
            "spBv1.0/g/DDATA/n/d"]  # fmt: skip
    others = ["spBv1.0/g/NCMD/n", "spBv1.0/g/DCMD/n/d", "spBv1.0/STATE/host", "up/g/a/b", "x"]
    for topic in others + ours:
        publish(field, topic, b"?")
    wait_until(lambda: len(spooled(line)) == len(ours), "all of ours")
    assert sorted(topic for topic, *_ in spooled(line)) == sorted(ours)
