"""The working calendar: which days are worked, with public holidays and 调休."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True, slots=True)
class Calendar:
    """Monday to Friday are worked, but for what is said otherwise."""

    holidays: frozenset[date]
    """Days off, weekends included or not."""
    workdays: frozenset[date]
    """Weekend days that are worked (调休)."""
    offset: timedelta = timedelta(hours=8)
    """Zone: east of UTC."""
