"""Messages set aside until it is their gateway's turn: their ids, in order, by gateway.

Pure. The messages themselves stay in the spool; of a gateway far behind not even all ids are held
here, only the first ones, and from which id on the spool must be asked again.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from ingest.spool import Kept

REMEMBERED: Final = 2000
"""Ids held for one gateway at most, some 200 kB: four full rounds."""

_WINDOW_US: Final = 10_000_000
"""Over so long a rate of receipt is taken, and so long a gateway is named after it caught up."""


class Deferred(NamedTuple):
    """A gateway that was set aside not long ago."""

    gateway: str
    messages: int
    """How many wait now; 0 where all have gone."""
    per_s: float
    """Messages received from it in a second, as long as it is set aside."""


@dataclass(slots=True)
class _Line:
    """What waits of one gateway."""

    ids: deque[Kept] = field(default_factory=deque)
    waiting: int = 0
    forgotten_from: int = 0
    """First id that is not held though it waits; 0 for none."""
    window_us: int = 0
    """When the current window of receipt began."""
    received: int = 0
    """Messages in it."""
    last_us: int = 0
    """When the last message came."""
    per_s: float = 0.0
    """Rate of the window before; 0 for none."""

    def note(self, received_us: int) -> None:
        """Count a message for the rate of receipt."""
        if abs(received_us - self.window_us) >= _WINDOW_US:
            last_s = (self.last_us - self.window_us) / 1e6
            self.per_s = self.received / max(1.0, last_s) if self.received else 0.0
            self.window_us, self.received = received_us, 0
        self.received += 1
        self.last_us = received_us

    @property
    def rate(self) -> float:
        """Messages received in a second."""
        now = self.received / max(1.0, (self.last_us - self.window_us) / 1e6)
        return self.per_s or now


class Aside:
    """All lines; a gateway stands in one from its first message set aside to its last one sent."""

    def __init__(self, remembered: int = REMEMBERED) -> None:
        """Begin with nothing set aside.

        Args:
            remembered: ids held for one gateway at most, 1 or more.
        """
        self._remembered = remembered
        self._lines: dict[str, _Line] = {}
        """In the order of their turn."""

    def add(self, gateway: str, one: Kept) -> None:
        """Set a message aside, behind those of its gateway."""
        line = self._lines.setdefault(gateway, _Line())
        line.note(one.received_us)
        line.waiting += 1
        if not line.forgotten_from:
            if len(line.ids) < self._remembered:
                line.ids.append(one)
            else:
                line.forgotten_from = one.id

    def first(self, gateway: str) -> int | None:
        """Return the first id of a gateway that waits, None where none does."""
        line = self._lines.get(gateway)
        if line is None or not (line.ids or line.forgotten_from):
            return None
        return line.ids[0].id if line.ids else line.forgotten_from

    def next(self, gateway: str) -> Kept | None:
        """Return which message of a gateway is the next, None where none is held."""
        line = self._lines.get(gateway)
        return line.ids[0] if line is not None and line.ids else None

    def pop(self, gateway: str) -> None:
        """Let the next message of a gateway go, and put the gateway behind all others."""
        line = self._lines.pop(gateway)
        line.ids.popleft()
        line.waiting -= 1
        self._lines[gateway] = line

    def turns(self) -> Iterator[str]:
        """Yield the gateways that hold a message, round and round until nobody does.

        The caller lets messages go by `pop`; a round in which nobody did is the last one.
        """
        while True:
            went = False
            for gateway in [name for name, line in self._lines.items() if line.ids]:
                before = self._lines[gateway].waiting
                yield gateway
                went = went or self._lines[gateway].waiting < before
            if not went:
                return

    def forgotten(self) -> tuple[str, int] | None:
        """Return a gateway whose messages must be looked up again, and from which id on."""
        for gateway, line in self._lines.items():
            if line.forgotten_from and not line.ids:
                return gateway, line.forgotten_from
        return None

    def recall(self, gateway: str, found: Sequence[Kept], go_on_from: int) -> None:
        """Hold messages of a gateway again, as many as may be.

        Args:
            gateway: as `forgotten` named it.
            found: its messages from that id on, in order.
            go_on_from: where to look for more; 0 if there are none.
        """
        line = self._lines[gateway]
        line.ids.extend(found[: self._remembered])
        left = found[self._remembered :]
        line.forgotten_from = left[0].id if left else go_on_from
        if not line.forgotten_from:
            line.waiting = len(line.ids)

    def clear(self) -> None:
        """Forget everything."""
        self._lines.clear()

    def __bool__(self) -> bool:
        """Whether anything waits."""
        return any(line.ids or line.forgotten_from for line in self._lines.values())

    def worst(self, most: int, now_us: int) -> list[Deferred]:
        """Return the gateways of which most messages wait, most first; forget who caught up.

        Args:
            most: how many gateways.
            now_us: the clock of receipt, µs since 1970.
        """
        for gateway, line in list(self._lines.items()):
            if not (line.ids or line.forgotten_from) and now_us - line.last_us > _WINDOW_US:
                del self._lines[gateway]
        found = [Deferred(name, line.waiting, line.rate) for name, line in self._lines.items()]
        return sorted(found, key=lambda one: (-one.messages, -one.per_s))[:most]
