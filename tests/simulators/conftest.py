"""The district, and somebody who listens to what the field publishes."""

import time
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest

from devices.catalogue import FILES, build
from ingest.receipts import receipts

JIANGYAN = Path(__file__).parents[2] / "cities" / "jiangyan"


@pytest.fixture(scope="session")
def jiangyan():
    return build({name: (JIANGYAN / name).read_text(encoding="utf-8") for name in FILES})


def identity(message):
    facts = dict(message.properties.UserProperty)
    return message.topic.split("/")[1], facts["boot"], int(facts["seq"])


class Listener:
    """Subscribes to everything the field publishes; `messages` in the order of arrival.

    It answers as the collecting gateway does, at once, unless it is told to be silent.
    """

    def __init__(self, port):
        self.messages = []
        self.is_silent = False
        self.answered = []
        self._subscriptions = 0
        self._client = mqtt.Client(
            mqtt.CallbackAPIVersion.VERSION2, "listener", protocol=mqtt.MQTTv5
        )
        self._client.on_connect = lambda client, *_: client.subscribe("up/+/+", 1)
        self._client.on_subscribe = self._count
        self._client.on_message = self._take
        self._client.reconnect_delay_set(1, 1)
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        self.await_subscription(1)

    def _count(self, *_):
        self._subscriptions += 1

    def _take(self, _client, _data, message):
        self.messages.append(message)
        if not self.is_silent:
            self.answer([message])

    def answer(self, messages):
        """Say that messages are safe."""
        self.answered += messages
        asked = [(one.properties.ResponseTopic, identity(one)) for one in messages]
        for topic, payload in receipts(asked):
            self._client.publish(topic, payload)

    def publish(self, topic, payload):
        self._client.publish(topic, payload)

    def await_subscription(self, nth):
        wait_until(lambda: self._subscriptions >= nth, f"subscription {nth} of the listener")

    def identities(self):
        """Gateway, boot and seq of each message, in the order of arrival."""
        return [identity(one) for one in list(self.messages)]

    def stop(self):
        self._client.disconnect()
        self._client.loop_stop()


@pytest.fixture
def listener(own_mqtt_broker):
    one = Listener(own_mqtt_broker.part.port.number)
    yield one
    one.stop()


def wait_until(is_so, what, within_s=20):
    deadline = time.monotonic() + within_s
    while not is_so():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {within_s} s for {what}")
        time.sleep(0.02)


@pytest.fixture(name="wait_until")
def wait_until_fixture():
    return wait_until
