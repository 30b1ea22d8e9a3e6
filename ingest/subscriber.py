"""The MQTT side: messages in, acknowledgements and answers out when the spool has them.

paho runs its network loop in a thread of its own; messages cross to asyncio through the inbox.
Acknowledgements go out in the order of receipt and only on the connection that delivered the
message: after a reconnect the broker sends unacknowledged messages again, and an acknowledgement
under the old packet id would hit another message.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Sequence
from typing import Final

import paho.mqtt.client as mqtt
import structlog
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from ingest.inbox import Inbox
from ingest.message import Message
from ingest.mqtt_client import GroupingClient
from ingest.receipts import Answer
from ingest.settings import GatewaySettings

TOPICS: Final = ("up/+/+", "up/+/snapshot/+", "v1/gateway/telemetry", "spBv1.0/#")
"""What `ingest.identity.address` knows."""

_log = structlog.get_logger()


class Subscriber:
    """One persistent MQTT 5 session with manual acknowledgement."""

    def __init__(self, settings: GatewaySettings, inbox: Inbox) -> None:
        """Prepare a session; `start` opens it."""
        self._settings = settings
        self._inbox = inbox
        self._lock = threading.Lock()
        self._epoch = 0
        self.connected = False
        self.refused = ""
        """The broker's last refusal to connect or subscribe, in its words."""
        self._client = GroupingClient(
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

    def acknowledge(self, messages: Sequence[Message]) -> None:
        """Acknowledge messages, in the order given; those of an older connection are left."""
        with self._lock:
            self._client.acknowledge(
                one.packet_id for one in messages if one.packet_id and one.epoch == self._epoch
            )

    def answer(self, answers: Iterable[Answer]) -> None:
        """Publish answers: what is safe, what protocols want; without a connection nothing is said.

        QoS 0: what gets lost is asked for again, and a slow publisher cannot fill our window. To a
        publisher an answer also means that we are subscribed: none goes out before that.
        """
        if not self.connected:
            return
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
        _log.info("mqtt connected", session_present=flags.session_present)
        client.subscribe([(topic, SubscribeOptions(qos=1)) for topic in TOPICS])
        self.connected, self.refused = True, ""

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
        for topic, reason in zip(TOPICS, reasons, strict=False):
            if reason.is_failure:
                self.refused = f"subscription to {topic}: {reason}"
                _log.error("mqtt refused the subscription", topic=topic, reason=str(reason))

    def _on_message(self, _client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        # An exception here would end paho's network thread without a word.
        try:
            properties = message.properties
            given = getattr(properties, "UserProperty", None)
            one = Message(
                _topic(message), bytes(message.payload), dict(given) if given else {},
                time.time_ns() // 1000, message.mid, self._epoch,
                getattr(properties, "ResponseTopic", ""),
            )  # fmt: skip
            self._inbox.put(one)
        except Exception:
            _log.exception("mqtt message could not be taken", packet=message.mid)


def _topic(message: mqtt.MQTTMessage) -> str:
    try:
        return message.topic
    except UnicodeDecodeError:  # nobody's, and still to be acknowledged
        return message._topic.decode(errors="replace")
