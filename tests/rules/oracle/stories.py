"""Random stories: what comes by the log, with all that can be wrong with it.

Steps of time are seconds, in halves, near the durations of `drawn_rules`: duplicates, disorder,
gaps, equal times; ticks that stand still, jump ahead and go back; readings behind the clock and
ahead of it; works announced, over, ended; resets of what can be reset and of what cannot.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from random import Random

from hypothesis import strategies as st

from devices import Quality, Tick
from rules.alerts import TransitionKind
from rules.commands import Maintenance, MaintenanceEnd, Reset
from rules.kinds.combine import Boolean, Expression
from rules.kinds.compare import Compare
from rules.kinds.silence import Fold
from rules.ruleset import CompiledRule
from tests.rules.oracle.alert import Told
from tests.rules.oracle.city import CITY
from tests.rules.oracle.drawn_rules import rule_sets
from tests.rules.oracle.evaluator import Input, Oracle
from tests.rules.oracle.history import READING_KINDS, Reading
from tests.rules.oracle.making import EVE, SECOND, us


def seconds(time_us: int) -> float:
    """Return a time of a story in seconds from where all of them begin."""
    return time_us / SECOND - EVE


LONGEST = 60
"""Inputs of a story."""

_ADVANCE = (0, 0.5, 1, 1, 2, 2.5, 2.5, 5, 5, 5, 10, 30)
_LAG = (0, 0, 0, 0, 0, 0, 0, -1, -5, -20, 10, 30)
"""How far a time is from that of the story."""
_VALUES = (0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5)
_QUALITIES = (*[Quality.GOOD] * 14, Quality.MANUAL, Quality.FAULT, Quality.FUTURE)
_OF_TICKS = ("reading",) * 8 + ("tick",) * 7 + ("works", "end", "reset")
_OF_READINGS = ("reading",) * 12 + ("tick",) * 3 + ("works", "end", "reset")


class Story:
    """A log, and what the oracle says of it.

    No dataclass: hypothesis would show every field of the story as it was drawn.
    """

    def __init__(self, rules: Sequence[CompiledRule], inputs: Sequence[Input], oracle: Oracle):
        self.rules = rules
        self.inputs = inputs
        self.told: Sequence[Told] = oracle.told
        self.late = oracle.history.late

    def __repr__(self) -> str:
        return "<as above>"


@st.composite
def stories(draw: st.DrawFn, kind: str) -> Story:
    """Draw rules of a kind (`several`: of many) and a log for them.

    The moves of the log come from one drawn seed: drawn one by one they take most of the time of a
    run, are mostly the same few, and little happens. `shrinking` makes them fewer.
    """
    rules = draw(rule_sets(kind))
    random = Random(draw(st.integers(0, 2**32 - 1)))
    moves = _OF_READINGS if kind in READING_KINDS else _OF_TICKS
    slots = sorted(set().union(*(_slots(rule) for rule in rules)))
    oracle = Oracle(CITY, rules)
    inputs: list[Input] = []
    newest = dict.fromkeys(slots, 0.0)
    now_s = EVE + random.randrange(30)
    for number in range(1, random.choice((LONGEST // 3, LONGEST)) + 1):
        now_s += random.choice(_ADVANCE)
        time_us = us(now_s + random.choice(_LAG))
        one: Input
        match random.choice(moves):
            case "reading":
                slot = random.choice(slots)
                if random.random() < 0.7:
                    newest[slot] = random.choice(_VALUES)
                value = math.nan if random.random() < 0.03 else newest[slot]
                one = Reading(slot, time_us, value, random.choice(_QUALITIES))
            case "tick":
                one = Tick(time_us)
            case "works":
                scope, subject = random.choice(SCOPES)
                one = Maintenance(
                    number, scope, subject, time_us, us(now_s + random.choice((10, 40)))
                )
            case "end":
                one = MaintenanceEnd(number, random.choice(_announced(inputs) or [0]))
            case _:
                one = Reset(number, random.choice(_resettable(oracle) or [""]))
        inputs.append(one)
        oracle.take(one)
    return Story(rules, inputs, oracle)


SCOPES = (
    ("place", "bridge"),
    ("town", "north"),
    ("datastream", "bridge-gauge/water_level"),
    ("rule", "rule-0"),
    ("gateway", "gw-lock"),
    ("device", "lock-gauge"),
    ("device", "bridge-gauge"),
    ("place", "lock"),
    ("town", "south"),
)


def _slots(rule: CompiledRule) -> set[int]:
    """Return the datastreams that a rule looks at."""
    slots = set(rule.slots.tolist())
    match rule.parameters:
        case Boolean(inputs=inputs) | Expression(inputs=inputs):
            slots |= set(inputs.slots.ravel().tolist())
        case Compare(partners=partners):
            slots |= set(partners.ravel().tolist())
        case Fold(members=members):
            slots |= set(members.tolist())
    return slots - {-1}


def _announced(inputs: Sequence[Input]) -> list[int]:
    return [one.id for one in inputs if isinstance(one, Maintenance)]


def _resettable(oracle: Oracle) -> list[str]:
    """Return the alerts that have returned; if there are none all there ever were."""
    returned = [
        row.alerts.told[-1].alert
        for row in oracle.rows
        if row.alerts.open is not None and row.alerts.open.has_returned
    ]
    return returned or [one.alert for one in oracle.told if one.kind is TransitionKind.RAISED]


def zones(rules: Sequence[CompiledRule]) -> list[set[int]]:
    """Return the datastreams that must come by one partition: of a gateway, and of joint rules."""
    found: list[set[int]] = []
    for together in [*_gateways(), *(group for rule in rules for group in _joint(rule))]:
        touched = [zone for zone in found if zone & together]
        found = [zone for zone in found if not zone & together]
        found.append(together.union(*touched))
    return sorted(found, key=min)


def _gateways() -> list[set[int]]:
    return [
        {slot for slot, one in enumerate(CITY.gateway_of) if one == gateway}
        for gateway in CITY.gateways
    ]


def _joint(rule: CompiledRule) -> list[set[int]]:
    match rule.parameters:
        case Boolean(inputs=inputs) | Expression(inputs=inputs):
            return [set(row) - {-1} for row in inputs.slots.tolist()]
        case Compare(partners=partners):
            return [
                {slot, *row} - {-1}
                for slot, row in zip(rule.slots.tolist(), partners.tolist(), strict=True)
            ]
    return []
