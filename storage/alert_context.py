"""What stands around an alert: those before it on the same subject, pictures of its place.

Reading only. All take a psycopg AsyncConnection in autocommit. Times are µs since 1970.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
from psycopg import AsyncConnection, sql
from psycopg.rows import TupleRow

from storage.instants import instant, to_us

PICTURES_SCANNED: Final = 20_000
"""Newest events, of all kinds, that are looked through for a picture: who decides does not wait."""

_Connection = AsyncConnection[TupleRow]


class Before(msgspec.Struct, frozen=True):
    """An earlier alert of the same rule on the same subject."""

    id: str
    severity: str
    """The last one it had."""
    raised_us: int
    cleared_us: int | None
    """None while it goes on."""
    verdict: str | None
    """`true` or `false`; None where nobody said."""
    verdict_by: str | None
    verdict_reason: str | None
    owner: str | None


@dataclass(frozen=True, slots=True)
class Record:
    """What became of a rule's alerts on a subject."""

    before: list[Before]
    """The newest first; not all there are."""
    total: int
    """All of them but the one asked about."""
    true: int
    """Of all, those found true 真警."""
    false: int
    """Of all, those found false 误报."""


class Picture(msgspec.Struct, frozen=True):
    """A picture that a camera sent."""

    gateway: str
    snapshot: str
    device: str
    kind: str
    """As `devices.events.KINDS`."""
    time_us: int
    """When it happened."""


async def record(
    connection: _Connection, rule: str, subject: str, but: str, most: int = 8
) -> Record:
    """Return the alerts of a rule on a subject.

    Args:
        connection: where to ask.
        rule: id.
        subject: id.
        but: id of the alert that is left out.
        most: as many of them are told one by one.
    """
    cursor = await connection.execute(
        sql.SQL(
            "SELECT id::text, severity, {raised}, {cleared}, verdict, said.actor, said.reason, "
            "owner FROM alert LEFT JOIN LATERAL (SELECT actor, reason FROM alert_action "
            "WHERE alert_action.alert = alert.id AND kind = 'verdict' "
            "ORDER BY number DESC LIMIT 1) AS said ON true "
            "WHERE rule = %s AND subject = %s AND id <> %s ORDER BY alert.raised DESC LIMIT %s"
        ).format(raised=to_us("raised"), cleared=to_us("cleared")),
        (rule, subject, but, most),
    )
    before = [Before(*row) for row in await cursor.fetchall()]
    cursor = await connection.execute(
        "SELECT count(*), count(*) FILTER (WHERE verdict = 'true'), "
        "count(*) FILTER (WHERE verdict = 'false') FROM alert "
        "WHERE rule = %s AND subject = %s AND id <> %s",
        (rule, subject, but),
    )
    (counted,) = await cursor.fetchall()
    return Record(before, *counted)


async def picture(connection: _Connection, devices: Sequence[str], since_us: int) -> Picture | None:
    """Return the newest picture that has come from one of some devices; None without one.

    Args:
        connection: where to ask.
        devices: ids.
        since_us: older ones tell nothing of now, µs since 1970, inclusive.
    """
    if not devices:
        return None
    cursor = await connection.execute(
        sql.SQL(
            "SELECT event.gateway, snapshot, device, kind, {time} FROM event JOIN snapshot AS kept "
            "ON (kept.gateway, kept.id) = (event.gateway, event.snapshot) "
            "WHERE event.id > (SELECT coalesce(max(id), 0) FROM event) - %s "
            "AND device = ANY(%s) AND time >= %s AND snapshot IS NOT NULL "
            "ORDER BY time DESC LIMIT 1"
        ).format(time=to_us("time")),
        (PICTURES_SCANNED, list(devices), instant(since_us)),
    )
    row = await cursor.fetchone()
    return None if row is None else Picture(*row)
