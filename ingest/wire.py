"""One paho client for one MQTT connection; made anew for the next one.

paho's callbacks run in its network thread, where an exception would end it: they only append to
deques and set flags. Everything else belongs to the thread that tends the connection.
"""

from __future__ import annotations

import collections
from collections.abc import Iterable
from typing import Final, Protocol

import paho.mqtt.client as mqtt
import structlog
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

_NOBODY_LISTENS: Final = 0x10
"""Reason code "No matching subscribers" of a PUBACK (MQTT 5.0, 3.4.2.1)."""

_KEEPALIVE_S: Final = 30

_log = structlog.get_logger(__name__)


class Pack(Protocol):
    """What is published."""

    @property
    def topic(self) -> str:
        """Where."""

    @property
    def payload(self) -> bytes:
        """As it goes out."""

    @property
    def boot(self) -> str:
        """Which sequence it belongs to."""

    @property
    def seq(self) -> int:
        """Its number there."""

    @property
    def identity(self) -> tuple[str, str, int]:
        """Gateway, boot and seq: as the line knows it again."""


class Stirred(Protocol):
    """Wakes whoever tends a connection; `threading.Event` is one."""

    def set(self) -> None:
        """Wake it. For any thread."""


class Wire:
    """A connection, from CONNECT to its end."""

    def __init__(
        self,
        client_id: str,
        host: str,
        port: int,
        in_flight: int,
        response_topic: str,
        stirred: Stirred,
    ) -> None:
        """Begin to connect; see `ingest.uplink.Connection` for the arguments."""
        self.accepted = False
        """Whether the broker has taken the connection."""
        self.subscribed = False
        """Whether answers would arrive: only then may something be published."""
        self.lost = ""
        """Why it ended; empty while it has not."""
        self.taken: collections.deque[tuple[int, str]] = collections.deque()
        """PUBACKs: message id, and the reason where the broker refused."""
        self.answers: collections.deque[bytes] = collections.deque()
        """Payloads on the response topic, as they came."""
        self.requests: collections.deque[tuple[str, bytes]] = collections.deque()
        """Topic and payload of what came on further topics."""
        self._response_topic = response_topic
        self._stirred = stirred
        self._asked = False
        self._also: set[str] = set()
        self._client = mqtt.Client(
            CallbackAPIVersion.VERSION2, client_id, protocol=mqtt.MQTTv5, reconnect_on_failure=False
        )
        self._client.max_inflight_messages_set(in_flight)
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = self._on_disconnect
        self._client.on_connect_fail = self._on_connect_fail
        self._client.on_subscribe = self._on_subscribe
        self._client.on_publish = self._on_publish
        self._client.on_message = self._on_message
        self._client.connect_async(host, port, _KEEPALIVE_S)
        self._client.loop_start()

    @property
    def ready(self) -> bool:
        """Whether packs may be published."""
        return self.accepted and self.subscribed and not self.lost

    def subscribe(self, also: Iterable[str] = ()) -> None:
        """Ask for answers, once the broker has taken the connection, and then for requests.

        Args:
            also: topics of requests; each is asked for once.
        """
        if self.accepted and not self._asked:
            self._asked = True
            # QoS 0, as they are sent: an answer that is lost is asked for again.
            self._client.subscribe(self._response_topic, qos=0)
        if self.subscribed:
            for topic in also:
                if topic not in self._also:
                    self._also.add(topic)
                    self._client.subscribe(topic, qos=0)

    def publish(self, pack: Pack) -> int:
        """Send a pack with QoS 1 and return its message id."""
        properties = Properties(PacketTypes.PUBLISH)
        properties.UserProperty = [("boot", pack.boot), ("seq", str(pack.seq))]
        properties.ResponseTopic = self._response_topic
        return self._client.publish(pack.topic, pack.payload, qos=1, properties=properties).mid

    def close(self) -> None:
        """End it without waiting."""
        # Not loop_stop(): it joins a thread that, with a broker that does not read, never ends.
        self._client.disconnect()

    def _on_connect(
        self,
        _client: mqtt.Client,
        _data: object,
        _flags: object,
        reason: ReasonCode,
        _properties: object,
    ) -> None:
        if reason.is_failure:
            self.lost = f"refused: {reason}"
        else:
            self.accepted = True
        self._stirred.set()

    def _on_disconnect(
        self,
        _client: mqtt.Client,
        _data: object,
        _flags: object,
        reason: ReasonCode,
        _properties: object,
    ) -> None:
        self.lost = self.lost or f"closed: {reason}"
        self._stirred.set()

    def _on_connect_fail(self, _client: mqtt.Client, _data: object) -> None:
        self.lost = "nobody answers"
        self._stirred.set()

    def _on_subscribe(
        self,
        _client: mqtt.Client,
        _data: object,
        _mid: int,
        reasons: list[ReasonCode],
        _properties: object,
    ) -> None:
        refused = [str(reason) for reason in reasons if reason.is_failure]
        if self.subscribed:
            # Of a topic for requests: without them what is unanswered goes again all the same.
            if refused:
                _log.warning("subscription for requests refused", reason=refused[0])
        elif refused:
            self.lost = f"subscription to {self._response_topic} refused: {refused[0]}"
        else:
            self.subscribed = True
        self._stirred.set()

    def _on_publish(
        self,
        _client: mqtt.Client,
        _data: object,
        mid: int,
        reason: ReasonCode,
        _properties: object,
    ) -> None:
        if reason.value == _NOBODY_LISTENS:
            # Taken and thrown away: what follows, once somebody listens, must not come before it.
            self.lost = self.lost or f"nobody listens: {reason}"
        else:
            self.taken.append((mid, str(reason) if reason.is_failure else ""))
        self._stirred.set()

    def _on_message(self, _client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        payload = bytes(message.payload)
        try:
            topic = message.topic
        except UnicodeDecodeError:
            return
        if topic == self._response_topic:
            self.answers.append(payload)
        else:
            self.requests.append((topic, payload))
        self._stirred.set()
