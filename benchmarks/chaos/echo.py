"""Redelivery: a client that publishes a share of all packs a second time, as they were."""

from __future__ import annotations

import random
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from benchmarks.chaos import oracle
from benchmarks.chaos.engines import Engines
from benchmarks.chaos.oracle import Verdict
from benchmarks.chaos.storm import SPEED
from benchmarks.chaos.system import System
from ioc.parts import Port

SHARE = 0.2

_MARK = ("echo", "1")


@dataclass(frozen=True, slots=True)
class Redelivery:
    """What was measured."""

    packs: int
    """Packs that passed."""
    repeated: int
    """Of these, published twice."""
    verdict: Verdict


class Echo:
    """Repeats a share of the packs of a broker, each at most once."""

    def __init__(self, broker: Port, seed: int) -> None:
        """Connect and begin.

        Args:
            broker: of the packs.
            seed: decides which packs.
        """
        self._chance = random.Random(seed)  # noqa: S311 # repeatable, no secret
        self._lock = threading.Lock()
        self.packs = self.repeated = 0
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, "echo", protocol=mqtt.MQTTv5)
        self._client.on_message = self._on_message
        self._client.connect(broker.host, broker.number)
        self._client.subscribe("up/+/senml", qos=1)
        self._client.loop_start()

    def close(self) -> None:
        """Disconnect."""
        self._client.disconnect()
        self._client.loop_stop()

    def _on_message(self, _client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        given = list(getattr(message.properties, "UserProperty", []))
        if _MARK in given:
            return
        self.packs += 1
        if self._chance.random() >= SHARE:
            return
        self.repeated += 1
        properties = Properties(PacketTypes.PUBLISH)
        properties.UserProperty = [*given, _MARK]
        self._client.publish(message.topic, message.payload, qos=1, properties=properties)


def run(folder: Path, seed: int, seconds: float = 30.0, engine: str = "embedded") -> Redelivery:
    """Run and judge.

    Args:
        folder: for everything that is written.
        seed: of city and echo.
        seconds: of load.
        engine: which brokers.
    """
    system = System(folder, Engines(folder, engine), seed)
    try:
        system.start()
        echo = Echo(system.engines.mqtt_port, seed)
        city = system.simulate(f"--speed={SPEED}", "--scenario=cloudburst", seed=seed)
        time.sleep(seconds)
        city.stop()
        time.sleep(1)
        echo.close()
        oracle.settle(system)
        return Redelivery(echo.packs, echo.repeated, oracle.judge(system))
    finally:
        system.stop()
