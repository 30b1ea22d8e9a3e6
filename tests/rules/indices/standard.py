"""The tables of HJ 633 and GB 3838, copied from the standards, and the slow way to use them.

Nothing here comes from `rules.indices`: it is what that is held against. One number at a time, in
fractions, which know no rounding.
"""

from __future__ import annotations

import math
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from itertools import pairwise

HJ633 = """
| IAQI | SO2 24h | SO2 1h | NO2 24h | NO2 1h | CO 24h | CO 1h | O3 1h | O3 8h | PM10 2012 | PM10 2026 | PM2.5 2012 | PM2.5 2026 |
| 0 | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 0 |
| 50 | 50 | 150 | 40 | 100 | 2 | 5 | 160 | 100 | 50 | 50 | 35 | 35 |
| 100 | 150 | 500 | 80 | 200 | 4 | 10 | 200 | 160 | 150 | 120 | 75 | 60 |
| 150 | 475 | 650 | 180 | 700 | 14 | 35 | 300 | 215 | 250 | 250 | 115 | 115 |
| 200 | 800 | 800 | 280 | 1200 | 24 | 60 | 400 | 265 | 350 | 350 | 150 | 150 |
| 300 | 1600 | – | 565 | 2340 | 36 | 90 | 800 | 800 | 420 | 420 | 250 | 250 |
| 400 | 2100 | – | 750 | 3090 | 48 | 120 | 1000 | – | 500 | 500 | 350 | 350 |
| 500 | 2620 | – | 940 | 3840 | 60 | 150 | 1200 | – | 600 | 600 | 500 | 500 |
"""  # noqa: E501 - a table is read across
"""HJ 633-2012, 表1, and HJ 633-2026, 表3: they differ in PM10 and PM2.5 only."""

GB3838 = """
| item | 1 | 2 | 3 | 4 | 5 |
| dissolved_oxygen | 7.5 | 6 | 5 | 3 | 2 |
| permanganate_index | 2 | 4 | 6 | 10 | 15 |
| cod | 15 | 15 | 20 | 30 | 40 |
| bod5 | 3 | 3 | 4 | 6 | 10 |
| ammonia_nitrogen | 0.15 | 0.5 | 1.0 | 1.5 | 2.0 |
| total_phosphorus river | 0.02 | 0.1 | 0.2 | 0.3 | 0.4 |
| total_phosphorus lake | 0.01 | 0.025 | 0.05 | 0.1 | 0.2 |
| total_nitrogen lake | 0.2 | 0.5 | 1.0 | 1.5 | 2.0 |
"""
"""GB 3838-2002, 表1; of dissolved oxygen the limits are the least, of all others the most."""


def rows(table: str) -> list[list[str]]:
    """Return the cells of a table, its head first."""
    return [
        [cell.strip() for cell in line.strip("|").split("|")] for line in table.strip().splitlines()
    ]


def column(name: str) -> list[tuple[Fraction, int]]:
    """Return the breakpoints of a column: concentration and IAQI."""
    head, *body = rows(HJ633)
    at = head.index(name)
    return [(Fraction(row[at]), int(row[0])) for row in body if row[at] != "–"]


def sub_index(name: str, year: int, value: str) -> int | None:
    """Return an IAQI by the formula: find the two neighbours, interpolate, round up."""
    amount = Fraction(value)
    if year == 2026:
        step = Decimal("0.1") if name.startswith("CO") else Decimal(1)
        amount = Fraction(Decimal(value).quantize(step, ROUND_HALF_EVEN))
    points = column(f"{name.split()[0]} {year}" if name.startswith("PM") else name)
    for (low, index_low), (high, index_high) in pairwise(points):
        if low <= amount <= high:
            slope = Fraction(index_high - index_low) / (high - low)
            return math.ceil(slope * (amount - low) + index_low)
    is_short = name in ("SO2 1h", "O3 8h")
    return None if is_short and year == 2012 else points[-1][1]


def limits(item: str, water: str) -> list[Fraction]:
    """Return the limits of classes 1 to 5."""
    found = {row[0]: row[1:] for row in rows(GB3838)}
    return [Fraction(cell) for cell in found.get(item) or found[f"{item} {water}"]]


def water_class(item: str, water: str, value: str) -> int:
    """Return the class of one item: the first whose limit holds, else 6."""
    if item == "ph":
        return 1 if 6 <= Fraction(value) <= 9 else 6
    for number, limit in enumerate(limits(item, water), start=1):
        is_least = item == "dissolved_oxygen"
        if Fraction(value) >= limit if is_least else Fraction(value) <= limit:
            return number
    return 6
