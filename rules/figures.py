"""How good the alarms themselves are: the figures of ISA-18.2 and EEMUA 191 over their history.

An alert counts once, at the time it was raised; escalations and re-alarms of it do not. Rates are
per operator, because what they are held against is what one person can bear.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from rules.alerts import LEVELS

TEN_MINUTES_US: Final = 600_000_000

OPEN: Final = int(np.iinfo(np.int64).max)
"""`cleared_us` of an alert that is open."""


LEAST_DAYS: Final = 30
"""Figures of a shorter stretch are held against targets with care; ISA-18.2-2016, 16.4.1."""


@dataclass(frozen=True, slots=True)
class Criteria:
    """From when on something counts. Numbers of alarms are per operator.

    Source:
        ANSI/ISA-18.2-2016, 16.4 (recommended metrics); EEMUA 191, 3rd ed., performance of alarm
        systems; chattering: three or more times within a minute, as ISA-TR18.2.5 and EEMUA 191
        look for it.
    """

    acceptable: int = 1
    """Alarms in 10 minutes that are very likely to be acceptable …"""
    manageable: int = 2
    """… and at most manageable, on average."""
    excessive: int = 10
    """A period with more is one in which alarms are missed."""
    flood_begins: int = 10
    """A flood begins once so many came within 10 minutes …"""
    flood_ends: int = 5
    """… and is over once fewer than so many did."""
    chatter_times: int = 3
    """An alarm chatters that was raised so often …"""
    chatter_within_us: int = 60_000_000
    """… between the first and the last of these raises."""
    stale_us: int = 86_400_000_000
    """Whoever sees an alarm for longer than this no longer sees it."""
    most: int = 10
    """How many are named among the most frequent."""

    def __post_init__(self) -> None:
        """Check what the figures rely on.

        Raises:
            ValueError: a criterion can never be met, or always is.
        """
        if not 1 <= self.flood_ends <= self.flood_begins:
            raise ValueError(
                f"a flood cannot begin at {self.flood_begins} and end below {self.flood_ends}; "
                "the end must be 1 or more, and not above the beginning"
            )
        if self.chatter_times < 2:
            raise ValueError(f"chattering: {self.chatter_times} raises are none too many; use 2 …")


@dataclass(frozen=True, slots=True)
class Targets:
    """What figures should be at most, over `LEAST_DAYS` or more.

    Source:
        ANSI/ISA-18.2-2016, 16.4, the table of recommended metrics.
    """

    per_ten_minutes: float = 1.0
    """Alarms per 10 minutes and operator, on average."""
    most_in_a_period: float = 10.0
    """Alarms per operator in any period."""
    excessive_share: float = 0.01
    flood_share: float = 0.01
    chattering: int = 0
    stale_at_once: int = 4
    """Fewer than five on any day."""
    top_share: float = 0.05
    """Of the ten most frequent alarms."""
    priority_share: tuple[float, float, float, float] = (0.80, 0.15, 0.05, 0.01)
    """About these, blue first: ISA-18.2's low, medium, high and highest."""


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """Alerts in any order; n of them, those that were open at any time of the stretch or more."""

    raised_us: NDArray[np.int64]
    """(n,) µs since 1970."""
    cleared_us: NDArray[np.int64]
    """(n,) µs since 1970, `OPEN` where it is not over."""
    rule: NDArray[np.str_]
    """(n,) ids."""
    subject: NDArray[np.str_]
    """(n,) ids."""
    severity: NDArray[np.int8]
    """(n,) `Severity`, the last one above none."""


@dataclass(frozen=True, slots=True)
class Frequent:
    """How many alarms came from somewhere."""

    rule: str
    """Empty: from whatever rule."""
    subject: str
    """Empty: from whatever subject."""
    alarms: int


@dataclass(frozen=True, slots=True)
class Top:
    """The most frequent, most first, and the share of all alarms that they make."""

    entries: tuple[Frequent, ...]
    share: float
    """0 to 1; NaN without alarms."""


