"""Partitions made ahead of the time they hold: `reading` by day, `reading_1min` by month, UTC.

What has no partition falls into the default one: nothing is refused for its age.
"""

from __future__ import annotations

from datetime import date, timedelta

import psycopg
from psycopg import sql

DAYS_AHEAD = 3
"""Partitions exist this many days ahead, so that a worker that stands still over a weekend does
not fill the default partition."""


_DAYS_BACK = 92
"""Months of minutes are made so far back: readings that were stored before there were roll-ups."""


def name_of(day: date) -> str:
    """Return the name of the partition of a day's readings."""
    return f"reading_{day:%Y%m%d}"


def ensure(connection: psycopg.Connection[tuple[object, ...]], today: date) -> list[str]:
    """Make the partitions of today (UTC) and the days after it; return the new ones' names.

    Idempotent. A time whose rows already lie in the default partition is left there: moving them
    would block the line.
    """
    days = [today + timedelta(days=offset) for offset in range(DAYS_AHEAD + 1)]
    wanted = [(name_of(day), day, day + timedelta(days=1)) for day in days]
    return [name for name, *ends in wanted if _make(connection, name, "reading", *ends)]


def ensure_minutes(connection: psycopg.Connection[tuple[object, ...]], today: date) -> list[str]:
    """Make the partitions of minutes, by month (UTC), until some days after today."""
    wanted = []
    month = (today - timedelta(days=_DAYS_BACK)).replace(day=1)
    while month <= today + timedelta(days=DAYS_AHEAD):
        following = (month + timedelta(days=31)).replace(day=1)
        wanted.append((f"reading_1min_{month:%Y%m}", month, following))
        month = following
    return [name for name, *ends in wanted if _make(connection, name, "reading_1min", *ends)]


def _make(
    connection: psycopg.Connection[tuple[object, ...]], name: str, of: str, first: date, end: date
) -> bool:
    if connection.execute("SELECT to_regclass(%s)", (name,)).fetchone() != (None,):
        return False
    statement = sql.SQL("CREATE TABLE {} PARTITION OF {} FOR VALUES FROM ({}) TO ({})").format(
        sql.Identifier(name),
        sql.Identifier(of),
        sql.Literal(f"{first:%Y-%m-%d} 00:00+00"),
        sql.Literal(f"{end:%Y-%m-%d} 00:00+00"),
    )
    try:
        with connection.transaction():
            connection.execute("SET LOCAL lock_timeout = '2s'")
            connection.execute(statement)
    except (psycopg.errors.CheckViolation, psycopg.errors.DuplicateTable):
        return False
    return True
