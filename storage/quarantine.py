"""Refused messages into the quarantine table, each once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from devices.refusal import Reason, Refusal
from storage.instants import instant


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
            'collector, gateway, boot, seq, log, topic, partition, "offset") '
            "VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) "
            "ON CONFLICT (gateway, boot, seq, reason, domain) DO NOTHING",
            (
                refusal.reason.value, _text(refusal.detail), _text(refusal.source), refusal.raw,
                _text(refusal.domain), refusal.readings, instant(refusal.received_us),
                _text(refusal.collector), _text(refusal.gateway), _text(refusal.boot),
                refusal.seq, one.log, one.topic, one.partition, one.offset,
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
        (_text(gateway), _text(boot), seq): (gateway, boot, seq) for gateway, boot, seq in packs
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


def _text(text: str) -> str:
    """Return a text PostgreSQL can hold: NUL, which it cannot, becomes its picture ␀."""
    return text.replace("\0", "\u2400")
