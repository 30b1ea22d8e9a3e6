"""Several datastreams of one subject, judged together at each tick: conditions and expressions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rules.expression import Program


@dataclass(frozen=True, slots=True, eq=False)
class Inputs:
    """Which datastreams a subject's names mean; s subjects, c names."""

    names: tuple[str, ...]
    slots: NDArray[np.int32]
    """(s, c); -1 where the subject has no such datastream: always unknown."""
    max_age_us: NDArray[np.int64]
    """(s, c) older results are unknown."""


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


@dataclass(frozen=True, slots=True, eq=False)
class Expression:
    """An arithmetic expression over the inputs is the value."""

    inputs: Inputs
    program: Program
