"""One MQTT connection: packs leave in order and count only when the broker has taken them.

paho resends by itself after a lost connection, but lets a new message overtake the old ones while
it reconnects. The line knows a pack again by its sequence number, so order matters: here every
connection is a client of its own, and what was not acknowledged is published again first.

All methods belong to one thread. paho's network thread only appends to deques and sets events.
"""

from __future__ import annotations

import collections
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import paho.mqtt.client as mqtt
import structlog
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

_log = structlog.get_logger(__name__)

RETRY_S: Final = (0.5, 1.0, 2.0, 4.0, 8.0)
"""Waits before the next attempt; the last one for ever."""

_KEEPALIVE_S: Final = 30


@dataclass(frozen=True, slots=True)
class Pack:
    """One MQTT message of a gateway."""

    gateway: str
    boot: str
    seq: int
    payload: bytes
    readings: dict[str, int]
    """Good readings in it, by domain."""
    dirt: tuple[tuple[str, str], ...] = ()
    """Bad ones: kind and domain."""

    @property
    def topic(self) -> str:
        """Where it is published."""
        return f"up/{self.gateway}/senml"


class Connection:
    """A connection to the broker that outlives its sockets."""

    def __init__(
        self,
        client_id: str,
        host: str,
        port: int,
        in_flight: int,
        stirred: threading.Event,
        acknowledged: Callable[[Pack], None],
    ) -> None:
        """Connect at the first `tend`.

        Args:
            client_id: stable over reconnects.
            host: of the broker.
            port: of its MQTT 5 listener.
            in_flight: packs sent ahead of their PUBACKs.
            stirred: set whenever there is something to tend.
            acknowledged: called by `tend` for each pack the broker has taken, in its order.
        """
        self._id, self._host, self._port = client_id, host, port
        self._in_flight = in_flight
        self._stirred = stirred
        self._acknowledged = acknowledged
        self._outbox: collections.deque[Pack] = collections.deque()
        self._sent: dict[int, Pack] = {}
        self._wire: _Wire | None = None
        self._failures = 0
        self._retry_at_s = 0.0
        self.refused = 0
        """Packs that the broker answered with a failure: they are gone, and said so in the log."""

    @property
    def connected(self) -> bool:
        """Whether the broker has accepted the connection that is open now."""
        return self._wire is not None and self._wire.accepted and not self._wire.lost

    @property
    def waiting(self) -> int:
        """Packs that the broker has not taken yet."""
        return len(self._outbox) + len(self._sent)

    def submit(self, pack: Pack) -> None:
        """Queue a pack behind the others."""
        self._outbox.append(pack)

    def tend(self, now_s: float) -> None:
        """Take acknowledgements, reconnect when it is time, send what the window allows.

        Args:
            now_s: a monotonic clock, seconds.
        """
        if self._wire is not None:
            self._take_acknowledgements(self._wire)
            if self._wire.lost:
                self._give_up(self._wire, now_s)
        if self._wire is None and now_s >= self._retry_at_s:
            self._wire = _Wire(self._id, self._host, self._port, self._in_flight, self._stirred)
        if self._wire is not None and self._wire.accepted:
            self._failures = 0
            while self._outbox and len(self._sent) < self._in_flight:
                mid = self._wire.publish(self._outbox[0])
                self._sent[mid] = self._outbox.popleft()

    def close(self) -> None:
        """Say goodbye to the broker; packs that wait are forgotten."""
        if self._wire is not None:
            self._wire.close()

    @property
    def closed(self) -> bool:
        """Whether no socket is open."""
        return self._wire is None or bool(self._wire.lost)

    def _take_acknowledgements(self, wire: _Wire) -> None:
        while wire.acknowledgements:
            mid, failure = wire.acknowledgements.popleft()
            pack = self._sent.pop(mid)
            if failure:
                self.refused += 1
                _log.error(
                    "the broker refused a pack", gateway=pack.gateway, seq=pack.seq, reason=failure
                )
            else:
                self._acknowledged(pack)

    def _give_up(self, wire: _Wire, now_s: float) -> None:
        """Put what was not acknowledged in front of the outbox, oldest first."""
        wire.close()
        self._wire = None
        self._outbox.extendleft(reversed(self._sent.values()))
        self._sent = {}
        wait_s = RETRY_S[min(self._failures, len(RETRY_S) - 1)]
        self._failures += 1
        self._retry_at_s = now_s + wait_s
        _log.warning(
            "connection to the broker is lost", client=self._id, reason=wire.lost,
            waiting=self.waiting, retry_in_s=wait_s,
        )  # fmt: skip


class _Wire:
    """One paho client for one connection."""

    def __init__(
        self, client_id: str, host: str, port: int, in_flight: int, stirred: threading.Event
    ) -> None:
        self.accepted = False
        self.lost = ""
        self.acknowledgements: collections.deque[tuple[int, str]] = collections.deque()
        self._stirred = stirred
        self._client = mqtt.Client(
            CallbackAPIVersion.VERSION2, client_id, protocol=mqtt.MQTTv5, reconnect_on_failure=False
        )
        self._client.max_inflight_messages_set(in_flight)
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = self._on_disconnect
        self._client.on_connect_fail = self._on_connect_fail
        self._client.on_publish = self._on_publish
        self._client.connect_async(host, port, _KEEPALIVE_S)
        self._client.loop_start()

    def publish(self, pack: Pack) -> int:
        properties = Properties(PacketTypes.PUBLISH)
        properties.UserProperty = [("boot", pack.boot), ("seq", str(pack.seq))]
        return self._client.publish(pack.topic, pack.payload, qos=1, properties=properties).mid

    def close(self) -> None:
        # Not loop_stop(): it joins a thread that, with a broker that does not read, never ends.
        self._client.disconnect()

    # The callbacks run in paho's thread: an exception there would end it, so they do nothing else.

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

    def _on_publish(
        self,
        _client: mqtt.Client,
        _data: object,
        mid: int,
        reason: ReasonCode,
        _properties: object,
    ) -> None:
        self.acknowledgements.append((mid, str(reason) if reason.is_failure else ""))
        self._stirred.set()
