"""Refused messages into the quarantine table, each once, and out of it once they are stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from devices.record import Release
from devices.refusal import Reason, Refusal
from storage.instants import instant
from storage.texts import storable


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A refusal and where in the log it stands."""

    refusal: Refusal
    log: str
    topic: str
    partition: int
    offset: int


async def write(
    connection: AsyncConnection[TupleRow], rows: Sequence[Quarantined]
) -> list[Quarantined]:
    """Store refusals and return those that were new.

    A message that came twice is refused twice and stored once: its gateway, boot and sequence
    number with reason and domain make its identity.
    """
    stored = []
    for one in rows:
        refusal = one.refusal
        cursor = await connection.execute(
            "INSERT INTO quarantine (reason, detail, source, raw, domain, readings, received, "
            'collector, gateway, boot, seq, indexes, log, topic, partition, "offset") '
            "VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) "
            "ON CONFLICT (gateway, boot, seq, reason, domain) DO NOTHING",
            (
                refusal.reason.value, storable(refusal.detail), storable(refusal.source),
                refusal.raw, storable(refusal.domain), refusal.readings,
                instant(refusal.received_us),
                storable(refusal.collector), storable(refusal.gateway), storable(refusal.boot),
                refusal.seq, None if refusal.rows is None else list(refusal.rows), one.log,
                one.topic, one.partition, one.offset,
            ),
        )  # fmt: skip
        if cursor.rowcount == 1:
            stored.append(one)
    return stored


async def count(
    connection: AsyncConnection[TupleRow], packs: Sequence[tuple[str, str, int]]
) -> dict[tuple[str, str, int], int]:
    """Return how many of the gateway's refusals of each message are stored; 0 is left out.

    Args:
        connection: where to ask.
        packs: gateway, boot and sequence number of messages.
    """
    names = {
        (storable(gateway), storable(boot), seq): (gateway, boot, seq)
        for gateway, boot, seq in packs
    }
    cursor = await connection.execute(
        "SELECT gateway, boot, seq, count(*) FROM quarantine "
        "JOIN unnest(%s::text[], %s::text[], %s::bigint[]) AS wanted (gateway, boot, seq) "
        "USING (gateway, boot, seq) WHERE reason <> %s GROUP BY 1, 2, 3",
        ([name[0] for name in names], [name[1] for name in names], [name[2] for name in names],
            Reason.UNSTORABLE.value,
        ),
    )  # fmt: skip
    return {names[row[0], row[1], row[2]]: row[3] for row in await cursor.fetchall()}


async def unfold(connection: AsyncConnection[TupleRow], row: int, measurements: int) -> None:
    """Let a row that holds a message as a whole name its measurements, so that some can leave it.

    Idempotent; a row that names them already, or holds nothing, is left as it is.

    Args:
        connection: where to write.
        row: its id.
        measurements: how many the message turned out to hold.
    """
    await connection.execute(
        "UPDATE quarantine SET indexes = %s::int[], readings = %s "
        "WHERE id = %s AND resolved IS NULL AND coalesce(cardinality(indexes), 0) = 0",
        (list(range(measurements)), measurements, row),
    )


async def release(connection: AsyncConnection[TupleRow], releases: Sequence[Release]) -> None:
    """Take readings out of quarantine, inside the transaction that stores them.

    A reading leaves every row of its message that holds it: one that came again after the
    catalogue had changed may have been refused once more, for another reason. Idempotent.
    """
    if not releases:
        return
    await connection.execute(
        "UPDATE quarantine AS held SET (indexes, readings, released, resolved) = ("
        "SELECT coalesce(array_agg(index ORDER BY index), '{}'), count(*), "
        "held.released + cardinality(held.indexes) - count(*), "
        "CASE WHEN count(*) = 0 THEN clock_timestamp() END "
        "FROM unnest(held.indexes) AS index WHERE index <> ALL (gone.indexes)) "
        "FROM (SELECT gateway, boot, seq, array_agg(DISTINCT index) AS indexes "
        "FROM unnest(%s::bigint[], %s::int[]) AS wanted (id, index) JOIN quarantine USING (id) "
        "GROUP BY gateway, boot, seq) AS gone "
        "WHERE (held.gateway, held.boot, held.seq) = (gone.gateway, gone.boot, gone.seq) "
        "AND held.resolved IS NULL AND held.indexes && gone.indexes",
        ([one.quarantine for one in releases], [one.index for one in releases]),
    )
