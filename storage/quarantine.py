"""Refused messages into the quarantine table, each once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from devices.refusal import Refusal
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
                refusal.domain, refusal.readings, instant(refusal.received_us), refusal.collector,
                _text(refusal.gateway), _text(refusal.boot), refusal.seq, one.log, one.topic,
                one.partition, one.offset,
            ),
        )  # fmt: skip
        if cursor.rowcount == 1:
            stored.append(one)
    return stored


def _text(text: str) -> str:
    """Return a text PostgreSQL can hold: NUL, which it cannot, becomes its picture ␀."""
    return text.replace("\0", "\u2400")
