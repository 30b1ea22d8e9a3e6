"""Field gateways: publish, hold until the application acknowledges, go back after a lost line.

A good one numbers its messages and holds each until the collecting gateway has acknowledged it by
number; after every reconnection it publishes what it holds again, oldest first. One without
numbers has only the broker's word, and lets go with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.simulation.messages import Message

if TYPE_CHECKING:
    from tests.simulation.world import World


class FieldGateway:
    """One publisher with a disk of its own; it publishes one message at a time."""

    def __init__(self, world: World, name: str, *, numbered: bool) -> None:
        """Begin with the first boot, not connected."""
        self._world = world
        self.name = name
        self.numbered = numbered
        self.connected = False
        self._boot = 0
        self._seq = 0
        self.held: list[Message] = []
        """Written and not let go, oldest first."""
        self._following = 0
        """Which of `held` is published next."""

    @property
    def waiting(self) -> bool:
        """Whether there is something to publish on this connection."""
        return self._following < len(self.held)

    def measure(self) -> None:
        """Write the next message."""
        boot = f"b{self._boot}" if self.numbered else ""
        seq = self._seq if self.numbered else -1
        one = self._world.author.write(self.name, boot, seq, self._world.now_us)
        self._seq += 1
        self.held.append(one)
        self._world.note("{} measures {}", self.name, one)

    def connect(self) -> None:
        """Open a connection; all that is held goes again."""
        self.connected = True
        self._following = 0
        self._world.note("{} connects, holds {}", self.name, len(self.held))

    def cut(self) -> None:
        """Lose the connection."""
        self.connected = False

    def restart(self) -> None:
        """Begin a new boot; what is held stays held under its own number."""
        self.connected = False
        self._boot += 1
        self._seq = 0

    def publish(self) -> None:
        """Publish the next message; the broker's answer may get lost with the connection."""
        world = self._world
        one = self.held[self._following]
        if world.happens("puback lost"):
            world.broker.publish(one)
            world.note("{} publishes {}, PUBACK and connection are lost", self.name, one)
            self.cut()
            return
        if not world.broker.publish(one):
            # MQTT 5 says so: 0x10, no matching subscribers. Going on would overtake this one.
            world.note("{} publishes {}: nobody listens", self.name, one)
            world.counts["nobody listened"] += 1
            self.cut()
            return
        world.note("{} publishes {}", self.name, one)
        if self.numbered:
            self._following += 1
        else:
            del self.held[self._following]

    def acknowledged(self, boot: str, first: int, last: int) -> None:
        """Let go of messages that the collecting gateway has on its disk, both ends inclusive."""
        safe = [one for one in self.held if one.boot == boot and first <= one.seq <= last]
        self._world.promised.update(one.number for one in safe)
        self._following -= sum(one in safe for one in self.held[: self._following])
        self.held = [one for one in self.held if one not in safe]
