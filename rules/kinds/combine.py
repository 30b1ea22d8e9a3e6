"""Several datastreams of one subject, judged together at each tick: conditions and expressions."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from rules.expression import Program
from rules.kinds.known import Known


@dataclass(frozen=True, slots=True, eq=False)
class Inputs:
    """Which datastreams a subject's names mean; s subjects, c names."""

    names: tuple[str, ...]
    slots: NDArray[np.int32]
    """(s, c); -1 where the subject has no such datastream: always unknown."""
    max_age_us: NDArray[np.int64]
    """(s, c) older results are unknown."""

    def of(self, subjects: NDArray[np.intp]) -> Inputs:
        """Return those of some subjects."""
        return replace(self, slots=self.slots[subjects], max_age_us=self.max_age_us[subjects])


@dataclass(frozen=True, slots=True, eq=False)
class Boolean:
    """Conditions joined by and, or, not; each level by an expression of its own."""

    inputs: Inputs
    limit: NDArray[np.float64]
    """(s, c) of each condition; NaN: always unknown."""
    falling: NDArray[np.bool_]
    """(c,) at or below instead of at or above."""
    programs: tuple[Program | None, ...]
    """Of each level, blue first, over the conditions in the order of names; None: no such level."""

    def of(self, subjects: NDArray[np.intp]) -> Boolean:
        """Return the same for some subjects."""
        return replace(self, inputs=self.inputs.of(subjects), limit=self.limit[subjects])


@dataclass(frozen=True, slots=True, eq=False)
class Expression:
    """An arithmetic expression over the inputs is the value."""

    inputs: Inputs
    program: Program

    def of(self, subjects: NDArray[np.intp]) -> Expression:
        """Return the same for some subjects."""
        return replace(self, inputs=self.inputs.of(subjects))


def wanted(boolean: Boolean, known: Known) -> NDArray[np.float64]:
    """Return which levels are wanted: (s, 4) of 1, 0 and NaN, which is unknown."""
    result = known.fresh(boolean.inputs.slots, boolean.inputs.max_age_us)
    met = np.where(boolean.falling, result <= boolean.limit, result >= boolean.limit)
    unknown = np.isnan(result) | np.isnan(boolean.limit)
    conditions = np.where(unknown, np.nan, met.astype(np.float64)).T
    levels = np.zeros((result.shape[0], 4))
    for level, program in enumerate(boolean.programs):
        if program is not None:
            levels[:, level] = program.evaluate(conditions)
    return levels


def value(expression: Expression, known: Known) -> NDArray[np.float64]:
    """Return the value of each of s subjects; NaN where it has none."""
    result = known.fresh(expression.inputs.slots, expression.inputs.max_age_us)
    found = expression.program.evaluate(result.T)
    return np.where(np.isfinite(found), found, np.nan)
