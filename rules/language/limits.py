"""Limits of a rule's subjects: few distinct rows of them, and which row each subject has."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rules.alerts import LEVELS
from rules.language.columns import Coded, Columns, Slots
from rules.language.fields import DurationLimit, Levels, Limit, Number, SilenceLimit
from rules.language.mistakes import nearest
from rules.language.yaml_lines import At

RULE = "rule"
"""Name of a limit that is no station's own."""


class Limits(NamedTuple):
    """What `rules.ruleset.CompiledRule` holds of limits, and which subjects have any."""

    on: NDArray[np.float64]
    """(u, 4)"""
    off: NDArray[np.float64]
    """(u, 4)"""
    rows: NDArray[np.int32]
    """(s,) row by subject."""
    names: tuple[str, str, str, str]
    kept: NDArray[np.intp]
    """(s,) positions of the subjects among those asked for: those with a level."""


class _Term(NamedTuple):
    """Where one level begins, by slot."""

    column: Coded | None
    """None: the same for all."""
    factor: float
    plus: float

    def of(self, slots: Slots) -> NDArray[np.float64]:
        if self.column is None:
            return np.full(slots.size, self.plus)
        return self.column.values[self.column.codes[slots]] * self.factor + self.plus


def of_stations(
    levels: Levels[Limit] | Levels[DurationLimit] | Levels[SilenceLimit] | Levels[Number],
    columns: Columns,
    slots: Slots,
    at: At,
    *,
    falling: bool = False,
    hysteresis: float = 0.0,
    never_negative: bool = False,
) -> Limits:
    """Return the limits of some datastreams.

    Args:
        levels: as the rule says.
        columns: of the city.
        slots: (n,) which datastreams, ascending.
        at: the rule.
        falling: whether lower is worse.
        hysteresis: in the unit of the limits.
        never_negative: whether what is judged never is, so that a limit of 0 would be no limit.

    Raises:
        RuleError: a limit that no station has, or levels that do not grow towards red.
    """
    terms: list[_Term | None] = [None] * len(LEVELS)
    names = [""] * len(LEVELS)
    for index, word, one in levels.given():
        terms[index], names[index] = _term(one, word, columns, slots, at)
    first, rows = _distinct([one for one in terms if one is not None], slots)
    on = np.full((first.size, len(LEVELS)), np.nan)
    for index, term in enumerate(terms):
        if term is not None:
            on[:, index] = term.of(slots[first])
    some = ~np.isnan(on).all(axis=1)
    kept = np.flatnonzero(some[rows])
    number = (np.cumsum(some) - 1).astype(np.int32)
    sign = -1.0 if falling else 1.0
    _check_order(on, sign, columns, slots[first], at)
    off = on - sign * hysteresis
    if never_negative:
        _check_end(on, off, levels, at)
    return Limits(
        on[some], off[some], number[rows[kept]], (names[0], names[1], names[2], names[3]), kept
    )


def one_row(on: Sequence[float], count: int) -> Limits:
    """Return the same limits for some subjects, NaN where there is no such level."""
    row = np.array([on], dtype=np.float64)
    names = ["" if math.isnan(one) else RULE for one in on]
    return Limits(
        row, row.copy(), np.zeros(count, dtype=np.int32),
        (names[0], names[1], names[2], names[3]), np.arange(count),
    )  # fmt: skip


def _term(
    limit: Limit | DurationLimit | SilenceLimit | Number,
    level: str,
    columns: Columns,
    slots: Slots,
    at: At,
) -> tuple[_Term, str]:
    if limit.value is not None:
        return _Term(None, 0.0, limit.value), RULE
    if isinstance(limit, SilenceLimit) and limit.periods is not None:
        return _Term(columns.period, limit.periods, 0.0), RULE
    assert not isinstance(limit, Number)  # noqa: S101 # it has a value
    name = str(limit.limit)
    plus = limit.plus if isinstance(limit, Limit) else 0.0
    return _Term(
        station_limit(name, columns, slots, at, ("levels", level, "limit")), 1.0, plus
    ), name


def station_limit(
    name: str, columns: Columns, slots: Slots, at: At, field: tuple[str | int, ...]
) -> Coded:
    """Return the column of a limit that some station must have.

    Raises:
        RuleError: none has it.
    """
    column = columns.limit(name)
    if not column.codes[slots].any():
        known = columns.limits_of(slots)
        raise at.error(field, f"no station has {name!r}{nearest(name, known)}")
    return column


def _distinct(terms: Sequence[_Term], slots: Slots) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the first subject of each distinct combination, and the combination of each subject.

    Combinations and not the limits themselves, because codes are small integers and sort fast.
    """
    first = np.zeros(min(slots.size, 1), dtype=np.intp)
    rows = np.zeros(slots.size, dtype=np.intp)
    for column in {id(one.column): one.column for one in terms if one.column}.values():
        both = rows * column.values.size + column.codes[slots]
        _, first, rows = np.unique(both, return_index=True, return_inverse=True)
    return first, rows


def _check_order(
    on: NDArray[np.float64], sign: float, columns: Columns, slots: Slots, at: At
) -> None:
    """Refuse levels that do not grow towards red; rows of `on` are those of some datastreams."""
    for low, high in itertools.combinations(range(len(LEVELS)), 2):
        wrong = np.flatnonzero(sign * on[:, high] <= sign * on[:, low])
        if wrong.size:
            row = int(wrong[0])
            weaker, stronger = LEVELS[low].word, LEVELS[high].word
            side = "above" if sign > 0 else "below"
            raise at.error(
                ("levels", stronger),
                f"{on[row, high]:g} of {columns.name(int(slots[row]))} is not {side} {weaker} "
                f"{on[row, low]:g}; {stronger} must be {side} {weaker}",
            )


def _check_end(
    on: NDArray[np.float64],
    off: NDArray[np.float64],
    levels: Levels[Limit] | Levels[DurationLimit] | Levels[SilenceLimit] | Levels[Number],
    at: At,
) -> None:
    for index, word, _ in levels.given():
        if (on[:, index] <= 0).any():
            raise at.error(
                ("levels", word), f"{np.nanmin(on[:, index]):g} is always reached; begin above 0"
            )
        if (off[:, index] <= 0).any():
            raise at.error(
                ("hysteresis",),
                f"leaves {np.nanmin(off[:, index]):g} to clear {word}, which is never below; "
                f"it must be smaller than the lowest level",
            )
