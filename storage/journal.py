"""The engine's inputs as they were judged, kept so that any time can be judged again exactly.

Each partition has a sequence of its own: inputs, and now and then the engine's state before them.
From a state on, the inputs that follow give what was told then, byte for byte, under the rules and
the catalogue whose digests stand beside them.

All take a psycopg AsyncConnection in autocommit, but `append`. Times are µs since 1970.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Final

from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from storage.ledger import Partition

_Connection = AsyncConnection[TupleRow]

_PAGE: Final = 200
"""Rows asked for at a time: some 20 MB where a stretch brings 2000 readings."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What one stretch of a partition gave the engine."""

    partition: Partition
    next_offset: int
    """End of the stretch in the log."""
    first_us: int
    """Smallest time in it."""
    last_us: int
    """Largest time in it."""
    rules: str
    """Digest of the rules that judged."""
    catalogue: str
    """Digest of the catalogue that they were compiled for."""
    inputs: bytes
    """Readings, ticks and commands in their order."""
    state: bytes | None
    """Of the engine before them; None where it follows from what is kept before. The first of a
    partition must have it, and the first under other rules or another catalogue."""


async def append(connection: _Connection, judged: Sequence[Judged]) -> None:
    """Keep inputs, inside the transaction of what they led to.

    The ledger makes the transactions of a partition follow one another, so its rows have the order
    in which they were judged.
    """
    for one in judged:
        where = one.partition
        await connection.execute(
            "INSERT INTO engine_input (topic, partition, log, next_offset, first_us, last_us, "
            "before_us, rules, catalogue, inputs, state) "
            "VALUES (%(topic)s, %(number)s, %(log)s, %(end)s, %(first)s, %(last)s, coalesce("
            "(SELECT greatest(before_us, last_us) FROM engine_input "
            "WHERE (topic, partition) = (%(topic)s, %(number)s) ORDER BY id DESC LIMIT 1), "
            "%(least)s), %(rules)s, %(catalogue)s, %(inputs)s, %(state)s)",
            {
                "topic": where.topic, "number": where.number, "log": where.log,
                "end": one.next_offset, "first": one.first_us, "last": one.last_us,
                "least": -(2**63), "rules": one.rules, "catalogue": one.catalogue,
                "inputs": one.inputs, "state": one.state,
            },
        )  # fmt: skip


async def read(
    connection: _Connection, topic: str, number: int, from_us: int, to_us: int
) -> AsyncIterator[Judged]:
    """Yield what a partition gave the engine over a time, in order.

    It begins with the newest state before which all is earlier than `from_us`, or with the oldest
    one that is kept: to judge from there on leaves nothing of that time out. It ends before the
    first inputs that are all later than `to_us`; what came even later and is older (late readings)
    is not among them.

    Args:
        connection: where to ask.
        topic: of the log.
        number: of the partition.
        from_us: first time wanted, inclusive.
        to_us: last time wanted, inclusive.
    """
    cursor = await connection.execute(
        "SELECT coalesce(max(id) FILTER (WHERE before_us < %s), min(id)) FROM engine_input "
        "WHERE (topic, partition) = (%s, %s) AND state IS NOT NULL",
        (from_us, topic, number),
    )
    row = await cursor.fetchone()
    at = row[0] if row else None
    if at is None:
        return
    async for _, one in _from(connection, topic, number, at):
        if one.first_us > to_us:
            return
        yield one


async def _from(
    connection: _Connection, topic: str, number: int, at: int
) -> AsyncIterator[tuple[int, Judged]]:
    """Yield what a partition gave the engine from a place on, with the place of each."""
    while True:
        cursor = await connection.execute(
            "SELECT id, log, next_offset, first_us, last_us, rules, catalogue, inputs, state "
            "FROM engine_input WHERE (topic, partition) = (%s, %s) AND id >= %s "
            "ORDER BY id LIMIT %s",
            (topic, number, at, _PAGE),
        )
        rows = await cursor.fetchall()
        for id_, log, end, first_us, last_us, rules, catalogue, inputs, state in rows:
            at = id_ + 1
            yield id_, Judged(
                Partition(log, topic, number), end, first_us, last_us, rules, catalogue,
                bytes(inputs), None if state is None else bytes(state),
            )  # fmt: skip
        if len(rows) < _PAGE:
            return


async def newest(connection: _Connection, topic: str, number: int) -> list[tuple[int, Judged]]:
    """Return the newest state of a partition and what followed it, each with its place."""
    cursor = await connection.execute(
        "SELECT max(id) FROM engine_input "
        "WHERE (topic, partition) = (%s, %s) AND state IS NOT NULL",
        (topic, number),
    )
    row = await cursor.fetchone()
    if row is None or row[0] is None:
        return []
    return [one async for one in _from(connection, topic, number, row[0])]


async def after(
    connection: _Connection, topic: str, number: int, place: int
) -> list[tuple[int, Judged]]:
    """Return what a partition gave the engine after a place, each with its own."""
    return [one async for one in _from(connection, topic, number, place + 1)]


async def partitions(connection: _Connection) -> list[tuple[str, int]]:
    """Return topic and number of every partition of which something can be judged again."""
    cursor = await connection.execute(
        "SELECT DISTINCT topic, partition FROM engine_input WHERE state IS NOT NULL ORDER BY 1, 2"
    )
    return [(row[0], row[1]) for row in await cursor.fetchall()]


async def count(connection: _Connection, from_us: int, to_us: int) -> int:
    """Return about how many pieces a time has, both ends inclusive."""
    cursor = await connection.execute(
        "SELECT count(*) FROM engine_input WHERE last_us BETWEEN %s AND %s", (from_us, to_us)
    )
    row = await cursor.fetchone()
    return row[0] if row else 0


async def judged_until(connection: _Connection) -> int | None:
    """Return up to which time the rules have judged every partition, µs since 1970.

    Each second has a tick in every partition, so with rules that run it is seconds ago at most;
    None before the first.
    """
    cursor = await connection.execute(
        "SELECT min(newest.last_us) FROM checkpoint AS of CROSS JOIN LATERAL ("
        "SELECT greatest(last_us, before_us) AS last_us FROM engine_input AS one "
        "WHERE (one.topic, one.partition) = (of.topic, of.partition) ORDER BY id DESC LIMIT 1"
        ") AS newest"
    )
    row = await cursor.fetchone()
    return None if row is None else row[0]


async def reach(connection: _Connection) -> tuple[int, int] | None:
    """Return the first and the last time that can be judged again; None without any."""
    cursor = await connection.execute(
        "SELECT min(last_us), max(last_us) FROM engine_input WHERE last_us > %s", (-(2**63),)
    )
    row = await cursor.fetchone()
    return None if row is None or row[0] is None else (row[0], row[1])
