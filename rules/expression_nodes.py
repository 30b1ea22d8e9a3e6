"""What a checked expression is made of: small frozen nodes that compute whole columns at once.

A value is a number or NaN, which means unknown; of a condition it is 1 (true), 0 (false) or NaN.
What cannot be computed (a division by zero, an overflow) is unknown: nothing here is ever infinite.
`rules.expression` makes sure that conditions and numbers are not mixed; nodes rely on it.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Column = NDArray[np.float64]
"""(m,), or () where all m values are the same."""


class Node(Protocol):
    """One operation and what it works on."""

    def evaluate(self, values: NDArray[np.float64]) -> Column:
        """Return the value for each column of `values`, (names, m) → (m,) or ()."""
        ...


@dataclass(frozen=True, slots=True)
class Number:
    """A number of the text."""

    value: float
    """Finite."""

    def evaluate(self, values: NDArray[np.float64]) -> Column:  # noqa: ARG002 - all nodes are asked alike
        """Return it, whatever the values are."""
        return np.array(self.value)


@dataclass(frozen=True, slots=True)
class Named:
    """A value that comes in."""

    row: int

    def evaluate(self, values: NDArray[np.float64]) -> Column:
        """Return its row."""
        return _known(values[self.row])


@dataclass(frozen=True, slots=True)
class Computed:
    """Arithmetic: + - * /, unary minus, abs, min and max. Unknown where any part is."""

    function: np.ufunc
    """Of one or two columns; NaN in any gives NaN."""
    parts: tuple[Node, ...]
    """As many as the function takes; more are taken together from the left."""

    def evaluate(self, values: NDArray[np.float64]) -> Column:
        """Return what the function makes of the parts."""
        first, *others = (part.evaluate(values) for part in self.parts)
        if not others:
            return _known(self.function(first))
        for other in others:
            first = _known(self.function(first, other))
        return first


@dataclass(frozen=True, slots=True)
class Compared:
    """A comparison, or several in a chain: `0 < a <= 5` is `0 < a and a <= 5`."""

    functions: tuple[np.ufunc, ...]
    parts: tuple[Node, ...]
    """One more than functions."""

    def evaluate(self, values: NDArray[np.float64]) -> Column:
        """Return whether all comparisons hold."""
        columns = [part.evaluate(values) for part in self.parts]
        held = []
        for function, left, right in zip(self.functions, columns[:-1], columns[1:], strict=True):
            unknown = np.isnan(left) | np.isnan(right)
            held.append(np.where(unknown, np.nan, function(left, right)))
        return functools.reduce(_both, held)


@dataclass(frozen=True, slots=True)
class All:
    """And: false if one part is false, else unknown if one is unknown.

    Source:
        Kleene, Introduction to Metamathematics, § 64: the strong three-valued connectives.
    """

    parts: tuple[Node, ...]

    def evaluate(self, values: NDArray[np.float64]) -> Column:
        """Return whether all parts hold."""
        return functools.reduce(_both, (part.evaluate(values) for part in self.parts))


@dataclass(frozen=True, slots=True)
class Any:
    """Or: true if one part is true, else unknown if one is unknown. Source: as `All`."""

    parts: tuple[Node, ...]

    def evaluate(self, values: NDArray[np.float64]) -> Column:
        """Return whether one part holds."""
        return functools.reduce(_either, (part.evaluate(values) for part in self.parts))


@dataclass(frozen=True, slots=True)
class Not:
    """True where the part is false; unknown where it is unknown."""

    part: Node

    def evaluate(self, values: NDArray[np.float64]) -> Column:
        """Return the opposite."""
        opposite: Column = np.subtract(1.0, self.part.evaluate(values))
        return opposite


def _both(left: Column, right: Column) -> Column:
    return np.where((left == 0.0) | (right == 0.0), 0.0, left * right)


def _either(left: Column, right: Column) -> Column:
    return np.where((left == 1.0) | (right == 1.0), 1.0, left + right)


def _known(column: Column) -> Column:
    return np.where(np.isfinite(column), column, np.nan)
