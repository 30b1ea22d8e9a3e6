"""What happened to alerts, cases and crews in a stretch of time, as numbers.

A shift, a day, a week and a month are counted alike: who compares them compares the same things.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec
import numpy as np

from devices import DOMAINS
from devices.calendar import DAY_US, HOUR_US
from dispatch.queue import Priority
from rules.alerts import Severity
from rules.figures import OPEN, TEN_MINUTES_US, Figures, History, measure


class PastAlert(msgspec.Struct, frozen=True):
    """An alert as far as counting needs it."""

    id: str
    rule: str
    subject: str
    domain: str
    severity: str
    """Warning colour, the last one it had."""
    raised_us: int
    cleared_us: int | None
    """None while it is active."""
    acknowledged_us: int | None
    """None where nobody did, or where it was told anew since."""
    suppressed: bool
    """It was not told: schedule, maintenance, a silent gateway."""


class Count(msgspec.Struct, frozen=True):
    """Alerts of one priority in one domain."""

    priority: int
    """1 to 4."""
    domain: str
    raised: int
    """Within the stretch."""
    cleared: int
    """Within the stretch, whenever they were raised."""
    active: int
    """At its end."""


class Wait(msgspec.Struct, frozen=True):
    """How long alerts of one priority, raised within the stretch, waited to be acknowledged."""

    priority: int
    told: int
    """Raised and not suppressed."""
    acknowledged: int
    """Of them, until now."""
    median_s: float | None
    """Of those that were; None without one."""
    longest_s: float | None


class Load(msgspec.Struct, frozen=True):
    """Rates of EEMUA 191 and ISA-18.2, as `rules.figures` has them; suppressed alerts too."""

    operators: int
    alarms: int
    per_ten_minutes: float
    """Per operator, on average."""
    most_in_a_period: float
    """Per operator, in the worst 10 minutes."""
    acceptable_share: float
    """Of all periods of 10 minutes."""
    floods: int
    flood_share: float
    """Of the time."""
    chattering: int
    stale: int


class Bar(msgspec.Struct, frozen=True):
    """Alerts raised in one hour, or in one day."""

    start_us: int
    """Inclusive, µs since 1970."""
    by_priority: tuple[int, int, int, int]
    """P1 first."""


class StageCount(msgspec.Struct, frozen=True):
    """Cases that stand at one stage."""

    stage: str
    open: int
    late: int
    """Of them, whose limit is over."""


class Work(msgspec.Struct, frozen=True):
    """What became of cases, incidents and crews in the stretch."""

    cases_opened: int
    cases_closed: int
    cases_in_time: int
    """Closed, and no clock of theirs ever ended too late."""
    incidents_opened: int
    incidents_closed: int
    assignments: int
    """Crews sent."""
    accepted_median_s: float | None
    """How long crews took to accept; None where none did."""
    escalations: int
    """Posts told because nobody accepted."""


class Activity(msgspec.Struct, frozen=True):
    """The numbers of a stretch of time."""

    from_us: int
    """Inclusive, µs since 1970."""
    until_us: int
    """Exclusive."""
    counts: tuple[Count, ...]
    """Where there is something to count: P1 first, domains in their usual order."""
    suppressed: int
    """Of the raised ones, so many were not told."""
    waits: tuple[Wait, ...]
    """P1 to P4."""
    load: Load | None
    """None of a stretch shorter than 10 minutes."""
    bars: tuple[Bar, ...]
    """Of one hour each; of one day each where the stretch is longer than `DAILY_FROM_US`."""
    stages: tuple[StageCount, ...]
    """At the end."""
    work: Work

    @property
    def raised(self) -> int:
        """Alerts raised in the stretch."""
        return sum(one.raised for one in self.counts)

    @property
    def cleared(self) -> int:
        """Alerts cleared in the stretch."""
        return sum(one.cleared for one in self.counts)

    @property
    def active(self) -> int:
        """Alerts active at its end."""
        return sum(one.active for one in self.counts)

    @property
    def is_daily(self) -> bool:
        """Whether bars are days."""
        return self.until_us - self.from_us > DAILY_FROM_US


DAILY_FROM_US: Final = 2 * DAY_US
"""A longer stretch has one bar for each day, else for each hour."""


def activity(
    alerts: Sequence[PastAlert],
    from_us: int,
    until_us: int,
    operators: int,
    stages: Iterable[StageCount],
    work: Work,
) -> Activity:
    """Return the numbers of a stretch of time.

    Args:
        alerts: raised before its end and not over before its begin, in any order; others do not
            count.
        from_us: begin, inclusive, µs since 1970; for bars of days the begin of a day in Beijing.
        until_us: end, exclusive.
        operators: how many people share the alarms.
        stages: of cases at the end.
        work: what became of cases and crews.
    """
    chosen = [one for one in alerts if one.raised_us < until_us
              and (one.cleared_us is None or one.cleared_us >= from_us)]  # fmt: skip
    raised = [one for one in chosen if one.raised_us >= from_us]
    return Activity(
        from_us=from_us,
        until_us=until_us,
        counts=_counts(chosen, from_us, until_us),
        suppressed=sum(one.suppressed for one in raised),
        waits=tuple(_wait(priority, raised) for priority in Priority),
        load=_load(chosen, from_us, until_us, operators),
        bars=_bars(raised, from_us, until_us),
        stages=tuple(stages),
        work=work,
    )


def by_domain(found: Activity) -> dict[str, tuple[int, int, int, int]]:
    """Return how many alerts were raised in each domain, P1 first; all domains."""
    sums: Mapping[str, list[int]] = {domain: [0, 0, 0, 0] for domain in DOMAINS}
    for one in found.counts:
        sums[one.domain][one.priority - 1] += one.raised
    return {domain: (n[0], n[1], n[2], n[3]) for domain, n in sums.items()}


def _counts(chosen: Sequence[PastAlert], from_us: int, until_us: int) -> tuple[Count, ...]:
    raised: Counter[tuple[int, str]] = Counter()
    cleared: Counter[tuple[int, str]] = Counter()
    active: Counter[tuple[int, str]] = Counter()
    for one in chosen:
        key = (int(Priority.of_colour(one.severity)), one.domain)
        raised[key] += one.raised_us >= from_us
        is_over = one.cleared_us is not None and one.cleared_us < until_us
        (cleared if is_over else active)[key] += 1
    return tuple(
        Count(priority, domain, *numbers)
        for priority in (int(one) for one in Priority)
        for domain in DOMAINS
        if any(numbers := [one[priority, domain] for one in (raised, cleared, active)])
    )


def _wait(priority: Priority, raised: Iterable[PastAlert]) -> Wait:
    told = [one for one in raised if one.severity == priority.colour and not one.suppressed]
    # An alert carries the time of the log, an acknowledgement that of people: no wait is below 0.
    waits_s = [max(0, one.acknowledged_us - one.raised_us) / 1e6
               for one in told if one.acknowledged_us is not None]  # fmt: skip
    return Wait(
        int(priority), len(told), len(waits_s),
        float(np.median(waits_s)) if waits_s else None, max(waits_s, default=None),
    )  # fmt: skip


def _load(chosen: Sequence[PastAlert], from_us: int, until_us: int, operators: int) -> Load | None:
    if until_us - from_us < TEN_MINUTES_US:
        return None
    number = {one.word: int(one) for one in Severity}
    history = History(
        raised_us=np.array([one.raised_us for one in chosen], dtype=np.int64),
        cleared_us=np.array(
            [OPEN if one.cleared_us is None else one.cleared_us for one in chosen], dtype=np.int64
        ),
        rule=np.array([one.rule for one in chosen], dtype=np.str_),
        subject=np.array([one.subject for one in chosen], dtype=np.str_),
        severity=np.array([number[one.severity] for one in chosen], dtype=np.int8),
    )
    return load_of(measure(history, from_us, until_us, operators))


def load_of(found: Figures) -> Load:
    """Return what of the figures stands in a handover."""
    return Load(
        found.operators, found.alarms, found.per_ten_minutes, found.most_in_a_period,
        found.acceptable_share, len(found.floods), found.flood_share, len(found.chattering),
        found.stale,
    )  # fmt: skip


def _bars(raised: Iterable[PastAlert], from_us: int, until_us: int) -> tuple[Bar, ...]:
    width_us = DAY_US if until_us - from_us > DAILY_FROM_US else HOUR_US
    columns = [[0, 0, 0, 0] for _ in range(math.ceil((until_us - from_us) / width_us))]
    for one in raised:
        columns[(one.raised_us - from_us) // width_us][Priority.of_colour(one.severity) - 1] += 1
    return tuple(
        Bar(from_us + at * width_us, (n[0], n[1], n[2], n[3])) for at, n in enumerate(columns)
    )
