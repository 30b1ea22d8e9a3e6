"""The questions pages and commands ask. Reading only; one function, one question.

All take a psycopg AsyncConnection in autocommit. Times are µs since 1970.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray
from psycopg import AsyncConnection, sql
from psycopg.rows import TupleRow

from storage import rollups
from storage.commit import Counted
from storage.instants import instant, to_us


class AlertRow(msgspec.Struct, frozen=True):
    """An alert as it stands."""

    id: str
    rule: str
    rule_version: int
    datastream: int
    """Slot."""
    domain: str
    severity: str
    """`blue`, `yellow`, `orange` or `red`: the last one it had, if it is cleared."""
    active: bool
    acknowledged: bool
    raised_us: int
    changed_us: int
    cleared_us: int | None
    first_exceeded_us: int
    result: float
    limit: float
    message_zh: str
    message_en: str
    version: int
    """Of its newest transition."""
    subject: str = ""
    suppressed: str | None = None
    """Why it is not to be told: `schedule`, `maintenance` or `parent`; None where it is."""
    flapping: bool = False
    returned: bool = False
    """Latched, its condition gone: it waits for somebody to reset it."""
    plan: str = ""
    skill: str = ""
    handled: int = 0
    """Of what people did with it."""
    acknowledged_by: str | None = None
    acknowledged_us: int | None = None
    owner: str | None = None
    shelved_until_us: int | None = None
    """Exclusive; it may be past, and is then over."""
    shelved_by: str | None = None
    shelve_reason: str | None = None
    verdict: str | None = None
    """`true` or `false`, as people found; None while nobody said."""
    drill: bool = False
    """Of a drill 演练: `storage.drills` gives it, nothing here does."""

    def is_shelved(self, now_us: int) -> bool:
        """Whether somebody has taken it out of sight for now."""
        return self.shelved_until_us is not None and now_us < self.shelved_until_us

    def is_told(self, now_us: int) -> bool:
        """Whether people are to see it: it is neither suppressed nor shelved."""
        return self.suppressed is None and not self.is_shelved(now_us)


@dataclass(frozen=True, slots=True, eq=False)
class Latest:
    """The newest reading of each datastream that has one; shape (n,)."""

    datastream: NDArray[np.int32]
    phenomenon_time_us: NDArray[np.int64]
    result: NDArray[np.float64]
    quality: NDArray[np.int16]


@dataclass(frozen=True, slots=True, eq=False)
class Readings:
    """Readings of one datastream by time; shape (n,)."""

    phenomenon_time_us: NDArray[np.int64]
    result: NDArray[np.float64]
    quality: NDArray[np.int16]


@dataclass(frozen=True, slots=True, eq=False)
class Trend:
    """Good readings of some datastreams in buckets of equal length; shape (m,), empty ones out."""

    start_us: NDArray[np.int64]
    mean: NDArray[np.float64]
    max: NDArray[np.float64]
    n: NDArray[np.int64]


_ALERT = sql.SQL(
    "SELECT id::text, rule, rule_version, datastream, domain, severity, active, acknowledged, "
    "{raised}, {changed}, {cleared}, {first_exceeded}, result, limit_value, message_zh, "
    "message_en, version, subject, suppressed, flapping, returned, plan, skill, handled, "
    "acknowledged_by, {acknowledged_at}, owner, {shelved_until}, shelved_by, shelve_reason, "
    "verdict FROM alert "
).format(
    **{
        name: to_us(name)
        for name in (
            "raised", "changed", "cleared", "first_exceeded", "acknowledged_at", "shelved_until",
        )
    }
)  # fmt: skip

_Connection = AsyncConnection[TupleRow]

_FIRST: Final = "00000000-0000-0000-0000-000000000000"
"""Before every id."""


async def open_alerts(
    connection: _Connection, limit: int = 500, domain: str | None = None
) -> list[AlertRow]:
    """Return active alerts, worst first, then oldest first; suppressed and shelved ones last."""
    query = _ALERT + sql.SQL(
        "WHERE active AND (%(domain)s::text IS NULL OR domain = %(domain)s) ORDER BY "
        "suppressed IS NOT NULL OR coalesce(shelved_until > clock_timestamp(), false), "
        "array_position(ARRAY['red', 'orange', 'yellow', 'blue'], severity), raised LIMIT %(most)s"
    )
    values = {"domain": domain, "most": limit}
    return _alerts(await (await connection.execute(query, values)).fetchall())


async def open_alerts_after(
    connection: _Connection, after: str = "", limit: int = 500
) -> list[AlertRow]:
    """Return active alerts in the order of their ids, those after an id; "" begins at the first.

    Many are read piece by piece: one raised meanwhile may be left out, and is notified.
    """
    query = _ALERT + sql.SQL("WHERE active AND id > %s::uuid ORDER BY id LIMIT %s")
    return _alerts(await (await connection.execute(query, (after or _FIRST, limit))).fetchall())


async def recent_alerts(
    connection: _Connection, limit: int = 50, domain: str | None = None
) -> list[AlertRow]:
    """Return alerts by their last change, newest first, cleared ones too."""
    query = _ALERT + sql.SQL(
        "WHERE %(domain)s::text IS NULL OR domain = %(domain)s ORDER BY changed DESC LIMIT %(most)s"
    )
    values = {"domain": domain, "most": limit}
    return _alerts(await (await connection.execute(query, values)).fetchall())


async def alerts_by_id(connection: _Connection, ids: Sequence[str]) -> list[AlertRow]:
    """Return the alerts with these ids, in no order; unknown ids are left out."""
    query = _ALERT + sql.SQL("WHERE id = ANY(%s::uuid[])")
    return _alerts(await (await connection.execute(query, (list(ids),))).fetchall())


async def alert_counts(connection: _Connection, since_us: int) -> dict[str, int]:
    """Return how many alerts were raised since, by severity."""
    cursor = await connection.execute(
        "SELECT severity, count(*) FROM alert WHERE raised >= %s GROUP BY severity",
        (instant(since_us),),
    )
    return dict(await cursor.fetchall())


async def open_counts(connection: _Connection) -> dict[str, int]:
    """Return how many active alerts people are to see, by severity."""
    cursor = await connection.execute(
        "SELECT severity, count(*) FROM alert WHERE active AND suppressed IS NULL "
        "AND NOT coalesce(shelved_until > clock_timestamp(), false) GROUP BY severity"
    )
    return dict(await cursor.fetchall())


async def hidden_counts(connection: _Connection) -> dict[str, int]:
    """Return how many active alerts are shelved, and how many others are suppressed, by reason."""
    cursor = await connection.execute(
        "SELECT CASE WHEN shelved_until > clock_timestamp() THEN 'shelved' ELSE suppressed END "
        "AS why, count(*) FROM alert WHERE active AND (suppressed IS NOT NULL "
        "OR shelved_until > clock_timestamp()) GROUP BY why ORDER BY why"
    )
    return dict(await cursor.fetchall())


async def latest(connection: _Connection) -> Latest:
    """Return the newest reading of every datastream."""
    query = sql.SQL("SELECT datastream, {}, result, quality FROM latest").format(
        to_us("phenomenon_time")
    )
    rows = await (await connection.execute(query)).fetchall()
    columns = list(zip(*rows, strict=True)) or [(), (), (), ()]
    return Latest(
        np.array(columns[0], dtype=np.int32),
        np.array(columns[1], dtype=np.int64),
        np.array(columns[2], dtype=np.float64),
        np.array(columns[3], dtype=np.int16),
    )


async def readings(connection: _Connection, slot: int, since_us: int, until_us: int) -> Readings:
    """Return the readings of a datastream, whatever their quality, by time.

    Reads all that the city said in that time: 90 ms for a quarter of an hour at 1300 readings/s.

    Args:
        connection: where to ask.
        slot: the datastream.
        since_us: first phenomenon time, inclusive.
        until_us: exclusive.
    """
    async with connection.transaction():
        await rollups.by_time(connection)
        cursor = await connection.execute(
            sql.SQL(
                "SELECT {time}, result, quality FROM reading WHERE datastream = %s "
                "AND phenomenon_time >= %s AND phenomenon_time < %s ORDER BY phenomenon_time"
            ).format(time=to_us("phenomenon_time")),
            (slot, instant(since_us), instant(until_us)),
        )
        rows = await cursor.fetchall()
    columns = list(zip(*rows, strict=True)) or [(), (), ()]
    return Readings(
        np.array(columns[0], dtype=np.int64),
        np.array(columns[1], dtype=np.float64),
        np.array(columns[2], dtype=np.int16),
    )


async def trend(
    connection: _Connection, slots: Sequence[int], since_us: int, bucket_s: int
) -> Trend:
    """Return mean, maximum and count of good readings of datastreams, by bucket.

    From roll-ups where buckets are whole minutes, else from the readings themselves.

    Args:
        connection: where to ask.
        slots: datastreams taken together.
        since_us: first phenomenon time, inclusive; from roll-ups the start of its minute, or of its
            hour where buckets are whole hours.
        bucket_s: length of a bucket, seconds; buckets start at multiples of it since 1970.
    """
    if bucket_s % 60 == 0:
        rows = await rollups.trend(connection, slots, since_us, bucket_s)
    else:
        cursor = await connection.execute(
            sql.SQL(
                "SELECT {start}, mean, maximum, n FROM (SELECT date_bin(make_interval(secs => %s), "
                "phenomenon_time, '1970-01-01Z') AS start, avg(result) AS mean, "
                "max(result) AS maximum, count(*) AS n FROM reading WHERE datastream = ANY(%s) "
                "AND phenomenon_time >= %s AND quality = ANY(%s) GROUP BY 1 ORDER BY 1) AS bucket"
            ).format(start=to_us("start")),
            (bucket_s, list(slots), instant(since_us), [int(one) for one in rollups.GOOD]),
        )
        rows = await cursor.fetchall()
    columns = list(zip(*rows, strict=True)) or [(), (), (), ()]
    return Trend(
        np.array(columns[0], dtype=np.int64),
        np.array(columns[1], dtype=np.float64),
        np.array(columns[2], dtype=np.float64),
        np.array(columns[3], dtype=np.int64),
    )


async def intake(connection: _Connection, collector: str, through_s: int) -> dict[str, Counted]:
    """Return by domain what became of a collector's readings received before `through_s`."""
    cursor = await connection.execute(
        "SELECT domain, sum(stored)::bigint, sum(quarantined)::bigint, sum(duplicate)::bigint "
        "FROM intake WHERE collector = %s AND received_s < %s GROUP BY domain",
        (collector, through_s),
    )
    return {row[0]: Counted(*row[1:]) for row in await cursor.fetchall()}


async def quarantine_counts(connection: _Connection) -> dict[str, int]:
    """Return how many readings lie in quarantine, by reason."""
    cursor = await connection.execute(
        "SELECT reason, sum(readings)::bigint FROM quarantine WHERE resolved IS NULL "
        "GROUP BY reason ORDER BY reason"
    )
    return dict(await cursor.fetchall())


async def ledger(connection: _Connection) -> list[tuple[str, str, int, int]]:
    """Return (log, topic, partition, next offset) of the newest life of the log."""
    cursor = await connection.execute(
        "SELECT log, topic, partition, next_offset FROM ledger WHERE log = "
        "(SELECT log FROM ledger ORDER BY changed DESC LIMIT 1) ORDER BY topic, partition"
    )
    return [(row[0], row[1], row[2], row[3]) for row in await cursor.fetchall()]


def _alerts(rows: Sequence[TupleRow]) -> list[AlertRow]:
    return [AlertRow(*row) for row in rows]
