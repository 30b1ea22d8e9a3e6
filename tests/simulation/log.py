"""The log: partitions, offsets with gaps, and lives that keep what they held or lose it.

A connection belongs to one life, as `ingest.one_life` sees to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.log_writer import LogError
from streams.stretch import Entry

if TYPE_CHECKING:
    from tests.simulation.world import World

Where = tuple[str, int]


class LogAwayError(RuntimeError):
    """The log does not answer."""


class Log:
    """A broker of the Kafka protocol."""

    def __init__(self, world: World) -> None:
        """Start with an empty log."""
        self._world = world
        self.up = True
        self.life = 0
        """Counts starts: connections of an earlier one are dead."""
        self.held: dict[str, dict[Where, list[Entry]]] = {}
        """Every log there ever was, by its id; a wiped one stays here for the oracle alone."""
        self.committed: dict[Where, int] = {}
        """The consumer group's offsets, of the current log."""
        self._late: list[tuple[Where, bytes]] = []
        self._wipe()

    @property
    def id(self) -> str:
        """Which log this is."""
        return f"log-{len(self.held)}"

    @property
    def late(self) -> bool:
        """Whether a request of a connection that was given up is still to be done."""
        return bool(self._late) and self.up

    def connect(self) -> int:
        """Return the life that a connection belongs to.

        Raises:
            LogError: the log is away.
        """
        if not self.up:
            raise LogError("the log is away")
        return self.life

    def write(self, life: int, where: Where, value: bytes) -> None:
        """Append an entry over a connection.

        Raises:
            LogError: the connection's life is over, or its answer got lost: with the entry
                written, not written, or written later.
        """
        world = self._world
        if not self.up or life != self.life:
            raise LogError("a connection was lost")
        if world.happens("log write lost"):
            raise LogError("the entry was lost")
        if world.happens("log write late"):
            self._late.append((where, value))
            raise LogError("no answer in time")
        self._append(where, value)
        if world.happens("log answer lost"):
            raise LogError("the answer was lost")

    def finish_late(self) -> None:
        """Do a request that its connection gave up."""
        self._append(*self._late.pop(0))

    def after(self, where: Where, position: int, limit: int) -> list[Entry]:
        """Return entries from an offset on."""
        entries = self.held[self.id].get(where, [])
        at = self._find(entries, position)
        return entries[at : at + limit]

    def end(self, where: Where) -> int:
        """Return the offset after the last entry."""
        entries = self.held[self.id].get(where)
        return entries[-1].offset + 1 if entries else 0

    def kill(self, *, wipe: bool) -> None:
        """End the process; with `wipe` its memory was all it had."""
        self.up = False
        self._late.clear()
        if wipe:
            self._wipe()

    def start(self) -> None:
        """Start the process again."""
        self.up = True
        self.life += 1

    def _wipe(self) -> None:
        self.committed = {}
        self.held[f"log-{len(self.held) + 1}"] = {}

    def _append(self, where: Where, value: bytes) -> None:
        entries = self.held[self.id].setdefault(where, [])
        offset = entries[-1].offset + 1 if entries else 0
        if self._world.happens("offset gap"):
            offset += 1 + self._world.rng.randrange(3)
        entries.append(Entry(offset, value, self._world.now_us, self.id))
        self._world.log_grew()

    @staticmethod
    def _find(entries: list[Entry], position: int) -> int:
        # From the end: whoever asks is mostly near it.
        at = len(entries)
        while at and entries[at - 1].offset >= position:
            at -= 1
        return at