@dataclass(frozen=True, slots=True)
class Flood:
    """A time in which more came than an operator can answer."""

    start_us: int
    """Inclusive: when the alarm came that made it one."""
    end_us: int
    """Exclusive; the end of the stretch where it goes on."""
    alarms: int
    """Raised until its end, those of the ten minutes that began it included."""
    peak: float
    """Most in any 10 minutes, per operator."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What the alarms of a stretch of time were like. Shares are 0 to 1, NaN of nothing."""

    since_us: int
    """Inclusive."""
    until_us: int
    """Exclusive."""
    operators: int
    alarms: int
    """Raised within the stretch."""
    per_ten_minutes: float
    """Alarms per 10 minutes and operator, on average over the whole stretch."""
    most_in_a_period: float
    """Alarms per operator in the worst period. Periods are 10 minutes each, the first begins with
    the stretch; a rest that is shorter is none."""
    most_start_us: int
    """When the first such period began."""
    acceptable_share: float
    """Periods with an acceptable number of alarms."""
    manageable_share: float
    """Periods with a manageable number of alarms or fewer."""
    excessive_share: float
    """Periods with an excessive number of alarms."""
    peak: float
    """Most alarms per operator in any 10 minutes, wherever they begin."""
    peak_end_us: int
    """When the last alarm of these came; `since_us` without alarms."""
    floods: tuple[Flood, ...]
    """In order of time. Who floods before the stretch begins is not known."""
    flood_share: float
    """Of the time."""
    chattering: tuple[Frequent, ...]
    """Alarms that chattered, with how often they were raised while they did; most first."""
    chattering_share: float
    """Of all alarms."""
    stale: int
    """Alerts that were stale at any time of the stretch, whenever they were raised."""
    stale_open: int
    """Those of them that still were at its end."""
    stale_at_once: int
    """Most of them at the same time."""
    top_alarms: Top
    """By rule and subject: what ISA-18.2 calls one alarm."""
    top_rules: Top
    top_subjects: Top
    priority_share: tuple[float, float, float, float]
    """Alarms by severity, blue first."""


