"""The ledger: how far the log is taken over, and which packs are stored.

The database owns the offset. A worker moves it by compare-and-set inside the transaction of the
data; whoever finds it moved by another is a zombie and starts again from what it reads.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from storage.texts import storable

AHEAD_LIMIT = 4096
"""Packs remembered beyond a gap. A publisher that skips more has lost them: the gap is closed
behind the oldest, or one lost pack would make the list grow for ever."""


class ZombieError(RuntimeError):
    """Another worker has taken over this partition: roll back, read the ledger, start again."""


@dataclass(frozen=True, slots=True)
class Partition:
    """One partition of one life of the log."""

    log: str
    """Kafka cluster id."""
    topic: str
    number: int


@dataclass(frozen=True, slots=True)
class Advance:
    """A step of the ledger."""

    partition: Partition
    start: int
    """Next offset before."""
    end: int
    """Next offset after."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Which packs of one boot of one gateway are stored: all below `next_seq`, and `ahead`."""

    next_seq: int = 0
    ahead: frozenset[int] = frozenset()

    def has(self, seq: int) -> bool:
        """Whether a pack is stored.

        >>> Progress(3, frozenset({5})).has(2), Progress(3, frozenset({5})).has(4)
        (True, False)
        """
        return seq < self.next_seq or seq in self.ahead

    def with_pack(self, seq: int) -> Progress:
        """Return the progress once a pack is stored too.

        >>> Progress(3, frozenset({4, 6})).with_pack(3)
        Progress(next_seq=5, ahead=frozenset({6}))
        """
        if self.has(seq):
            return self
        ahead = set(self.ahead) | {seq}
        following = self.next_seq
        if len(ahead) > AHEAD_LIMIT:
            following = min(ahead)
        while following in ahead:
            ahead.discard(following)
            following += 1
        return Progress(following, frozenset(ahead))


PackKey = tuple[str, str]
"""Gateway and boot."""


async def read(connection: AsyncConnection[TupleRow], partition: Partition) -> int:
    """Return the next offset to take over, 0 for a partition never seen; makes its row."""
    key = (partition.log, partition.topic, partition.number)
    await connection.execute(
        "INSERT INTO ledger (log, topic, partition, next_offset) VALUES (%s, %s, %s, 0) "
        "ON CONFLICT DO NOTHING",
        key,
    )
    cursor = await connection.execute(
        "SELECT next_offset FROM ledger WHERE (log, topic, partition) = (%s, %s, %s)", key
    )
    row = await cursor.fetchone()
    return int(row[0]) if row else 0


async def read_progress(
    connection: AsyncConnection[TupleRow], keys: Sequence[PackKey]
) -> dict[PackKey, Progress]:
    """Return the progress of each gateway and boot; an unknown one has none stored."""
    names = {(storable(gateway), storable(boot)): (gateway, boot) for gateway, boot in keys}
    found = {key: Progress() for key in keys}
    cursor = await connection.execute(
        "SELECT gateway, boot, next_seq, ahead FROM pack_ledger "
        "JOIN unnest(%s::text[], %s::text[]) AS wanted (gateway, boot) USING (gateway, boot)",
        ([name[0] for name in names], [name[1] for name in names]),
    )
    for gateway, boot, next_seq, ahead in await cursor.fetchall():
        found[names[gateway, boot]] = Progress(next_seq, frozenset(ahead))
    return found


async def advance(connection: AsyncConnection[TupleRow], steps: Sequence[Advance]) -> None:
    """Move the ledger by compare-and-set; call it first in the transaction.

    Raises:
        ZombieError: a partition does not stand where the step starts.
    """
    for step in steps:
        cursor = await connection.execute(
            "UPDATE ledger SET next_offset = %s, changed = clock_timestamp() "
            "WHERE (log, topic, partition) = (%s, %s, %s) AND next_offset = %s",
            (
                step.end, step.partition.log, step.partition.topic, step.partition.number,
                step.start,
            ),
        )  # fmt: skip
        if cursor.rowcount != 1:
            raise ZombieError(
                f"{step.partition.topic}-{step.partition.number} of log {step.partition.log} no "
                f"longer stands at {step.start}; another worker has it"
            )


async def write_progress(
    connection: AsyncConnection[TupleRow],
    progress: Mapping[PackKey, Progress],
    before: Mapping[PackKey, Progress],
) -> None:
    """Move the progress of gateways by compare-and-set, inside the transaction of their packs.

    Raises:
        ZombieError: a gateway's progress is not what it was `before`.
    """
    if not progress:
        return
    async with connection.cursor() as cursor:
        await cursor.executemany(
            "INSERT INTO pack_ledger AS old (gateway, boot, next_seq, ahead) "
            "VALUES (%s, %s, %s, %s) ON CONFLICT (gateway, boot) DO UPDATE SET "
            "next_seq = excluded.next_seq, ahead = excluded.ahead, changed = clock_timestamp() "
            "WHERE (old.next_seq, old.ahead) = (%s, %s::bigint[])",
            [
                (
                    storable(gateway),
                    storable(boot),
                    *_columns(one),
                    *_columns(before.get(key, Progress())),
                )
                for key, one in sorted(progress.items())
                for gateway, boot in [key]
            ],
        )
        if cursor.rowcount != len(progress):
            raise ZombieError(
                f"{len(progress) - cursor.rowcount} of {len(progress)} gateways have more packs "
                "stored than this worker knew; another one has their partition"
            )


def _columns(progress: Progress) -> tuple[int, list[int]]:
    return progress.next_seq, sorted(progress.ahead)
