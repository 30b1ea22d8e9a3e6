"""The engine's memory of one partition of the log: columns for the many, objects for the few.

Equal states give equal checkpoints (`rules.checkpoint`), and nothing else is promised of what is
in here: bounds and timers follow from the rest and are made anew when a checkpoint is read.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rules.commands import Maintenance
from rules.kinds.rate import Rate, RateMemory
from rules.kinds.stuck import Stuck, StuckMemory
from rules.live import UNSET, Live
from rules.ruleset import Family, RuleSet

_NONE = np.empty(0, dtype=np.intp)

UNKNOWN_CODE = -1
"""Of levels wanted: compared with nothing yet."""


class FamilyState:
    """What one family remembers of its r rows."""

    def __init__(self, family: Family, owned: NDArray[np.bool_]) -> None:
        """Start with nothing the matter anywhere.

        Args:
            family: whose rows these are.
            owned: as `State.owned`.
        """
        self.bounds = family.at_rest[family.limit]
        """(r, 3), see `rules.bounds`."""
        self.live: dict[int, Live] = {}
        """Rows with which something is the matter."""
        self.timers: list[tuple[float, int]] = []
        """Heap of due and row; those that are no longer a row's due count for nothing."""
        self.value: NDArray[np.float64] | None = None
        """(r,) newest value of each row, where that is not the newest result."""
        self.code: NDArray[np.int16] | None = None
        """(r,) levels wanted at the last evaluation of conditions, in base 3."""
        self.memory: RateMemory | StuckMemory | None = None
        match family.kind:
            case "threshold":
                pass
            case "rate":
                rates: list[Rate] = [rule.parameters for rule in family.rules]
                self.memory = RateMemory(rates, family.rule)
            case "stuck":
                kinds: list[Stuck] = [rule.parameters for rule in family.rules]
                self.memory = StuckMemory(kinds, family.rule)
            case "boolean":
                self.code = np.full(family.n, UNKNOWN_CODE, dtype=np.int16)
        if family.kind != "threshold":
            self.value = np.full(family.n, np.nan)
        self.mine = np.flatnonzero(owned[family.slot]) if family.starts else _NONE
        """Rows of this partition, of kinds that are judged at ticks."""
        self.parts = tuple(_parts(family, self.mine))
        """Of each of their rules: parameters and datastreams of its subjects of this partition."""
        self.fresh: set[int] | None = None
        """Rows whose objects are this state's own; None: all are."""

    def copy(self) -> FamilyState:
        """Return one that may be changed; objects of rows are copied when first touched."""
        other = object.__new__(FamilyState)
        other.bounds = self.bounds.copy()
        other.live = self.live.copy()
        other.timers = self.timers.copy()
        other.value = None if self.value is None else self.value.copy()
        other.code = None if self.code is None else self.code.copy()
        other.memory = None if self.memory is None else self.memory.copy()
        other.mine, other.parts = self.mine, self.parts
        other.fresh = set()
        return other

    def touch(self, family: Family, row: int) -> Live:
        """Return a row's object, which may be changed; `rules.engine` forgets idle ones."""
        found = self.live.get(row)
        if found is None:
            found = self.live[row] = Live(int(family.slot[row]))
        elif self.fresh is not None and row not in self.fresh:
            found = self.live[row] = found.clone()
        if self.fresh is not None:
            self.fresh.add(row)
        return found


def _parts(family: Family, mine: NDArray[np.intp]) -> Iterator[tuple[Any, NDArray[np.int32]]]:
    if family.kind == "silence":
        return
    for index, rule in enumerate(family.rules):
        subjects = family.subject[mine[family.rule[mine] == index]].astype(np.intp)
        if subjects.size == rule.n:
            yield rule.parameters, rule.slots
        elif subjects.size:
            yield rule.parameters.of(subjects), rule.slots[subjects]


@dataclass(slots=True, eq=False)
class State:
    """Memory of all rules over one partition. Columns are by datastream of the whole city."""

    clock_us: int
    """Largest tick seen, µs since 1970; `UNSET` before the first."""
    command: int
    """Largest id of the commands seen; 0 before the first."""
    owned: NDArray[np.bool_]
    """Datastreams whose readings come by this partition; no others are judged."""
    judges: list[NDArray[np.bool_]]
    """By gate: those of them that some rule judges."""
    hears: NDArray[np.bool_]
    """Those of them whose silence some rule judges."""
    judged_us: list[NDArray[np.int64]]
    """By gate: phenomenon time of the newest judged reading, or `UNSET`."""
    result: list[NDArray[np.float64]]
    """By gate: that reading's result; NaN before the first."""
    quality: list[NDArray[np.int16]]
    """By gate: its quality."""
    heard_us: NDArray[np.int64]
    """When it was last heard, for those whose silence is judged, or `UNSET`."""
    maintenance: dict[int, Maintenance]
    """Announced and not over, by id."""
    parents: frozenset[str]
    """Gateways that are silent."""
    families: list[FamilyState]
    """In the order of the rule set's."""
    inhibition_due_us: int = UNSET
    """When inhibition must be asked again; follows from the rest."""

    def copy(self) -> State:
        """Return one that may be changed without changing this one."""
        return State(
            self.clock_us,
            self.command,
            self.owned,
            self.judges,
            self.hears,
            [one.copy() for one in self.judged_us],
            [one.copy() for one in self.result],
            [one.copy() for one in self.quality],
            self.heard_us.copy(),
            dict(self.maintenance),
            self.parents,
            [one.copy() for one in self.families],
            self.inhibition_due_us,
        )


def empty(rule_set: RuleSet, owned: NDArray[np.bool_] | None = None) -> State:
    """Return the state before the first record.

    Args:
        rule_set: the rules.
        owned: (datastreams,) whose readings come by this partition; None: all.
    """
    total = len(rule_set.catalogue.datastreams)
    gates = range(len(rule_set.gates))
    mine = np.ones(total, dtype=np.bool_) if owned is None else owned
    return State(
        clock_us=UNSET,
        command=0,
        owned=mine,
        judges=[one & mine for one in rule_set.watched],
        hears=rule_set.heard & mine,
        judged_us=[np.full(total, UNSET, dtype=np.int64) for _ in gates],
        result=[np.full(total, np.nan) for _ in gates],
        quality=[np.zeros(total, dtype=np.int16) for _ in gates],
        heard_us=np.full(total, UNSET, dtype=np.int64),
        maintenance={},
        parents=frozenset(),
        families=[FamilyState(family, mine) for family in rule_set.families],
    )
