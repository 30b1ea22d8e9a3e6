"""Time limits of cases: 工作日, 工作时 and 紧急工作时, and when they are over.

A workday is the length of a working day in working time: given on Friday at 15:00 it is over on
Monday at 15:00, given on Saturday it is over when Monday's work ends. Hours of work run in working
hours only, urgent hours round the clock and through all holidays.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from enum import StrEnum
from typing import Final, TypeAlias

import msgspec

from devices.calendar import HOUR_US
from devices.working_hours import WorkingHours

Runs: TypeAlias = Sequence[tuple[int, int | None]]
"""When a clock runs: from and to, µs since 1970, ascending; the last may have no end."""

_TEXT: Final = re.compile(r"(\d{1,4}(?:\.\d{1,2})?) ?(\S.*)", re.ASCII)


class Unit(StrEnum):
    """What a limit is counted in."""

    WORKDAY = "workday"
    """工作日: a whole working day."""
    WORK_HOUR = "work_hour"
    """工作时: an hour within working hours."""
    URGENT_HOUR = "urgent_hour"
    """紧急工作时: an hour of the 24-hour clock."""

    @property
    def is_working(self) -> bool:
        """Whether it runs in working hours only."""
        return self is not Unit.URGENT_HOUR

    @property
    def zh(self) -> str:
        """Chinese word."""
        return _ZH[self]


_ZH: Final = {Unit.WORKDAY: "工作日", Unit.WORK_HOUR: "工作时", Unit.URGENT_HOUR: "紧急工作时"}
_WORDS: Final = {
    **{zh: unit for unit, zh in _ZH.items()},
    **{f"{unit.replace('_', ' ')}{plural}": unit for unit in Unit for plural in ("", "s")},
}


class Limit(msgspec.Struct, frozen=True):
    """How long something may take."""

    amount: Decimal
    """Above 0, with two decimals at most."""
    unit: Unit

    def length_us(self, hours: WorkingHours) -> int:
        """Return its length in its own time, working or of the clock, µs; exact."""
        one_us = hours.day_us if self.unit is Unit.WORKDAY else HOUR_US
        return int(self.amount * one_us)

    @property
    def zh(self) -> str:
        """As people write it.

        >>> parse_limit("6 紧急工作时").zh
        '6 紧急工作时'
        """
        return f"{self.amount:f} {self.unit.zh}"

    @property
    def en(self) -> str:
        """In English.

        >>> parse_limit("1 工作日").en, parse_limit("1.5 work hours").en
        ('1 workday', '1.5 work hours')
        """
        return f"{self.amount:f} {self.unit.replace('_', ' ')}{'' if self.amount == 1 else 's'}"


def parse_limit(text: str) -> Limit:
    """Read a limit as people write it.

    Raises:
        ValueError: it is none.

    >>> parse_limit("0.5工作日")
    Limit(amount=Decimal('0.5'), unit=<Unit.WORKDAY: 'workday'>)
    """
    match = _TEXT.fullmatch(text.strip())
    unit = _WORDS.get(match[2]) if match else None
    if match is None or unit is None:
        raise ValueError(
            f"{text!r} is no time limit; write a number and {', '.join(_ZH.values())}, "
            "e.g. 4 工作时 (or workdays, work hours, urgent hours)"
        )
    amount = Decimal(match[1])
    if not amount:
        raise ValueError(f"{text!r} is no time at all; write a limit above 0")
    return Limit(amount, unit)


def due_us(
    start_us: int,
    limit: Limit,
    hours: WorkingHours,
    pauses: Sequence[tuple[int, int | None]] = (),
    extensions: Iterable[Limit] = (),
) -> int | None:
    """Return when a limit is over, µs since 1970; what is done at that very instant is in time.

    Args:
        start_us: when it begins, µs since 1970.
        limit: how long.
        hours: the district's working hours.
        pauses: from and to, ascending and apart, none before the start; the last may go on.
        extensions: counted in the limit's own time, whatever their unit is.

    Returns:
        None while a pause goes on that began before the limit was over.
    """
    runs: list[tuple[int, int | None]] = []
    from_us: int | None = start_us
    for begin_us, end_us in pauses:
        assert from_us is not None  # noqa: S101 (only the last pause may go on)
        runs.append((from_us, begin_us))
        from_us = end_us
    if from_us is not None:
        runs.append((from_us, None))
    length_us = sum(one.length_us(hours) for one in (limit, *extensions))
    return reached_us(runs, length_us, hours if limit.unit.is_working else None)


def reached_us(runs: Runs, length_us: int, hours: WorkingHours | None) -> int | None:
    """Return when a clock that runs at times has run for so long; None where it does not get there.

    Args:
        runs: when it runs.
        length_us: µs, 0 or more.
        hours: count only what is worked; None counts all.
    """
    left_us = length_us
    for from_us, to_us in runs:
        end_us = from_us + left_us if hours is None else hours.after_us(from_us, left_us)
        if to_us is None or end_us <= to_us:
            return end_us
        left_us -= counted_us(from_us, to_us, hours)
    return None


def counted_us(from_us: int, to_us: int, hours: WorkingHours | None) -> int:
    """Return how much of the time between two instants counts, µs."""
    return to_us - from_us if hours is None else hours.worked_us(from_us, to_us)
