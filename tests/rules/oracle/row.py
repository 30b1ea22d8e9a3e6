"""One subject of one rule: from values to severity (sections 3 and 4)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from devices import Catalogue
from rules.kinds.combine import Boolean
from rules.kinds.count import Count
from rules.ruleset import CompiledRule
from tests.rules.oracle import values
from tests.rules.oracle.alert import Alerts
from tests.rules.oracle.history import READING_KINDS, History, Judged
from tests.rules.oracle.level import Level


class Change(NamedTuple):
    """One change of severity."""

    at_us: int
    before: int
    after: int
    begun_us: int | None
    """When what is in alarm since was first met; None where nothing new is."""


class Row:
    """One subject of one rule."""

    def __init__(
        self, rule: CompiledRule, index: int, catalogue: Catalogue, history: History
    ) -> None:
        self.rule = rule
        self.index = index
        self.slot = int(rule.slots[index])
        self.subject = rule.subject(index, catalogue)
        self.is_of_readings = rule.kind in READING_KINDS
        self.history = history
        limits = int(rule.limits[index])
        self.levels = [
            Level(float(on), float(off), falling=rule.falling, policy=rule.policy)
            for on, off in zip(rule.on[limits], rule.off[limits], strict=True)
        ]
        self.changes: list[Change] = []
        self.alerts = Alerts(rule.id, self.subject, rule.policy)
        self.dropped_out: set[int] = set()
        """Occurrences of a count that are over, by time."""

    @property
    def severity(self) -> int:
        return max(
            (number for number, level in enumerate(self.levels, 1) if level.is_active), default=0
        )

    @property
    def begun_us(self) -> int | None:
        """When what is in alarm now was first met."""
        return next((one.begun_us for one in reversed(self.changes) if one.before == 0), None)

    def read(self) -> None:
        """Judge the newest judged reading of the row's datastream."""
        *earlier, newest = self.history.judged(self.rule.gate, self.slot)
        self._pass_time(newest.time_us, earlier)
        self._evaluate(newest.time_us, [*earlier, newest])
        self.settle(newest.time_us)

    def pass_time(self, now_us: int) -> None:
        """Let everything that is over by now be over."""
        self._pass_time(now_us, self.history.judged(self.rule.gate, self.slot))

    def tick(self, now_us: int) -> None:
        """Judge at a tick what is judged at ticks."""
        self.pass_time(now_us)
        if not self.is_of_readings:
            self._evaluate(now_us, [])
            self.settle(now_us)

    def _pass_time(self, now_us: int, readings: Sequence[Judged]) -> None:
        if isinstance(self.rule.parameters, Count):
            for time_us in values.occurrences(self.rule.parameters, readings):
                over_us = time_us + self.rule.parameters.within_us
                if time_us not in self.dropped_out and over_us <= now_us:
                    self.settle(over_us)
                    self.dropped_out.add(time_us)
                    self._evaluate(over_us, readings)
                    self.settle(over_us)
        self.settle(now_us)

    def _evaluate(self, now_us: int, readings: Sequence[Judged]) -> None:
        if isinstance(self.rule.parameters, Boolean):
            met = values.boolean(self.rule, self.rule.parameters, self.index, self.history, now_us)
        else:
            value = self._value(now_us, readings)
            met = [None if value is None else level.is_reached_by(value) for level in self.levels]
        repeat = self.rule.policy.repeat if self.is_of_readings else None
        for level, one in zip(self.levels, met, strict=True):
            if one is not None:
                level.evaluated(now_us, one, repeat)

    def _value(self, now_us: int, readings: Sequence[Judged]) -> float | None:
        if isinstance(self.rule.parameters, Count):
            times_us = values.occurrences(self.rule.parameters, readings)
            lasting = [time for time in times_us if time not in self.dropped_out]
            return values.count(self.rule.parameters, lasting, now_us)
        if self.is_of_readings:
            return values.at_reading(self.rule, readings)
        return values.at_tick(self.rule, self.index, self.history, now_us)

    def settle(self, now_us: int) -> None:
        """Let timers be over: one change of severity at most."""
        due = [(level, level.due_us(now_us), level.since_us) for level in self.levels]
        flipping = [(level, at_us, since) for level, at_us, since in due if at_us is not None]
        if flipping:
            before = self.severity
            begun_us = min(
                (
                    since
                    for level, _, since in flipping
                    if not level.is_active and since is not None
                ),
                default=None,
            )
            for level, _, _ in flipping:
                level.flip()
            if self.severity != before:
                at_us = max(at_us for _, at_us, _ in flipping)
                self.changes.append(Change(at_us, before, self.severity, begun_us))
                self.alerts.changed(at_us, self.severity, begun_us)
        self.alerts.settled(now_us, self.severity)
