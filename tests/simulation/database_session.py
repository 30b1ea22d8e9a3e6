"""A worker's session of the database: the sink's `Store`, with a step before and after each call.

Whatever may go wrong on the way goes wrong here: away before anything happened, the answer lost
after the transaction took place, or the transaction done long after the client gave it up.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from typing import TYPE_CHECKING

from devices import Batch
from rules.commands import Command
from storage.alerts import VersionError
from storage.commit import Saved, Stretch
from storage.faults import AwayError, RefusedError
from storage.latest import Newest
from storage.ledger import PackKey, Partition, Progress, ZombieError
from tests.simulation.database import Tables

if TYPE_CHECKING:
    from tests.simulation.world import World


class Step:
    """Awaited, it lets the world take one step."""

    def __await__(self) -> Generator[None, None, None]:
        """Suspend once."""
        yield


class Server:
    """The database's process: it may be away, and its tables never are."""

    def __init__(self, world: World) -> None:
        """Start with empty tables."""
        self._world = world
        self.tables = Tables()
        self.up = True
        self.life = 0
        self._late: list[Stretch] = []
        self.told: list[tuple[Partition | Stretch, object]] = []
        """Every call that moved something or was refused, and how it ended."""

    @property
    def late(self) -> bool:
        """Whether a transaction that its client gave up is still under way."""
        return bool(self._late) and self.up

    def commit(self, stretch: Stretch) -> None:
        """Commit, and count what kinds of end it had."""
        world = self._world
        try:
            self.tables.commit(stretch)
        except (ZombieError, RefusedError) as error:
            self.told.append((stretch, type(error)))
            world.counts[f"commit: {type(error).__name__}"] += 1
            world.note("database refuses: {}", error)
            raise
        self.told.append((stretch, None))
        world.store_changed()
        world.note("database commits {}", [(s.partition, s.start, s.end) for s in stretch.steps])

    def give_up(self, stretch: Stretch) -> None:
        """Leave a transaction to end some time later."""
        self._late.append(stretch)

    def finish_late(self) -> None:
        """End a transaction that nobody waits for any more."""
        try:
            self.commit(self._late.pop(0))
        except (ZombieError, RefusedError, VersionError):
            return
        self._world.counts["commit took place long after"] += 1

    def kill(self) -> None:
        """End the process; what was committed stays."""
        self.up = False
        self.life += 1
        self._late.clear()


class Session:
    """One connection; implements `streams.store.Store`."""

    def __init__(self, world: World) -> None:
        """Connect with the first call."""
        self._world = world
        self._server = world.database

    connected = True

    async def next_offset(self, partition: Partition) -> int:
        """Return the next offset to take over."""
        life = await self._asked("next_offset")
        found = self._server.tables.next_offset(partition)
        self._server.told.append((partition, found))
        await self._answered(life)
        return found

    async def checkpoint(self, topic: str, number: int) -> Saved | None:
        """Return the newest engine state."""
        life = await self._asked("checkpoint")
        found = self._server.tables.checkpoints.get((topic, number))
        await self._answered(life)
        return found

    async def progress(self, keys: Sequence[PackKey]) -> Mapping[PackKey, Progress]:
        """Return which packs are stored."""
        life = await self._asked("progress")
        found = self._server.tables.progress(keys)
        await self._answered(life)
        return found

    async def newest(self, slots: Sequence[int]) -> Mapping[int, Newest]:
        """Return the newest stored readings."""
        life = await self._asked("newest")
        found = self._server.tables.newest(slots)
        await self._answered(life)
        return found

    async def commands(self, after: int) -> Sequence[Command]:
        """Return what people told the engine."""
        life = await self._asked("commands")
        found = [one for one in self._server.tables.commands if one.id > after]
        await self._answered(life)
        return found

    async def probe(self, batch: Batch) -> None:
        """Raise RefusedError if a reading is poison."""
        life = await self._asked("probe")
        self._server.tables.probe(batch)
        await self._answered(life)

    async def commit(self, stretch: Stretch) -> None:
        """Store a stretch."""
        world = self._world
        life = await self._asked("commit")
        if world.happens("commit late"):
            self._server.give_up(stretch)
            raise AwayError("the database did not answer in time")
        self._server.commit(stretch)
        try:
            await self._answered(life)
        except AwayError:
            world.counts["commit unknown"] += 1
            raise

    async def close(self) -> None:
        """End the connection."""

    async def _asked(self, what: str) -> int:
        await Step()
        if not self._server.up or self._world.happens("database away"):
            self._world.note("database is away for {}", what)
            raise AwayError("the database is away")
        return self._server.life

    async def _answered(self, life: int) -> None:
        await Step()
        if life != self._server.life or self._world.happens("database answer lost"):
            raise AwayError("the connection was lost before the answer")
