"""Several values in one element: series of uniform intervals, and twelve of an hour.

Source:
    SL 651-2014, 6.6.4.4 (series), annex C, table C.1 (F4 to FC) and table C.3 (time step).
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

from ingest.codecs.sl651_elements import ELEMENTS

_MOST: Final = 16
"""Elements of one series; the standard has one, the field two."""
_LONGEST_STEP_MIN: Final = 31 * 1440
_MINUTE_US: Final = 60_000_000


class Series(NamedTuple):
    """How a series is laid out."""

    identifiers: list[tuple[int, int]]
    """Lead and definition byte of each element."""
    at: int
    """Where the first value is."""
    groups: int
    """How often each element has a value."""
    left: int
    """Bytes after the last group."""


def layout(body: bytes, at: int, lead: int, definition: int, may_have_more: bool) -> Series:
    """Find out how many identifiers stand before the values.

    The standard allows one; stations send several. There are as many as make the rest come out
    even, and one where nothing does.

    Args:
        body: of the message; the series goes to its end.
        at: behind the first identifier.
        lead: of the first identifier.
        definition: of the first identifier.
        may_have_more: whether to look for more than one.
    """
    identifiers, behind, size = [(lead, definition)], at, definition >> 3
    while may_have_more and len(identifiers) <= _MOST:
        if size and (len(body) - behind) % size == 0:
            return Series(identifiers, behind, (len(body) - behind) // size, 0)
        if behind + 2 > len(body) or body[behind] not in ELEMENTS:
            break
        identifiers.append((body[behind], body[behind + 1]))
        size += body[behind + 1] >> 3
        behind += 2
    size = definition >> 3
    groups, left = divmod(len(body) - at, size) if size else (0, len(body) - at)
    return Series(identifiers[:1], at, groups, left)


def step_us(raw: bytes) -> int | None:
    """Return the time step ddhhmm, µs; None where it is none of up to 31 days.

    >>> step_us(bytes.fromhex("000005"))
    300000000
    """
    digits = raw.hex()
    if len(raw) != 3 or not digits.isdecimal():
        return None
    minutes = int(digits[:2]) * 1440 + int(digits[2:4]) * 60 + int(digits[4:])
    return minutes * _MINUTE_US if minutes <= _LONGEST_STEP_MIN else None


def twelve(raw: bytes, size: int, decimals: int) -> list[float]:
    """Return binary values of one size; NaN where every byte is FF.

    >>> twelve(bytes.fromhex("0064FFFF"), 2, 2)
    [1.0, nan]
    """
    none = (1 << 8 * size) - 1
    told = (int.from_bytes(raw[at : at + size], "big") for at in range(0, len(raw), size))
    return [math.nan if one == none else one / 10**decimals for one in told]
