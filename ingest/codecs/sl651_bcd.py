"""Numbers and times of SL 651, packed two decimal digits to a byte.

Source:
    SL 651-2014, 6.6.3.3 (numbers), 6.6.2.5 and 6.6.2.8 (times).
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def number(raw: bytes, decimals: int) -> float | None:
    """Return a packed number; None where a digit is none.

    A first byte FF says that it is negative.

    >>> number(bytes.fromhex("00000550"), 3), number(bytes.fromhex("FF0345"), 3)
    (0.55, -0.345)
    """
    sign = 1
    if raw[0] == 0xFF and len(raw) > 1:
        sign, raw = -1, raw[1:]
    digits = raw.hex()
    return sign * (int(digits) / 10**decimals) if digits.isdecimal() else None


def is_missing(raw: bytes) -> bool:
    """Whether a station says that it has no value: every byte FF (6.6.4.4 d)."""
    return raw.count(0xFF) == len(raw)


def pack(value: float, size: int, decimals: int) -> bytes:
    """Pack a number; a negative one takes a byte more.

    Raises:
        ValueError: it has more digits than fit.

    >>> pack(-0.345, 2, 3).hex()
    'ff0345'
    """
    digits = f"{round(abs(value) * 10**decimals):0{2 * size}d}"
    if len(digits) > 2 * size:
        raise ValueError(f"{value} with {decimals} decimals does not fit into {size} bytes")
    return (b"\xff" if value < 0 else b"") + bytes.fromhex(digits)


@lru_cache(maxsize=4096)
def moment(raw: bytes, utc_offset_min: int) -> int | None:
    """Return the instant of YYMMDDHHmm or YYMMDDHHmmSS, µs since 1970; None where it is none.

    Two digits of a year are of this century.

    >>> moment(bytes.fromhex("2007241723"), 480)
    1595582580000000
    """
    digits = raw.hex()
    if not digits.isdecimal() or len(raw) not in (5, 6):
        return None
    parts = [int(digits[at : at + 2]) for at in range(0, len(digits), 2)]
    try:
        local = datetime(2000 + parts[0], *parts[1:], tzinfo=UTC)  # type: ignore[arg-type,misc] # at most six parts
    except ValueError:
        return None
    return round((local - _EPOCH).total_seconds() - utc_offset_min * 60) * 1_000_000


def pack_moment(time_us: int, utc_offset_min: int, size: int) -> bytes:
    """Pack an instant into five bytes (to the minute) or six (to the second).

    >>> pack_moment(1595582580000000, 480, 5).hex()
    '2007241723'
    """
    return _packed_second(time_us // 1_000_000 + utc_offset_min * 60)[:size]


@lru_cache(maxsize=64)
def _packed_second(local_s: int) -> bytes:
    # Answers of one second have the same time.
    local = datetime.fromtimestamp(local_s, UTC)
    return bytes.fromhex(local.strftime("%y%m%d%H%M%S"))
