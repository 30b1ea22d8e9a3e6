"""No record is jumped over: what the consumer did not hand on is read from the log itself.

Offsets may have gaps where the log holds nothing (compaction, transactions, retention). Whether a
gap is one of those cannot be seen from outside, and a consumer may also have jumped: its group's
committed offset may stand beyond the ledger (a database restored from a backup), and a rebalance
drops what was fetched meanwhile. So before the ledger moves over an offset that nobody handed on,
the log is asked for it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence

import structlog

from devices import Batch
from rules.commands import Command
from storage.commit import Saved, Stretch
from storage.latest import Newest
from storage.ledger import PackKey, Partition, Progress
from streams.sink import Sink, Where
from streams.store import Store
from streams.stretch import Entry

_log = structlog.get_logger()

Read = Callable[[Where, int, int], Awaitable[Sequence[Entry]]]
"""Topic and partition, first offset, offset after the last: some of the first entries there, none
if the log holds none."""

Span = tuple[int, int]
"""First offset and the one after the last."""

Skip = Callable[[Where, int, int], Awaitable[None]]
"""Told of offsets that the consumer need not hand on any more; the last is not included."""


class SkippedError(RuntimeError):
    """The ledger would have moved over offsets that nobody handed on; nothing was stored."""

    def __init__(self, where: Where, start: int, end: int) -> None:
        """Say which: from `start`, before `end`."""
        super().__init__(f"{where[0]}-{where[1]}: nobody handed on {start} to {end - 1}")
        self.where, self.start, self.end = where, start, end


class GaplessStore:
    """A store that refuses to move the ledger over an offset it was not told of."""

    def __init__(self, store: Store) -> None:
        """Prepare.

        Args:
            store: does everything else.
        """
        self._store = store
        self._held: Mapping[Where, Sequence[Span]] = {}

    def hold(self, held: Mapping[Where, Sequence[Span]]) -> None:
        """Say which offsets may be moved over from now on, and no others."""
        self._held = held

    @property
    def connected(self) -> bool:
        """As the store."""
        return self._store.connected

    async def next_offset(self, partition: Partition) -> int:
        """As the store."""
        return await self._store.next_offset(partition)

    async def checkpoint(self, topic: str, number: int) -> Saved | None:
        """As the store."""
        return await self._store.checkpoint(topic, number)

    async def progress(self, keys: Sequence[PackKey]) -> Mapping[PackKey, Progress]:
        """As the store."""
        return await self._store.progress(keys)

    async def newest(self, slots: Sequence[int]) -> Mapping[int, Newest]:
        """As the store."""
        return await self._store.newest(slots)

    async def commands(self, after: int) -> Sequence[Command]:
        """As the store."""
        return await self._store.commands(after)

    async def commit(self, stretch: Stretch) -> None:
        """As the store.

        Raises:
            SkippedError: a step goes over an offset that was not told.
        """
        for step in stretch.steps:
            where = (step.partition.topic, step.partition.number)
            reached = step.start
            for start, end in sorted(self._held.get(where, ())):
                if start > reached:
                    break
                reached = max(reached, end)
            if reached < step.end:
                end = min(one[0] for one in self._held[where] if one[0] > reached)
                raise SkippedError(where, reached, end)
        await self._store.commit(stretch)

    async def probe(self, batch: Batch) -> None:
        """As the store."""
        await self._store.probe(batch)

    async def close(self) -> None:
        """As the store."""
        await self._store.close()


class GaplessSink:
    """A sink before a `GaplessStore`, which fetches what was not handed on."""

    def __init__(self, sink: Sink, store: GaplessStore, read: Read, skip: Skip) -> None:
        """Prepare.

        Args:
            sink: stores entries in `store`.
            store: the store of `sink`.
            read: reads the log.
            skip: told of what was read here, or is not there.
        """
        self._sink, self._store, self._read, self._skip = sink, store, read, skip

    def forget(self) -> None:
        """As the sink."""
        self._sink.forget()

    async def store(self, entries: Mapping[Where, Sequence[Entry]]) -> None:
        """As the sink, in any order; what is missing before or between is stored first.

        Raises:
            Exception: as the sink; also where the log cannot be asked for what is missing.
        """
        # A rebalance hands on again what is still in hand: one record of then, before those of now.
        ordered = {
            where: sorted({one.offset: one for one in some}.values(), key=lambda one: one.offset)
            for where, some in entries.items()
        }
        held: dict[Where, list[Span]] = {
            where: [(one.offset, one.offset + 1) for one in some] for where, some in ordered.items()
        }
        while True:
            self._store.hold(held)
            try:
                return await self._sink.store(ordered)
            except SkippedError as gap:
                found = await self._read(gap.where, gap.start, gap.end)
                end = found[-1].offset + 1 if found else gap.end
                _log.warning(
                    "offsets that nobody handed on", topic=gap.where[0], partition=gap.where[1],
                    start=gap.start, end=end, records=len(found),
                )  # fmt: skip
                if found:
                    before = [one for one in ordered[gap.where] if one.offset < gap.start]
                    await self.store({gap.where: [*before, *found]})
                else:
                    held[gap.where].append((gap.start, gap.end))
                await self._skip(gap.where, gap.start, end)
