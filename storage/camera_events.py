"""What cameras saw lately, with or without a picture; and the pictures. Reading only.

All take a psycopg AsyncConnection in autocommit. Events of a device about itself (heartbeats,
faults) are no matter of these.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
from psycopg import AsyncConnection, sql
from psycopg.rows import TupleRow

from devices.events import KINDS
from storage.instants import to_us

SEEN: Final = tuple(
    name for name, kind in KINDS.items() if not kind.is_about_device and name != "position"
)
"""Kinds of events that tell what a camera saw."""

SCANNED_MOST: Final = 100_000
"""Newest events, of all kinds, that are looked through: heartbeats may be a thousand times as many
as what was seen, and nobody waits for a scan of 30 days of them."""

OVERLAP: Final = 1000
"""Ids before the newest one known that are looked at again: ids are given before the commit, so a
smaller one may come to light after a greater."""

_Connection = AsyncConnection[TupleRow]


class CameraEvent(msgspec.Struct, frozen=True):
    """One thing a camera saw."""

    id: int
    gateway: str
    device: str
    """Empty where nobody entered it in the registry."""
    sent_as: str
    kind: str
    """One of `SEEN`."""
    time_us: int
    """When it happened, µs since 1970."""
    confidence: float | None
    """0 to 1; None where the camera says none."""
    count: int | None
    """How many; None where it is no matter of number."""
    text: str
    snapshot: str | None
    """Id of its picture; None where it has none."""
    is_pictured: bool
    """Whether the picture has come."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What was found, and up to where."""

    newest: int
    """Greatest id of any event; 0 for none. Ask with it again."""
    events: list[CameraEvent]
    """By id, newest first."""


async def camera_events(
    connection: _Connection, after: int = 0, again: Sequence[int] = (), most: int = 24
) -> Seen:
    """Return the newest events that tell what cameras saw.

    Args:
        connection: where to ask.
        after: `Seen.newest` of the last time; some before it are looked at again. 0 at first.
        again: ids that are wanted whatever their age: those whose picture was still to come.
        most: at most so many of the new ones.
    """
    row = await (await connection.execute("SELECT coalesce(max(id), 0) FROM event")).fetchone()
    newest = int(row[0]) if row else 0
    since = max(after - OVERLAP, newest - SCANNED_MOST, 0)
    cursor = await connection.execute(
        sql.SQL(
            "WITH seen AS (SELECT id FROM event WHERE id > %(since)s AND kind = ANY(%(kinds)s) "
            "ORDER BY id DESC LIMIT %(most)s) "
            "SELECT id, gateway, device, sent_as, kind, {time}, attributes, snapshot, "
            "EXISTS (SELECT FROM snapshot AS picture WHERE (picture.gateway, picture.id) = "
            "(event.gateway, event.snapshot)) FROM event "
            "WHERE id IN (SELECT id FROM seen) OR id = ANY(%(again)s) ORDER BY id DESC"
        ).format(time=to_us("time")),
        {"since": since, "kinds": list(SEEN), "most": most, "again": list(again)},
    )
    return Seen(newest, [_event(one) for one in await cursor.fetchall()])


async def picture(connection: _Connection, gateway: str, snapshot: str) -> bytes | None:
    """Return a picture as JPEG, or None where there is none of that name."""
    cursor = await connection.execute(
        "SELECT jpeg FROM snapshot WHERE gateway = %s AND id = %s", (gateway, snapshot)
    )
    row = await cursor.fetchone()
    return None if row is None else bytes(row[0])


def _event(row: TupleRow) -> CameraEvent:
    number, gateway, device, sent_as, kind, time_us, said, snapshot, is_pictured = row
    confidence, count, text = (said.get(name) for name in ("confidence", "count", "text"))
    return CameraEvent(
        number, gateway, device, sent_as, kind, time_us,
        float(confidence) if _is_number(confidence) and 0 <= confidence <= 1 else None,
        int(count) if _is_number(count) and 0 <= count < 2**31 else None,
        text if isinstance(text, str) else "",
        snapshot, is_pictured,
    )  # fmt: skip


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
