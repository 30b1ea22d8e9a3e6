"""The MQTT side: messages in, acknowledgements out when the log has them.

paho runs its network loop in a thread of its own; messages cross to asyncio through one queue.
Acknowledgements go out in the order of receipt and only on the connection that delivered the
message: after a reconnect the broker sends unacknowledged messages again, and an acknowledgement
under the old packet id would hit another message.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass

import paho.mqtt.client as mqtt
import structlog
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from ingest.receipts import Answer
from ingest.settings import GatewaySettings

TOPIC = "up/+/+"

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Message:
    """One MQTT message as it was received."""

    topic: str
    payload: bytes
    properties: dict[str, str]
    """MQTT 5 user properties; the last of a name counts."""
    received_us: int
    """Our clock, µs since 1970."""
    packet_id: int
    epoch: int
    """Which connection delivered it."""
    response_topic: str = ""
    """Where its publisher wants to hear that it is safe; empty where it does not ask."""


class Subscriber:
    """One persistent MQTT 5 session with manual acknowledgement."""

    def __init__(self, settings: GatewaySettings, queue: asyncio.Queue[Message]) -> None:
        """Prepare a session; `start` opens it. Must be made inside the event loop."""
        self._settings = settings
        self._queue = queue
        self._loop = asyncio.get_running_loop()
        self._lock = threading.Lock()
        self._epoch = 0
        self.connected = False
        self.refused = ""
        """The broker's last refusal to connect or subscribe, in its words."""
        self._client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=f"ioc-{settings.name}",
            protocol=mqtt.MQTTv5,
            manual_ack=True,
        )
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = self._on_disconnect
        self._client.on_message = self._on_message
        self._client.on_subscribe = self._on_subscribe
        self._client.reconnect_delay_set(1, 5)

    def start(self) -> None:
        """Open the session; goes on trying until the broker is there."""
        wanted = Properties(PacketTypes.CONNECT)
        wanted.SessionExpiryInterval = self._settings.session_expiry_s
        wanted.ReceiveMaximum = self._settings.receive_maximum
        self._client.connect_async(
            self._settings.mqtt_host, self._settings.mqtt_port, clean_start=False,
            properties=wanted,
        )  # fmt: skip
        self._client.loop_start()

    def acknowledge(self, messages: list[Message]) -> None:
        """Acknowledge messages, in the order given; those of an older connection are left."""
        with self._lock:
            for one in messages:
                if one.epoch == self._epoch:
                    self._client.ack(one.packet_id, 1)

    def answer(self, answers: Iterable[Answer]) -> None:
        """Tell publishers what is safe; without a connection nothing is said.

        QoS 0: what gets lost is asked for again, and a slow publisher cannot fill our window.
        """
        for topic, payload in answers:
            self._client.publish(topic, payload, qos=0)

    def stop(self) -> None:
        """Close the connection and keep the session: what is unacknowledged comes again."""
        self._client.disconnect()
        self._client.loop_stop()

    def _on_connect(
        self,
        client: mqtt.Client,
        _data: object,
        flags: mqtt.ConnectFlags,
        reason: ReasonCode,
        _p: object,
    ) -> None:
        if reason.is_failure:
            self.refused = str(reason)
            _log.warning("mqtt refused the session", reason=str(reason))
            return
        with self._lock:
            self._epoch += 1
        self.connected, self.refused = True, ""
        _log.info("mqtt connected", session_present=flags.session_present)
        client.subscribe(TOPIC, qos=1)

    def _on_disconnect(
        self, _client: mqtt.Client, _data: object, _flags: object, reason: ReasonCode, _p: object
    ) -> None:
        self.connected = False
        with self._lock:
            self._epoch += 1
        _log.warning("mqtt connection ended", reason=str(reason))

    def _on_subscribe(
        self, _client: mqtt.Client, _data: object, _mid: int, reasons: list[ReasonCode], _p: object
    ) -> None:
        for reason in reasons:
            if reason.is_failure:
                self.refused = f"subscription to {TOPIC}: {reason}"
                _log.error("mqtt refused the subscription", topic=TOPIC, reason=str(reason))

    def _on_message(self, _client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        # An exception here would end paho's network thread without a word.
        try:
            given = getattr(message.properties, "UserProperty", None) or ()
            one = Message(
                message.topic, bytes(message.payload), dict(given), time.time_ns() // 1000,
                message.mid, self._epoch, getattr(message.properties, "ResponseTopic", ""),
            )  # fmt: skip
            self._loop.call_soon_threadsafe(self._queue.put_nowait, one)
        except Exception:
            _log.exception("mqtt message could not be taken", topic=message.topic)
