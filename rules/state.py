"""The engine's memory of one partition of the log: arrays by rule and subject.

A state is never changed: a step returns another one, which shares the arrays it did not touch.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rules.alerts import Severity
from rules.ruleset import CompiledRule, RuleSet

NEVER = np.iinfo(np.int64).min
"""The time of what has not happened."""


@dataclass(frozen=True, slots=True, eq=False)
class SubjectState:
    """What one rule remembers of its s subjects. Times are µs since 1970."""

    judged_us: NDArray[np.int64]
    """(s,) phenomenon time of the newest judged reading, or `NEVER`."""
    result: NDArray[np.float64]
    """(s,) that reading's result; NaN before the first."""
    active: NDArray[np.bool_]
    """(s, 4) levels in alarm."""
    pending_us: NDArray[np.int64]
    """(s, 4) since when the condition contradicts `active`, or `NEVER` where it agrees."""
    first_exceeded_us: NDArray[np.int64]
    """(s,) reading that began the open alert, or `NEVER`."""
    raised_us: NDArray[np.int64]
    """(s,) when the open alert was raised, or `NEVER`."""
    version: NDArray[np.int32]
    """(s,) transitions of the open alert so far; 0 without one."""

    def copy(self) -> SubjectState:
        """Return one whose arrays may be changed."""
        return SubjectState(*(getattr(self, name).copy() for name in self.__slots__))

    def severity(self, subject: NDArray[np.intp]) -> NDArray[np.int8]:
        """Return the highest level in alarm of each of (m,) subjects, 0 for none."""
        weights = np.arange(1, len(Severity), dtype=np.int8)
        severity: NDArray[np.int8] = (self.active[subject] * weights).max(axis=1)
        return severity


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """Memory of all rules over one partition."""

    time_us: int
    """Largest tick seen, µs since 1970; `NEVER` before the first. Nothing is decided by it."""
    subjects: tuple[SubjectState, ...]
    """By rule, in the order of the rule set."""


def empty_subjects(rule: CompiledRule) -> SubjectState:
    """Return the memory of a rule that has seen nothing."""
    return SubjectState(
        judged_us=np.full(rule.n, NEVER),
        result=np.full(rule.n, np.nan),
        active=np.zeros((rule.n, 4), dtype=np.bool_),
        pending_us=np.full((rule.n, 4), NEVER),
        first_exceeded_us=np.full(rule.n, NEVER),
        raised_us=np.full(rule.n, NEVER),
        version=np.zeros(rule.n, dtype=np.int32),
    )


def empty(rule_set: RuleSet) -> State:
    """Return the state before the first record."""
    return State(int(NEVER), tuple(empty_subjects(rule) for rule in rule_set.rules))
