"""Instants as HJ 212 writes them: YYYYMMDDhhmmss, in QN with milliseconds, in the device's zone.

Source:
    HJ 212-2017, 6.3.2 (QN) and table 9 (DataTime).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

_YEARS: Final = range(1970, 2256)
"""Years whose instants we can store."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def moment(text: str, utc_offset_min: int) -> int | None:
    """Return the instant of YYYYMMDDhhmmss, with or without zzz, µs since 1970; None for any other.

    >>> moment("20160801085857", 480)
    1470013137000000
    """
    if len(text) not in (14, 17) or not (text.isascii() and text.isdigit()):
        return None
    hour, minute, second = int(text[8:10]), int(text[10:12]), int(text[12:14])
    midnight_s = _midnight_s(text[:8])
    if midnight_s is None or hour > 23 or minute > 59 or second > 59:
        return None
    seconds = midnight_s + hour * 3600 + (minute - utc_offset_min) * 60 + second
    return seconds * 1_000_000 + int(text[14:] or "0") * 1000 if seconds >= 0 else None


@lru_cache(maxsize=1024)
def _midnight_s(day: str) -> int | None:
    """Return the start of a day YYYYMMDD, seconds since 1970 as if in UTC; None for no day."""
    try:
        date = datetime(int(day[:4]), int(day[4:6]), int(day[6:]), tzinfo=UTC)
    except ValueError:
        return None
    return int(date.timestamp()) if date.year in _YEARS else None


def clock(time_us: int, utc_offset_min: int, *, milliseconds: bool = False) -> str:
    """Return an instant as HJ 212 writes it.

    >>> clock(1470013137223000, 480, milliseconds=True)
    '20160801085857223'
    """
    local = _EPOCH + timedelta(microseconds=time_us, minutes=utc_offset_min)
    seconds = f"{local:%Y%m%d%H%M%S}"
    return f"{seconds}{local.microsecond // 1000:03d}" if milliseconds else seconds
