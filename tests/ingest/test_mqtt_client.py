"""Reading in groups gives the same packets as reading one by one."""

import asyncio
import os
import random
import threading
from pathlib import Path

from ingest.inbox import Inbox
from ingest.settings import GatewaySettings
from ingest.subscriber import Subscriber
from tests.ingest.test_gateway import publisher, wait_until

DEADLINE_S = float(os.environ.get("DEADLINE_S", "60"))

SIZES = (0, 1, 2, 100, 126, 127, 128, 16_000, 16_384, 16_385, 70_000)
"""Around the lengths at which MQTT writes another byte and our buffer is full."""


def test_packets_of_all_sizes_come_whole_and_in_order_over_a_lost_connection(own_mqtt_broker):
    port = own_mqtt_broker.part.port
    rng = random.Random(7)
    sent = [rng.randbytes(rng.choice(SIZES)) for _ in range(300)]

    def publish(payloads):
        with publisher(own_mqtt_broker) as client:
            for one in [client.publish("up/g/senml", payload, qos=1) for payload in payloads]:
                one.wait_for_publish()

    async def receive(inbox, subscriber, count):
        found = []
        while len(found) < count:
            group = await inbox.gather(0.01)
            subscriber.acknowledge(group)
            found += [one.payload for one in group]
        return found

    async def run():
        inbox = Inbox()
        subscriber = Subscriber(GatewaySettings(port.host, port.number, Path("unused")), inbox)
        subscribed, on_subscribe = threading.Event(), subscriber._client.on_subscribe
        subscriber._client.on_subscribe = lambda *facts: (on_subscribe(*facts), subscribed.set())
        subscriber.start()
        found = []
        try:
            for half in (sent[:150], sent[150:]):
                await asyncio.to_thread(wait_until, subscribed.is_set, "subscribed")
                subscribed.clear()
                await asyncio.to_thread(publish, half)
                async with asyncio.timeout(DEADLINE_S):
                    found += await receive(inbox, subscriber, len(half))
                await asyncio.to_thread(own_mqtt_broker.kill)
                await asyncio.to_thread(wait_until, lambda: not subscriber.connected, "lost")
                await asyncio.to_thread(own_mqtt_broker.start)
        finally:
            subscriber.stop()
        return found

    assert asyncio.run(run()) == sent
