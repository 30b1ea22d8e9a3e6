"""Retention: events, snapshots and the engine's inputs leave the database when their time is over.

Events and snapshots are counted from their receipt: what a device says of the time may be wrong,
and what arrived today is there for 30 days. Inputs are counted by the log's time, which is what
people ask for them by. Readings have their own days (`storage.partitions`). Of roll-ups the minutes
go, by months; hours and days stay for ever.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import psycopg
from psycopg import sql

from storage.instants import time_us

KEPT: Final = timedelta(days=30)
"""How long events and snapshots are kept where nothing else is said."""

INPUTS_KEPT: Final = timedelta(days=90)
"""How long the engine's inputs are kept: so far back alerts can be judged again exactly."""

MINUTES_KEPT: Final = timedelta(days=730)
"""How long minutes are kept where nothing else is said."""

_BATCH: Final = {
    "snapshot": 100, "event": 5000, "engine_input": 500, "reading_1min_default": 5000,
}  # fmt: skip
"""Rows that go in one transaction, by table: some 30 MB of pictures or inputs, 50 ms of locks."""


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What went."""

    events: int
    snapshots: int
    inputs: int


def forget(
    connection: psycopg.Connection[tuple[object, ...]],
    now: datetime,
    kept: timedelta = KEPT,
    inputs_kept: timedelta = INPUTS_KEPT,
) -> Forgotten:
    """Delete events and snapshots received more than `kept` ago, and the engine's older inputs.

    Idempotent; interrupted anywhere, the next call goes on. Two at once do not wait for each
    other.

    Args:
        connection: in autocommit: each batch is a transaction of its own.
        now: with its zone.
        kept: of events and snapshots; positive.
        inputs_kept: of the engine's inputs; positive.

    Raises:
        ValueError: `connection` is not in autocommit, or one of the times is not positive.
        psycopg.Error: the database is away; earlier batches are gone.
    """
    _check(connection, kept, inputs_kept)
    return Forgotten(
        events=_forget(connection, "event", "received", now - kept),
        snapshots=_forget(connection, "snapshot", "received", now - kept),
        inputs=_forget(connection, "engine_input", "last_us", time_us(now - inputs_kept)),
    )


def forget_minutes(
    connection: psycopg.Connection[tuple[object, ...]],
    now: datetime,
    kept: timedelta = MINUTES_KEPT,
) -> list[str]:
    """Drop the months of minutes that ended more than `kept` ago; return their names.

    Minutes that lie in no month of their own go one by one. Idempotent.

    Args:
        connection: in autocommit.
        now: with its zone.
        kept: positive.

    Raises:
        ValueError: `connection` is not in autocommit, or `kept` is not positive.
        psycopg.Error: the database is away, or somebody reads minutes for longer than 2 s.
    """
    _check(connection, kept)
    dropped = []
    for (name,) in connection.execute(
        "SELECT relname::text FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid "
        "WHERE inhparent = 'reading_1min'::regclass AND relname ~ '^reading_1min_[0-9]{6}$' "
        "AND (to_date(right(relname, 6), 'YYYYMM') + interval '1 month') AT TIME ZONE 'UTC' <= %s "
        "ORDER BY 1",
        (now - kept,),
    ).fetchall():
        with connection.transaction():
            connection.execute("SET LOCAL lock_timeout = '2s'")
            connection.execute(sql.SQL("DROP TABLE {}").format(sql.Identifier(str(name))))
        dropped.append(str(name))
    _forget(connection, "reading_1min_default", "start", now - kept)
    return dropped


def _check(connection: psycopg.Connection[tuple[object, ...]], *kept: timedelta) -> None:
    if not connection.autocommit:
        raise ValueError("the connection must be in autocommit: one transaction would hold all")
    for one in kept:
        if one <= timedelta(0):
            raise ValueError(f"kept is {one}; it must be longer than nothing")


def _forget(
    connection: psycopg.Connection[tuple[object, ...]],
    table: str,
    column: str,
    before: datetime | int,
) -> int:
    # By place in the table, for not each has an index by which a batch of the oldest is found.
    statement = sql.SQL(
        "DELETE FROM {0} WHERE ctid = ANY(ARRAY(SELECT ctid FROM {0} WHERE {1} < %s "
        "LIMIT %s FOR UPDATE SKIP LOCKED))"
    ).format(sql.Identifier(table), sql.Identifier(column))
    total = 0
    while gone := connection.execute(statement, (before, _BATCH[table])).rowcount:
        total += gone
    return total
