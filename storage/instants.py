"""Instants between our int64 microseconds and PostgreSQL's timestamptz."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from psycopg import sql

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def instant(time_us: int) -> datetime:
    """Return µs since 1970 as an aware datetime; exact, where `fromtimestamp` rounds floats.

    >>> instant(1_700_000_000_000_001).microsecond
    1
    """
    return _EPOCH + timedelta(microseconds=time_us)


def time_us(moment: datetime) -> int:
    """Return an aware datetime as µs since 1970; the inverse of `instant`.

    >>> time_us(instant(1_700_000_000_000_001))
    1700000000000001
    """
    return (moment - _EPOCH) // timedelta(microseconds=1)


def to_us(*column: str) -> sql.Composed:
    """Return SQL that gives a timestamptz column, perhaps after its table, as µs since 1970.

    PostgreSQL's `extract` is numeric, so it is exact too.
    """
    return sql.SQL("(extract(epoch from {}) * 1000000)::bigint").format(sql.Identifier(*column))
