"""Instants between our int64 microseconds and PostgreSQL's timestamptz."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def instant(time_us: int) -> datetime:
    """Return µs since 1970 as an aware datetime; exact, where `fromtimestamp` rounds floats.

    >>> instant(1_700_000_000_000_001).microsecond
    1
    """
    return _EPOCH + timedelta(microseconds=time_us)


TO_US = "(extract(epoch from {}) * 1000000)::bigint"
"""SQL that gives µs since 1970 from a timestamptz; extract is numeric, so it is exact too."""