def measure(
    history: History,
    since_us: int,
    until_us: int,
    operators: int = 1,
    criteria: Criteria = Criteria(),
) -> Figures:
    """Return the figures of a stretch of time.

    Args:
        history: alerts; those that were raised after the stretch, or over before it, do not count.
        since_us: its begin, inclusive, µs since 1970.
        until_us: its end, exclusive; 10 minutes later or more.
        operators: how many people share the alarms evenly.
        criteria: what counts as what.

    Raises:
        ValueError: the stretch is too short, or there is no operator.

    Source:
        ANSI/ISA-18.2-2016, 16.4.2 to 16.4.8. EEMUA 191, 3rd ed.
    """
    if until_us - since_us < TEN_MINUTES_US:
        raise ValueError(
            f"the stretch has {(until_us - since_us) / 1e6:g} s; figures need 600 s or more"
        )
    if operators < 1:
        raise ValueError(f"{operators} operators cannot share alarms; say 1 or more")
    chosen = (history.raised_us >= since_us) & (history.raised_us < until_us)
    raised_us = history.raised_us[chosen]
    alarms = int(raised_us.size)
    periods = int((until_us - since_us) // TEN_MINUTES_US)
    period = (raised_us - since_us) // TEN_MINUTES_US
    # Only periods with alarms: ten years have half a million without.
    busy, count = np.unique(period[period < periods], return_counts=True)
    times_us, running = _running(raised_us, raised_us + TEN_MINUTES_US)
    floods = _floods(np.sort(raised_us), times_us, running, until_us, operators, criteria)
    names = _Names(history.rule[chosen], history.subject[chosen])
    chattering = _chattering(names.alarm, raised_us, criteria)
    chatterers = names.top_alarms(chattering, alarms)
    stale = _stale(history, since_us, until_us, criteria)
    severity = np.bincount(history.severity[chosen], minlength=1 + len(LEVELS))
    blue, yellow, orange, red = (_share(int(severity[level]), alarms) for level in LEVELS)
    worst = int(np.argmax(running)) if alarms else 0
    return Figures(
        since_us=since_us,
        until_us=until_us,
        operators=operators,
        alarms=alarms,
        per_ten_minutes=alarms * TEN_MINUTES_US / (until_us - since_us) / operators,
        most_in_a_period=int(count.max(initial=0)) / operators,
        most_start_us=since_us + (int(busy[count.argmax()]) * TEN_MINUTES_US if busy.size else 0),
        acceptable_share=1.0 - int((count > criteria.acceptable * operators).sum()) / periods,
        manageable_share=1.0 - int((count > criteria.manageable * operators).sum()) / periods,
        excessive_share=int((count > criteria.excessive * operators).sum()) / periods,
        peak=int(running[worst]) / operators if alarms else 0.0,
        peak_end_us=int(times_us[worst]) if alarms else since_us,
        floods=floods,
        flood_share=sum(one.end_us - one.start_us for one in floods) / (until_us - since_us),
        chattering=chatterers.entries,
        chattering_share=chatterers.share,
        stale=stale[0],
        stale_open=stale[1],
        stale_at_once=stale[2],
        top_alarms=names.top_alarms(names.alarm, criteria.most),
        top_rules=names.top_rules(criteria.most),
        top_subjects=names.top_subjects(criteria.most),
        priority_share=(blue, yellow, orange, red),
    )


class _Names:
    """Numbers instead of names: the rules, subjects and alarms of n raises."""

    def __init__(self, rule: NDArray[np.str_], subject: NDArray[np.str_]) -> None:
        self._rules, self._rule = np.unique(rule, return_inverse=True)
        self._subjects, self._subject = np.unique(subject, return_inverse=True)
        self.alarm = self._rule * self._subjects.size + self._subject
        """(n,) which rule on which subject."""

    def top_alarms(self, alarm: NDArray[np.intp], most: int) -> Top:
        """Return the most frequent of some raises, and their share of all raises."""
        found = []
        for number, count in _most(alarm, most):
            rule, subject = divmod(number, self._subjects.size)
            found.append(Frequent(str(self._rules[rule]), str(self._subjects[subject]), count))
        return self._top(found)

    def top_rules(self, most: int) -> Top:
        return self._top(
            [Frequent(str(self._rules[number]), "", n) for number, n in _most(self._rule, most)]
        )

    def top_subjects(self, most: int) -> Top:
        names = self._subjects
        return self._top(
            [Frequent("", str(names[number]), n) for number, n in _most(self._subject, most)]
        )

    def _top(self, found: list[Frequent]) -> Top:
        return Top(tuple(found), _share(sum(one.alarms for one in found), int(self.alarm.size)))


def _most(numbers: NDArray[np.intp], most: int) -> list[tuple[int, int]]:
    """Return the most frequent numbers and how often each is there; smaller ones first."""
    values, counts = np.unique(numbers, return_counts=True)
    order = np.argsort(-counts, kind="stable")[:most]
    return [(int(values[at]), int(counts[at])) for at in order]


def _running(
    starts_us: NDArray[np.int64], ends_us: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the times at which the number of stretches under way may change, and that number.

    Stretches include their start and exclude their end.
    """
    times_us, edge = np.unique(np.concatenate([starts_us, ends_us]), return_inverse=True)
    change = np.zeros(times_us.size, dtype=np.int64)
    np.add.at(change, edge[: starts_us.size], 1)
    np.subtract.at(change, edge[starts_us.size :], 1)
    return times_us, np.cumsum(change)


def _floods(
    raised_us: NDArray[np.int64],
    times_us: NDArray[np.int64],
    running: NDArray[np.int64],
    until_us: int,
    operators: int,
    criteria: Criteria,
) -> tuple[Flood, ...]:
    """Return the floods among raises in order of time; between the two limits nothing changes."""
    begins = running >= criteria.flood_begins * operators
    decided = np.flatnonzero(begins | (running < criteria.flood_ends * operators))
    # Of the times that decide, those where the decision is another one than before.
    turns = decided[np.diff(begins[decided], prepend=False)]
    found = []
    # The last time decides that nothing comes any more, so every flood has an end.
    for first, last in zip(turns[::2], turns[1::2], strict=True):
        start_us, end_us = int(times_us[first]), min(int(times_us[last]), until_us)
        before, after = np.searchsorted(raised_us, [start_us - TEN_MINUTES_US + 1, end_us])
        found.append(
            Flood(start_us, end_us, int(after - before), int(running[first:last].max()) / operators)
        )
    return tuple(found)


def _chattering(
    alarm: NDArray[np.intp], raised_us: NDArray[np.int64], criteria: Criteria
) -> NDArray[np.intp]:
    """Return the alarm of each raise that is one of several within the time for chattering."""
    times = criteria.chatter_times
    order = np.lexsort((raised_us, alarm))
    of, at_us = alarm[order], raised_us[order]
    is_one = np.zeros(of.size, dtype=np.bool_)
    if of.size >= times:
        apart_us = at_us[times - 1 :] - at_us[: 1 - times]
        first = np.flatnonzero(
            (of[times - 1 :] == of[: 1 - times]) & (apart_us <= criteria.chatter_within_us)
        )
        for later in range(times):
            is_one[first + later] = True
    chatterers: NDArray[np.intp] = of[is_one]
    return chatterers


def _stale(
    history: History, since_us: int, until_us: int, criteria: Criteria
) -> tuple[int, int, int]:
    """Return how many alerts were stale, still are at the end, and were at the same time."""
    starts_us = np.maximum(history.raised_us + criteria.stale_us, since_us)
    ends_us = np.minimum(history.cleared_us, until_us)
    stale = starts_us < ends_us
    _, running = _running(starts_us[stale], ends_us[stale])
    return (
        int(stale.sum()),
        int((stale & (history.cleared_us >= until_us)).sum()),
        int(running.max(initial=0)),
    )


def _share(part: int, whole: int) -> float:
    return part / whole if whole else math.nan
