"""What lies in quarantine: the questions of the command line and of replay.

All take a psycopg AsyncConnection in autocommit. Times are µs since 1970.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
from psycopg import AsyncConnection, sql
from psycopg.rows import TupleRow

from devices.refusal import Reason, Refusal
from storage.instants import instant, to_us
from storage.quarantine import Quarantined

_Connection = AsyncConnection[TupleRow]


@dataclass(frozen=True, slots=True)
class Choice:
    """Which rows of the quarantine are meant; what is not given does not restrict."""

    reason: Reason | None = None
    gateway: str | None = None
    since_us: int | None = None
    """First time of receipt, inclusive."""
    ids: Sequence[int] = ()
    resolved: bool = False
    """Rows that hold nothing any longer, too."""

    def condition(self) -> sql.Composable:
        """Return it as SQL."""
        parts: list[sql.Composable] = []
        if self.reason is not None:
            parts.append(sql.SQL("reason = {}").format(self.reason.value))
        if self.gateway is not None:
            parts.append(sql.SQL("gateway = {}").format(self.gateway))
        if self.since_us is not None:
            parts.append(sql.SQL("received >= {}").format(instant(self.since_us)))
        if self.ids:
            parts.append(sql.SQL("id = ANY({})").format(list(self.ids)))
        if not self.resolved:
            parts.append(sql.SQL("resolved IS NULL"))
        return sql.SQL(" AND ").join(parts) if parts else sql.SQL("true")


class Line(msgspec.Struct, frozen=True):
    """A row without its bytes."""

    id: int
    received_us: int
    reason: str
    gateway: str
    domain: str
    readings: int
    """Still held."""
    released: int
    """Left it, and stored."""
    resolved_us: int | None
    source: str
    detail: str


@dataclass(frozen=True, slots=True)
class Held:
    """A row as a whole."""

    id: int
    quarantined: Quarantined
    """`readings` and `rows` as they are now."""
    released: int
    resolved_us: int | None


async def lines(connection: _Connection, choice: Choice, limit: int) -> list[Line]:
    """Return chosen rows, newest receipt first."""
    query = sql.SQL(
        "SELECT id, {received}, reason, gateway, domain, readings, released, {resolved}, source, "
        "detail FROM quarantine WHERE {condition} ORDER BY received DESC, id DESC LIMIT {limit}"
    ).format(
        received=to_us("received"), resolved=to_us("resolved"), condition=choice.condition(),
        limit=limit,
    )  # fmt: skip
    return [Line(*row) for row in await (await connection.execute(query)).fetchall()]


async def totals(connection: _Connection, choice: Choice) -> dict[str, tuple[int, int]]:
    """Return how many rows and held readings are chosen, by reason, most readings first."""
    query = sql.SQL(
        "SELECT reason, count(*), sum(readings)::bigint FROM quarantine WHERE {} GROUP BY reason "
        "ORDER BY 3 DESC, 1"
    ).format(choice.condition())
    rows = await (await connection.execute(query)).fetchall()
    return {reason: (count, readings) for reason, count, readings in rows}


async def ids(connection: _Connection, choice: Choice) -> list[int]:
    """Return the ids of chosen rows, oldest receipt first."""
    query = sql.SQL("SELECT id FROM quarantine WHERE {} ORDER BY received, id").format(
        choice.condition()
    )
    return [row[0] for row in await (await connection.execute(query)).fetchall()]


async def rows(connection: _Connection, wanted: Sequence[int]) -> list[Held]:
    """Return the rows with these ids, oldest receipt first; unknown ids are left out."""
    query = sql.SQL(
        "SELECT id, reason, detail, source, raw, domain, readings, {received}, collector, gateway, "
        'boot, seq, indexes, log, topic, partition, "offset", released, {resolved} '
        "FROM quarantine WHERE id = ANY(%s) ORDER BY received, id"
    ).format(received=to_us("received"), resolved=to_us("resolved"))
    return [
        _held(row) for row in await (await connection.execute(query, (list(wanted),))).fetchall()
    ]


async def indexes(connection: _Connection, wanted: Sequence[int]) -> dict[int, list[int]]:
    """Return by id which measurements rows hold; those that hold or name none are left out."""
    cursor = await connection.execute(
        "SELECT id, indexes FROM quarantine WHERE id = ANY(%s) AND cardinality(indexes) > 0",
        (list(wanted),),
    )
    return dict(await cursor.fetchall())


def _held(row: TupleRow) -> Held:
    received_us, indexes = row[7], row[12]
    refusal = Refusal(
        reason=Reason(row[1]),
        detail=row[2],
        source=row[3],
        raw=bytes(row[4]),
        domain=row[5],
        readings=row[6],
        received_us=received_us,
        collector=row[8],
        received_s=received_us // 10_000_000 * 10,
        gateway=row[9],
        boot=row[10],
        seq=row[11],
        rows=None if indexes is None else tuple(indexes),
    )
    log, topic, partition, offset, released, resolved_us = row[13:]
    return Held(row[0], Quarantined(refusal, log, topic, partition, offset), released, resolved_us)
