"""A rule set: compiled rules over the datastreams of one city, immutable.

What the language makes (`CompiledRule`) and what the engine needs. A rule's subjects are numbered
in the order of `slots`; a *row* of the engine is one subject of one rule.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from devices import Catalogue, Quality
from rules.policy import Policy


@dataclass(frozen=True, slots=True, eq=False)
class CompiledRule:
    """One rule, ready to run; s subjects."""

    id: str
    version: int
    domain: str
    kind: str
    """Key of `rules.kinds.KINDS`."""
    parameters: Any
    """What the kind needs besides limits: the dataclass of its module in `rules.kinds`."""
    slots: NDArray[np.int32]
    """(s,) datastream of each subject, ascending and distinct where subjects are datastreams; else
    the first of its datastreams."""
    subjects: tuple[str, ...] | None
    """(s,) ids of gateways, places or devices; None where subjects are the datastreams."""
    on: NDArray[np.float64]
    """(u, 4) distinct limits by level, NaN where there is no such level."""
    off: NDArray[np.float64]
    """(u, 4) the same with the hysteresis taken off."""
    limits: NDArray[np.int32]
    """(s,) row of `on` and `off` for each subject."""
    limit_names: tuple[str, str, str, str]
    """Where the limit of each level comes from: a limit of the station, or `rule`."""
    falling: bool
    """In alarm at or below the limits instead of at or above them."""
    gate: tuple[Quality, ...]
    """Qualities that are judged, ascending."""
    policy: Policy
    value_unit: str
    """Unit of limits and values, as people read it."""
    value_decimals: int
    """Digits after the point that mean something of a value."""
    message_zh: str
    message_en: str
    plan: str = ""
    skill: str = ""

    @property
    def n(self) -> int:
        """Number of subjects."""
        return int(self.slots.shape[0])

    def subject(self, index: int, catalogue: Catalogue) -> str:
        """Return the id of a subject."""
        if self.subjects is not None:
            return self.subjects[index]
        return catalogue.datastreams[int(self.slots[index])].id


@dataclass(frozen=True, slots=True, eq=False)
class Family:
    """All rows of one kind and one gate, r of them, so that one pass of columns judges them all.

    Rows of kinds that are judged at readings stand in the order of datastreams, those of kinds that
    are judged at ticks in the order of rules.
    """

    kind: str
    gate: int
    """Index into `RuleSet.gates`."""
    rules: tuple[CompiledRule, ...]
    rule: NDArray[np.int32]
    """(r,) index into `rules`."""
    subject: NDArray[np.int32]
    """(r,) subject of its rule."""
    slot: NDArray[np.int32]
    """(r,) its datastream."""
    limit: NDArray[np.int32]
    """(r,) row of `on` and `off`."""
    on: NDArray[np.float64]
    """(u, 4) limits of all its rules."""
    off: NDArray[np.float64]
    at_rest: NDArray[np.float64]
    """(u, 3) bounds of rows with which nothing is the matter, see `rules.bounds`."""
    first: NDArray[np.int32]
    """(datastreams + 1,) where the rows of each datastream begin; empty for kinds of ticks."""
    only: NDArray[np.intp]
    """(datastreams,) the row of each datastream, -1 where it has none; empty where one has more."""
    most: int
    """Most rows that one datastream has."""
    starts: tuple[int, ...]
    """Where the rows of each rule begin, and where all end; empty for kinds of readings."""

    @property
    def n(self) -> int:
        """Number of rows."""
        return int(self.slot.shape[0])

    def rule_of(self, row: int) -> CompiledRule:
        """Return the rule of a row."""
        return self.rules[int(self.rule[row])]

    def rows_of(self, slots: NDArray[np.int32]) -> tuple[NDArray[np.intp], NDArray[np.intp] | None]:
        """Return the rows of some datastreams, and which of the datastreams each belongs to.

        None instead of the second where each datastream has just one row.
        """
        if self.most <= 1:
            rows = self.only.take(slots)
            has = rows >= 0
            if has.all():
                return rows, None
            at = np.flatnonzero(has)
            return rows[at], at
        first = self.first[slots]
        count = self.first[slots + 1] - first
        at = np.repeat(np.arange(slots.size), count)
        within = np.arange(at.size) - np.repeat(np.cumsum(count) - count, count)
        return (first[at] + within).astype(np.intp), at


@dataclass(frozen=True, slots=True, eq=False)
class RuleSet:
    """All rules in force together."""

    catalogue: Catalogue
    rules: tuple[CompiledRule, ...]
    """In the order of their ids; a silence rule before the one for gateways that it folds into."""
    digest: str
    """SHA-256 of the texts, hexadecimal: which rules judged."""
    gates: tuple[tuple[Quality, ...], ...]
    """The sets of qualities that rules judge."""
    watched: tuple[NDArray[np.bool_], ...]
    """By gate, (datastreams,): which ones some rule judges."""
    families: tuple[Family, ...]
    heard: NDArray[np.bool_]
    """(datastreams,) those whose silence some rule judges."""
    period_end_us: NDArray[np.int64]
    """(datastreams,) how long after its phenomenon time a reading's period ends."""
    period_us: NDArray[np.int64]
    """(datastreams,) sampling period."""
