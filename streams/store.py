"""What the sink needs of a store: `storage.database.Database` is one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from devices import Batch
from rules.commands import Command
from storage.commit import Saved, Stretch
from storage.latest import Newest
from storage.ledger import PackKey, Partition, Progress


class Store(Protocol):
    """Where stretches of the log go. Errors are those of `storage.database.Database`."""

    @property
    def connected(self) -> bool:
        """Whether the last call found the store."""
        ...

    async def next_offset(self, partition: Partition) -> int:
        """Return the next offset to take over of a partition."""
        ...

    async def checkpoint(self, topic: str, number: int) -> Saved | None:
        """Return the newest engine state of a partition."""
        ...

    async def progress(self, keys: Sequence[PackKey]) -> Mapping[PackKey, Progress]:
        """Return which packs are stored."""
        ...

    async def newest(self, slots: Sequence[int]) -> Mapping[int, Newest]:
        """Return the newest stored readings of some datastreams, `NOTHING` where there is none."""
        ...

    async def commands(self, after: int) -> Sequence[Command]:
        """Return what people told the engine after a command, in the order of ids."""
        ...

    async def commit(self, stretch: Stretch) -> None:
        """Store all of a stretch or nothing."""
        ...

    async def probe(self, batch: Batch) -> None:
        """Raise RefusedError if one of the readings could not be stored; stores nothing."""
        ...

    async def close(self) -> None:
        """End the connection."""
        ...
