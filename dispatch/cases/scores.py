"""综合评价: how well departments did in a month, as shares whose parts are told with them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from devices.calendar import Calendar
from dispatch.cases.case import Case, Outcome
from dispatch.cases.clock import ClockName

_MONTH: Final = re.compile(r"(\d{4})-(\d\d)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Share:
    """A share with its parts.

    >>> Share(3, 4).value, Share(0, 0).value
    (0.75, None)
    """

    numerator: int
    denominator: int

    @property
    def value(self) -> float | None:
        """Between 0 and 1; None (NA) where nothing is there to have a share of."""
        return self.numerator / self.denominator if self.denominator else None


@dataclass(frozen=True, slots=True)
class Month:
    """A month of the calendar's zone."""

    from_us: int
    """µs since 1970, inclusive."""
    until_us: int
    """µs since 1970, exclusive."""

    def has(self, time_us: int | None) -> bool:
        """Return whether a time lies in it; None lies in none."""
        return time_us is not None and self.from_us <= time_us < self.until_us


@dataclass(frozen=True, slots=True)
class Score:
    """Of one department in one month; voided cases count nowhere."""

    department: str
    """Id: whose category it is until a case is dispatched, then who had it last."""
    filing: Share
    """立案率. Of the reports of the month that were decided on: how many were filed."""
    on_time: Share
    """按时结案率. Of the cases whose handling limit ends in the month (应结案): how many are closed
    and were in time at every round of handling. A limit that ends after `at_us` counts only once
    the case is closed."""
    overdue: Share
    """超期率. Of the same cases: how many were late at some round, or are still being handled."""
    rework: Share
    """返工率. Of the cases closed in the month: how many were sent back at least once."""
    at_once: Share
    """一次办结率. Of the cases closed in the month: how many were never sent back, and never given
    back by a department. The two shares need not add up to one."""


def month_of(text: str, calendar: Calendar) -> Month:
    """Return a month.

    Args:
        text: like 2026-10.
        calendar: whose zone.

    Raises:
        ValueError: it is none.
    """
    match = _MONTH.fullmatch(text)
    year, month = (int(match[1]), int(match[2])) if match else (0, 0)
    if not (1 <= month <= 12 and 1970 <= year < 9999):
        raise ValueError(f"{text!r} is no month; write it like 2026-10")
    after = date(year + month // 12, month % 12 + 1, 1)
    return Month(calendar.start_us(date(year, month, 1)), calendar.start_us(after))


def scores(cases: Iterable[Case], month: Month, at_us: int) -> list[Score]:
    """Return the scores of every department that has a case which counts for something.

    Args:
        cases: in any order; others than of the month count for nothing.
        month: which.
        at_us: as of when, µs since 1970: cases as they stand, limits as they are over.

    Returns:
        By department.
    """
    by_department: dict[str, list[Case]] = {}
    for case in cases:
        if case.outcome is not Outcome.VOIDED and _counts(case, month, at_us):
            by_department.setdefault(case.department, []).append(case)
    return [_score(name, by_department[name], month, at_us) for name in sorted(by_department)]


def _score(department: str, cases: Sequence[Case], month: Month, at_us: int) -> Score:
    decided = [one for one in cases if _is_decided(one, month)]
    due = [one for one in cases if _is_due(one, month, at_us)]
    closed = [one for one in cases if _is_closed(one, month)]
    return Score(
        department,
        filing=_share(decided, lambda one: one.filed_us is not None),
        on_time=_share(
            due, lambda one: one.outcome is Outcome.CLOSED and not _is_overdue(one, at_us)
        ),
        overdue=_share(due, lambda one: _is_overdue(one, at_us)),
        rework=_share(closed, lambda one: one.sent_back > 0),
        at_once=_share(closed, lambda one: not one.sent_back and not one.returned),
    )


def _share(cases: Sequence[Case], has: Callable[[Case], bool]) -> Share:
    return Share(sum(map(has, cases)), len(cases))


def _counts(case: Case, month: Month, at_us: int) -> bool:
    return _is_decided(case, month) or _is_due(case, month, at_us) or _is_closed(case, month)


def _is_decided(case: Case, month: Month) -> bool:
    is_decided = case.filed_us is not None or case.outcome is Outcome.REJECTED
    return is_decided and month.has(case.opened_us)


def _is_due(case: Case, month: Month, at_us: int) -> bool:
    due_us = case.handling_due_us
    if due_us is None or case.outcome is Outcome.REJECTED:
        return False
    return month.has(due_us) and (due_us <= at_us or case.outcome is Outcome.CLOSED)


def _is_closed(case: Case, month: Month) -> bool:
    return case.outcome is Outcome.CLOSED and month.has(case.ended_us)


def _is_overdue(case: Case, at_us: int) -> bool:
    clock = case.clock
    is_handling = clock is not None and clock.name is ClockName.HANDLING
    return ClockName.HANDLING in case.late or (
        is_handling and clock is not None and clock.is_late(at_us)
    )
