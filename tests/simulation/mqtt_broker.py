"""The MQTT broker: one persistent QoS 1 session, and answers on their way back.

It holds everything in memory, as the embedded one does: killed, it has lost it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from ingest.receipts import PREFIX, Answer
from tests.simulation.messages import Message

if TYPE_CHECKING:
    from tests.simulation.world import World


class Delivery(NamedTuple):
    """A message as the subscriber gets it."""

    message: Message
    packet: int


class Broker:
    """The broker, and the collecting gateway's session in it."""

    def __init__(self, world: World) -> None:
        """Start without a session."""
        self._world = world
        self.up = True
        self.session = False
        """Whether the collecting gateway has subscribed in this life."""
        self._pending: list[Delivery] = []
        """Published and not acknowledged by the collecting gateway, in order."""
        self._delivered = 0
        """How many of them went out on this connection."""
        self._packet = 0
        self._answers: list[Answer] = []

    @property
    def deliverable(self) -> bool:
        """Whether a message waits for the subscriber."""
        return self._delivered < len(self._pending)

    @property
    def answering(self) -> bool:
        """Whether an answer waits for a field gateway."""
        return bool(self._answers)

    def publish(self, message: Message) -> bool:
        """Take a message; whether anybody has subscribed."""
        if not self.session:
            return False
        for _ in range(2 if self._world.happens("broker delivers twice") else 1):
            self._packet += 1
            self._pending.append(Delivery(message, self._packet))
        return True

    def subscribe(self) -> None:
        """Take up the session; what is unacknowledged goes out again, in order."""
        self._world.counts["redelivered"] += self._delivered
        self.session = True
        self._delivered = 0

    def deliver(self) -> Delivery:
        """Hand out the next message."""
        self._delivered += 1
        return self._pending[self._delivered - 1]

    def acknowledge(self, packet: int) -> None:
        """Forget a message that was delivered."""
        for at, one in enumerate(self._pending):
            if one.packet == packet:
                del self._pending[at]
                self._delivered -= 1
                return

    def answer(self, answers: list[Answer]) -> None:
        """Take receipts of the collecting gateway for field gateways, QoS 0."""
        self._answers += answers

    def pass_on(self) -> None:
        """Hand a receipt to its field gateway, if that is connected to hear it."""
        topic, payload = self._answers.pop(0)
        there = self._world.field_gateways[topic.removeprefix(PREFIX)]
        if there.connected and not self._world.happens("answer lost"):
            self._world.note("{} hears that {} are safe", there.name, payload.decode())
            for _, boot, first, last in msgspec.json.decode(payload):
                there.acknowledged(boot, first, last)

    def kill(self) -> None:
        """End with all that is held."""
        self._world.counts["messages lost by the broker"] += len(self._pending)
        self.up = self.session = False
        self._pending.clear()
        self._delivered = 0
        self._answers.clear()
