"""Retention: events and snapshots leave the database when their time is over.

Counted from their receipt: what a device says of the time may be wrong, and what arrived today is
there for 30 days. Readings have their own days (`storage.partitions`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import psycopg
from psycopg import sql

KEPT: Final = timedelta(days=30)
"""How long events and snapshots are kept where nothing else is said."""

_BATCH: Final = {"snapshot": 100, "event": 5000}
"""Rows that go in one transaction, by table: some 30 MB of pictures, 50 ms of locks."""


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What went."""

    events: int
    snapshots: int


def forget(
    connection: psycopg.Connection[tuple[object, ...]], now: datetime, kept: timedelta = KEPT
) -> Forgotten:
    """Delete events and snapshots that were received more than `kept` ago.

    Idempotent; interrupted anywhere, the next call goes on. Two at once do not wait for each
    other.

    Args:
        connection: in autocommit: each batch is a transaction of its own.
        now: with its zone.
        kept: positive.

    Raises:
        ValueError: `connection` is not in autocommit, or `kept` is not positive.
        psycopg.Error: the database is away; earlier batches are gone.
    """
    if not connection.autocommit:
        raise ValueError("the connection must be in autocommit: one transaction would hold all")
    if kept <= timedelta(0):
        raise ValueError(f"kept is {kept}; it must be longer than nothing")
    gone = {table: _forget(connection, table, now - kept) for table in _BATCH}
    return Forgotten(gone["event"], gone["snapshot"])


def _forget(
    connection: psycopg.Connection[tuple[object, ...]], table: str, before: datetime
) -> int:
    # By place in the table, for `event` has no index by which a batch of the oldest is found.
    statement = sql.SQL(
        "DELETE FROM {0} WHERE ctid = ANY(ARRAY(SELECT ctid FROM {0} WHERE received < %s "
        "LIMIT %s FOR UPDATE SKIP LOCKED))"
    ).format(sql.Identifier(table))
    total = 0
    while gone := connection.execute(statement, (before, _BATCH[table])).rowcount:
        total += gone
    return total
