"""The MQTT session over connections that are cut, on real brokers."""

import asyncio
import os
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from benchmarks.chaos.proxy import Proxy
from benchmarks.running import free_port
from ingest.inbox import Inbox
from ingest.settings import GatewaySettings
from ingest.subscriber import Subscriber
from tests.ingest.test_gateway import publisher, wait_until

pytestmark = pytest.mark.every_engine

DEADLINE_S = float(os.environ.get("DEADLINE_S", "60"))
"""Only ends a test that hangs."""


@pytest.fixture
def line(own_mqtt_broker):
    """A line to the broker that can be cut."""
    one = Proxy(free_port(), own_mqtt_broker.part.port, 1)
    one.start()
    yield one
    one.close()


@asynccontextmanager
async def subscribed(port):
    inbox = Inbox()
    one = Subscriber(GatewaySettings(port.host, port.number, Path("unused")), inbox)
    ready, on_subscribe = [], one._client.on_subscribe
    one._client.on_subscribe = lambda *facts: (on_subscribe(*facts), ready.append(facts[2]))
    one.start()
    try:
        await asyncio.to_thread(wait_until, lambda: ready, "subscribed")
        yield one, inbox
        # Its answer comes after the broker has read what was sent before: mosquitto forgets what it
        # has not read of a connection when the next one of the same client comes.
        _, packet_id = one._client.subscribe("unused", qos=1)
        await asyncio.to_thread(wait_until, lambda: packet_id in ready, "all is read")
    finally:
        one.stop()


async def receive(inbox, count):
    found = []
    async with asyncio.timeout(DEADLINE_S):
        while len(found) < count:
            found += await inbox.gather(0.01)
    return found


def publish(broker, *payloads):
    with publisher(broker) as client:
        for payload in payloads:
            client.publish("up/g/senml", payload, qos=1).wait_for_publish()


def test_an_acknowledgement_of_a_lost_connection_acknowledges_nothing(own_mqtt_broker, line):
    """Its packet ids belong to other deliveries now: the broker would forget what is not safe."""
    payloads = [b"0", b"1", b"2"]

    async def run():
        async with subscribed(line.listen) as (one, inbox):
            await asyncio.to_thread(publish, own_mqtt_broker, *payloads)
            before = await receive(inbox, 3)
            line.cut()
            again = await receive(inbox, 3)
            one.acknowledge(before)
        # No longer over the line: its end may overtake what went before.
        async with subscribed(own_mqtt_broker.part.port) as (one, inbox):
            still = await receive(inbox, 3)
            one.acknowledge(still)
        async with subscribed(own_mqtt_broker.part.port) as (_, inbox):
            await asyncio.to_thread(publish, own_mqtt_broker, b"3")
            new = await receive(inbox, 1)
        return before, again, still, new

    before, again, still, new = asyncio.run(run())
    for group in (before, again, still):
        assert [one.payload for one in group] == payloads
    # What was acknowledged on its own connection does not come again.
    assert [one.payload for one in new] == [b"3"]


def test_acknowledgements_go_out_in_the_order_of_receipt(own_mqtt_broker):
    """MQTT 5.0, 4.6: PUBACK in the order in which the messages were received."""
    payloads = [f"{n}".encode() for n in range(15)]

    async def run():
        async with subscribed(own_mqtt_broker.part.port) as (one, inbox):
            told, queue = [], one._client._packet_queue
            one._client._packet_queue = lambda command, packet, *rest: (
                told.append(bytes(packet)),
                queue(command, packet, *rest),
            )[1]
            await asyncio.to_thread(publish, own_mqtt_broker, *payloads)
            received = await receive(inbox, len(payloads))
            one.acknowledge(received)
        return told, received

    told, received = asyncio.run(run())
    pubacks = b"".join(packet for packet in told if packet.startswith(b"\x40\x02"))
    ids = [int.from_bytes(pubacks[at + 2 : at + 4], "big") for at in range(0, len(pubacks), 4)]
    assert [one.payload for one in received] == payloads
    assert ids == [one.packet_id for one in received]
