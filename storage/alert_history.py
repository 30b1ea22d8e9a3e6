"""Alerts of a stretch of time as columns, for figures over many of them. Reading only."""

from __future__ import annotations

import numpy as np
from psycopg import AsyncConnection, sql
from psycopg.rows import TupleRow

from rules.alerts import Severity
from rules.figures import OPEN, History
from storage.instants import instant, to_us


async def read(connection: AsyncConnection[TupleRow], since_us: int, until_us: int) -> History:
    """Return the alerts raised before the end of a stretch and not over before its begin.

    Args:
        connection: where to ask.
        since_us: begin, inclusive, µs since 1970.
        until_us: end, exclusive.
    """
    query = sql.SQL(
        "SELECT {raised}, {cleared}, rule, subject, severity FROM alert "
        "WHERE raised < %s AND (cleared IS NULL OR cleared >= %s) ORDER BY raised, id"
    ).format(raised=to_us("raised"), cleared=to_us("cleared"))
    cursor = await connection.execute(query, (instant(until_us), instant(since_us)))
    rows = await cursor.fetchall()
    number = {one.word: int(one) for one in Severity}
    return History(
        raised_us=np.array([row[0] for row in rows], dtype=np.int64),
        cleared_us=np.array([OPEN if row[1] is None else row[1] for row in rows], dtype=np.int64),
        rule=np.array([row[2] for row in rows], dtype=np.str_),
        subject=np.array([row[3] for row in rows], dtype=np.str_),
        severity=np.array([number[row[4]] for row in rows], dtype=np.int8),
    )


async def reach(connection: AsyncConnection[TupleRow]) -> tuple[int, int] | None:
    """Return when the first and the newest alert were raised, µs since 1970; None without any."""
    query = sql.SQL("SELECT {}, {} FROM (SELECT min(raised) AS a, max(raised) AS b FROM alert) x")
    cursor = await connection.execute(query.format(to_us("a"), to_us("b")))
    row = await cursor.fetchone()
    return None if row is None or row[0] is None else (row[0], row[1])
