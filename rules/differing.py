"""What other rules would have changed: alerts before and after, set against each other.

An alert of one side is the same as one of the other if rule and subject are the same and they
overlap in time: there is an instant at which both are open. Each alert has at most one partner;
of one rule on one subject the earliest ones are paired first. So where one alert becomes two, the
first is the same and the second is gained; where two become one, the second is lost.

Of a pair the alert of the other side may be raised earlier or later. A pair counts if one of the
two was raised in the time looked at; an alert without a partner counts if it was raised in it. What
was raised before that time can be a partner, and is otherwise left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from rules.alerts import Severity, Transition
from rules.figures import OPEN, History
from rules.replaying import OpenAlert


class Change(StrEnum):
    """What became of an alert."""

    SAME = "same"
    EARLIER = "earlier"
    LATER = "later"
    GAINED = "gained"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Episode:
    """An alert from its raise to its end."""

    rule: str
    subject: str
    raised_us: int
    """µs since 1970."""
    cleared_us: int
    """Exclusive; `rules.figures.OPEN` where it is not over."""
    severity: Severity
    """The highest that it reached."""

    @property
    def end_us(self) -> int:
        """When it is over, exclusive: one that is cleared as it is raised lasts a microsecond."""
        return max(self.cleared_us, self.raised_us + 1)

    def overlaps(self, other: Episode) -> bool:
        """Whether there is an instant at which both are open."""
        return self.raised_us < other.end_us and other.raised_us < self.end_us


@dataclass(frozen=True, slots=True)
class Pair:
    """An alert before and the same one after; one of them may be missing."""

    before: Episode | None
    after: Episode | None

    @property
    def either(self) -> Episode:
        """The one that is there; of two the one before."""
        one = self.before or self.after
        assert one is not None  # noqa: S101 (a pair of nothing is never made)
        return one

    @property
    def change(self) -> Change:
        """What became of it."""
        if self.before is None:
            return Change.GAINED
        if self.after is None:
            return Change.LOST
        moved_us = self.after.raised_us - self.before.raised_us
        return Change.SAME if not moved_us else Change.EARLIER if moved_us < 0 else Change.LATER

    @property
    def graver(self) -> int:
        """1 if it reached a higher severity than before, -1 a lower one; 0 for no difference."""
        if self.before is None or self.after is None:
            return 0
        return (self.after.severity > self.before.severity) - (
            self.after.severity < self.before.severity
        )


def episodes(told: Iterable[Transition], carried: Iterable[OpenAlert] = ()) -> list[Episode]:
    """Return the alerts that some transitions tell of, in the order of their raise.

    Args:
        told: those of one alert in the order of their versions.
        carried: alerts that were open before the first of them.
    """
    found = {(one.rule, one.subject, one.raised_us): (OPEN, one.severity) for one in carried}
    for one in told:
        key = (one.rule, one.subject, one.raised_us)
        _, severity = found.get(key, (OPEN, Severity.NONE))
        found[key] = (one.at_us if one.is_end else OPEN, max(severity, one.severity))
    alerts = [Episode(*key, cleared_us, severity) for key, (cleared_us, severity) in found.items()]
    return sorted(alerts, key=_order)


def compare(
    before: Iterable[Episode], after: Iterable[Episode], from_us: int, until_us: int
) -> list[Pair]:
    """Return what became of the alerts of a time, by the time of the raise.

    Args:
        before: of one side, in any order; those open at the begin among them.
        after: of the other.
        from_us: begin of the time, inclusive.
        until_us: its end, exclusive.
    """
    sides: dict[tuple[str, str], tuple[list[Episode], list[Episode]]] = {}
    for side, alerts in enumerate((before, after)):
        for one in alerts:
            sides.setdefault((one.rule, one.subject), ([], []))[side].append(one)
    pairs = [
        pair
        for was, now in sides.values()
        for pair in _paired(sorted(was, key=_order), sorted(now, key=_order))
        if any(
            one is not None and from_us <= one.raised_us < until_us
            for one in (pair.before, pair.after)
        )
    ]
    return sorted(pairs, key=lambda pair: _order(pair.either))


def by_rule(pairs: Iterable[Pair]) -> dict[str, Counter[Change]]:
    """Return how often what became of the alerts of each rule, by the id of the rule."""
    found: dict[str, Counter[Change]] = {}
    for pair in pairs:
        found.setdefault(pair.either.rule, Counter())[pair.change] += 1
    return {rule: found[rule] for rule in sorted(found)}


def history(alerts: Sequence[Episode]) -> History:
    """Return alerts as columns, for `rules.figures.measure`."""
    return History(
        raised_us=np.array([one.raised_us for one in alerts], dtype=np.int64),
        cleared_us=np.array([one.cleared_us for one in alerts], dtype=np.int64),
        rule=np.array([one.rule for one in alerts], dtype=np.str_),
        subject=np.array([one.subject for one in alerts], dtype=np.str_),
        severity=np.array([int(one.severity) for one in alerts], dtype=np.int8),
    )


def _paired(was: Sequence[Episode], now: Sequence[Episode]) -> Iterable[Pair]:
    """Pair the alerts of one rule on one subject; both sides in the order of their raise."""
    left, right = list(reversed(was)), list(reversed(now))
    while left and right:
        if left[-1].overlaps(right[-1]):
            yield Pair(left.pop(), right.pop())
        elif left[-1].end_us <= right[-1].raised_us:
            yield Pair(left.pop(), None)
        else:
            yield Pair(None, right.pop())
    yield from (Pair(one, None) for one in reversed(left))
    yield from (Pair(None, one) for one in reversed(right))


def _order(one: Episode) -> tuple[int, str, str]:
    return one.raised_us, one.rule, one.subject
