"""Messages of one reading: `python -m benchmarks.single_readings [embedded|mosquitto] [messages]`.

What the gateway's receiving takes beyond MQTT itself: by turns, paho alone receives messages and
acknowledges each at once, and the gateway receives as many, numbers and spools them, and
acknowledges what is on the disk. Both by the same kind of session, from a broker that holds all
messages before the first goes out: no publisher competes for the processors. The clock runs from
the first message to the acknowledgement of the last one. Where other programs disturb the rates,
the processor time of this process for a message is the steadier figure.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import paho.mqtt.client as mqtt
import uvloop
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from benchmarks.engines import mosquitto
from benchmarks.running import free_port, running
from ingest.collecting import Collecting
from ingest.forwarder import SpoolThread
from ingest.inbox import Inbox
from ingest.message import Message
from ingest.receipts import Answer
from ingest.reception import Reception
from ingest.settings import GatewaySettings
from ingest.spool import Spool
from ingest.subscriber import Subscriber
from ioc.parts import mqtt as embedded

ROUNDS = 5

_TOPIC = "up/gw-bridge/senml"


def main(engine: str, messages: int) -> None:
    """Measure and print.

    Args:
        engine: `embedded` or `mosquitto`.
        messages: received in each turn.
    """
    with tempfile.TemporaryDirectory(prefix="ioc-single-") as name:
        folder = Path(name)
        port = free_port()
        data_dir = folder / "broker"
        part = (
            mosquitto.part(port, data_dir)
            if engine == "mosquitto"
            else embedded.part(port, data_dir)
        )
        settings = GatewaySettings(port.host, port.number, folder / "spool")
        ways = {"paho alone": _paho, "gateway": _gateway}
        rates: dict[str, list[float]] = {way: [] for way in ways}
        costs: dict[str, list[float]] = {way: [] for way in ways}
        with running(part, folder):
            for turn in range(ROUNDS):
                for way in ways if turn % 2 else reversed(ways):
                    mine = replace(settings, name=f"{way.split()[0]}-{turn}")
                    _open_session(mine)
                    _publish(mine, messages)
                    before_s = time.process_time()
                    rates[way].append(messages / ways[way](mine, messages))
                    costs[way].append((time.process_time() - before_s) / messages * 1e6)
                print(
                    f"round {turn + 1}: "
                    + ", ".join(
                        f"{way} {rates[way][-1]:,.0f}/s ({costs[way][-1]:.0f} µs each)"
                        for way in ways
                    )
                )
    medians = {way: statistics.median(found) for way, found in rates.items()}
    ratios = [ours / alone for alone, ours in zip(*rates.values(), strict=True)]
    print(
        f"{engine}, {messages} messages of one reading, median of {ROUNDS} rounds: "
        + ", ".join(f"{way} {rate:,.0f}/s" for way, rate in medians.items())
        + f"; gateway / paho {statistics.median(ratios):.2f} "
        f"({min(ratios):.2f} to {max(ratios):.2f}); processor time "
        + ", ".join(f"{way} {statistics.median(found):.0f} µs" for way, found in costs.items())
    )


def _paho(settings: GatewaySettings, messages: int) -> float:
    """Receive with paho and nothing else; return seconds."""
    received, begun_s, done = 0, 0.0, threading.Event()

    def take(client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        nonlocal received, begun_s
        begun_s = begun_s or time.perf_counter()
        received += 1
        client.ack(message.mid, 1)
        if received == messages:
            done.set()

    client = _client(settings)
    client.on_message = take
    _connect(client, settings)
    done.wait()
    taken_s = time.perf_counter() - begun_s
    client.disconnect()
    client.loop_stop()
    return taken_s


def _gateway(settings: GatewaySettings, messages: int) -> float:
    """Receive as the collecting gateway does, spool and all; return seconds."""
    return uvloop.run(_collected(settings, messages))


async def _collected(settings: GatewaySettings, messages: int) -> float:
    inbox = Inbox()
    thread = SpoolThread(Spool(settings.spool_dir / f"{settings.name}.db"))
    subscriber = Subscriber(settings, inbox)
    counted = _Counted(subscriber, messages)
    collecting = Collecting(
        settings, inbox, Reception("benchmark:1", {}), thread, counted, lambda: None
    )
    task = asyncio.create_task(collecting.collect())
    subscriber.start()
    await counted.done.wait()
    taken_s = time.perf_counter() - counted.begun_s
    task.cancel()
    subscriber.stop()
    thread.close()
    if collecting.counts["messages"] != messages:
        raise SystemExit(f"{collecting.counts} of {messages} messages are in the spool")
    return taken_s


class _Counted:
    """The subscriber, and how many it has acknowledged."""

    def __init__(self, subscriber: Subscriber, messages: int) -> None:
        self._subscriber = subscriber
        self._left = messages
        self.done = asyncio.Event()
        self.begun_s = 0.0

    def acknowledge(self, messages: Sequence[Message]) -> None:
        self._subscriber.acknowledge(messages)
        if not self.begun_s:  # when the first of them came
            age_s = time.time() - messages[0].received_us / 1e6
            self.begun_s = time.perf_counter() - age_s
        self._left -= len(messages)
        if self._left <= 0:
            self.done.set()

    def answer(self, answers: Iterable[Answer]) -> None:
        self._subscriber.answer(answers)


def _client(settings: GatewaySettings) -> mqtt.Client:
    return mqtt.Client(
        CallbackAPIVersion.VERSION2, client_id=f"ioc-{settings.name}", protocol=mqtt.MQTTv5,
        manual_ack=True,
    )  # fmt: skip


def _connect(client: mqtt.Client, settings: GatewaySettings) -> None:
    wanted = Properties(PacketTypes.CONNECT)
    wanted.SessionExpiryInterval = settings.session_expiry_s
    wanted.ReceiveMaximum = settings.receive_maximum
    client.connect(settings.mqtt_host, settings.mqtt_port, clean_start=False, properties=wanted)
    client.loop_start()


def _open_session(settings: GatewaySettings) -> None:
    """Subscribe and go away: the broker holds what comes from now on."""
    subscribed = threading.Event()
    client = _client(settings)
    client.on_subscribe = lambda *_: subscribed.set()
    _connect(client, settings)
    client.subscribe(_TOPIC, qos=1)
    subscribed.wait()
    client.disconnect()
    client.loop_stop()


def _publish(settings: GatewaySettings, messages: int) -> None:
    """Publish numbered messages of one reading each, until the broker has them all."""
    client = mqtt.Client(CallbackAPIVersion.VERSION2, "publisher", protocol=mqtt.MQTTv5)
    client.max_inflight_messages_set(500)
    client.connect(settings.mqtt_host, settings.mqtt_port)
    client.loop_start()
    under_way = []
    for seq in range(messages):
        properties = Properties(PacketTypes.PUBLISH)
        properties.UserProperty = [("boot", settings.name), ("seq", str(seq))]
        reading = [{"n": "bridge-gauge/water_level", "t": 1.7e9 + seq, "v": seq / 1000}]
        under_way.append(client.publish(_TOPIC, json.dumps(reading), qos=1, properties=properties))
    for one in under_way:
        one.wait_for_publish()
    client.disconnect()
    client.loop_stop()


if __name__ == "__main__":
    _engine = sys.argv[1] if len(sys.argv) > 1 else "embedded"
    main(_engine, int(sys.argv[2]) if len(sys.argv) > 2 else 20_000)
