"""Day partitions of `reading`, made ahead of the days they hold.

A reading whose day has no partition falls into `reading_default`: nothing is refused for its age.
"""

from __future__ import annotations

from datetime import date, timedelta

import psycopg
from psycopg import sql

DAYS_AHEAD = 3
"""Partitions exist this many days ahead, so that a worker that stands still over a weekend does
not fill the default partition."""


def ensure(connection: psycopg.Connection[tuple[object, ...]], today: date) -> list[str]:
    """Make the partitions of today (UTC) and the days after it; return the new ones' names.

    Idempotent. A day whose rows already lie in the default partition is left there: moving them
    would block the line.
    """
    made = []
    for offset in range(DAYS_AHEAD + 1):
        day = today + timedelta(days=offset)
        name = f"reading_{day:%Y%m%d}"
        if connection.execute("SELECT to_regclass(%s)", (name,)).fetchone() != (None,):
            continue
        statement = sql.SQL(
            "CREATE TABLE {} PARTITION OF reading FOR VALUES FROM ({}) TO ({})"
        ).format(
            sql.Identifier(name),
            sql.Literal(f"{day:%Y-%m-%d} 00:00+00"),
            sql.Literal(f"{day + timedelta(days=1):%Y-%m-%d} 00:00+00"),
        )
        try:
            with connection.transaction():
                connection.execute("SET LOCAL lock_timeout = '2s'")
                connection.execute(statement)
        except (psycopg.errors.CheckViolation, psycopg.errors.DuplicateTable):
            continue
        made.append(name)
    return made
