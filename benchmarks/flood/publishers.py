"""Field gateways that publish at a steady rate, in a process of their own.

Arguments as JSON: `port` of the broker, `gateways` as {id: [datastream, value]}, `rate` in messages
a second of each, `client` as prefix of the client ids, `below` as the first level of the topics.
Publishes from the line `go` on standard
input to the line `stop`, prints the number of messages of each gateway, and so on until the end
of the input.
"""

from __future__ import annotations

import itertools
import json
import os
import random
import sys
import threading
import time
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

_IN_FLIGHT = 100


class Publisher:
    """One field gateway."""

    def __init__(self, asked: dict[str, Any], gateway: str) -> None:
        """Connect."""
        self.gateway = gateway
        self.streams: list[tuple[str, float]] = asked["gateways"][gateway]
        self.sent = 0
        self._topic = f"{asked['below']}/{gateway}/senml"
        self._boot = os.urandom(4).hex()
        self._seq = itertools.count()
        self._client = mqtt.Client(
            CallbackAPIVersion.VERSION2, f"{asked['client']}-{gateway}", protocol=mqtt.MQTTv5
        )
        self._client.max_inflight_messages_set(_IN_FLIGHT)
        self._client.connect("127.0.0.1", asked["port"])
        self._client.loop_start()

    def publish(self) -> None:
        """Publish one reading of every datastream, taken now."""
        properties = Properties(PacketTypes.PUBLISH)
        properties.UserProperty = [("boot", self._boot), ("seq", str(next(self._seq)))]
        payload = [{"n": name, "v": value} for name, value in self.streams]
        payload[0]["bt"] = time.time()
        self._client.publish(self._topic, json.dumps(payload), qos=1, properties=properties)
        self.sent += 1


def main(asked: dict[str, Any]) -> None:
    """Publish when told to."""
    publishers = [Publisher(asked, gateway) for gateway in asked["gateways"]]
    stopped = threading.Event()
    running = threading.Thread()
    for line in sys.stdin:
        if line == "go\n":
            stopped.clear()
            running = threading.Thread(target=_run, args=(publishers, asked["rate"], stopped))
            running.start()
            continue
        stopped.set()
        running.join()
        print(json.dumps({one.gateway: one.sent for one in publishers}), flush=True)


def _run(publishers: list[Publisher], rate: float, stopped: threading.Event) -> None:
    """Publish each at its rate, at moments of its own within the interval."""
    interval_s = 1 / rate
    began_s = time.monotonic()
    chance = random.Random(1)  # noqa: S311 # no secret
    due = sorted((chance.uniform(0, interval_s), number) for number in range(len(publishers)))
    for turn in itertools.count():
        for offset_s, number in due:
            wait_s = began_s + turn * interval_s + offset_s - time.monotonic()
            if wait_s > 0:
                time.sleep(wait_s)
            if stopped.is_set():
                return
            publishers[number].publish()


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
