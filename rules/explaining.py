"""Why a rule has no alert on a subject: every gate that a reading passes, and where it stopped.

Answers from the engine's own memory, so what it says is what was decided by.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from rules import inhibition
from rules.alerts import LEVELS
from rules.kinds import TICK_KINDS
from rules.kinds.combine import Boolean, Expression
from rules.kinds.compare import Compare
from rules.kinds.silence import Fold
from rules.live import UNSET
from rules.machine import LATER, due_us
from rules.ruleset import CompiledRule, Family, RuleSet
from rules.state import State
from rules.work import Row, Work


@dataclass(frozen=True, slots=True)
class LevelSeen:
    """One level of a rule on one subject."""

    level: str
    """Its colour."""
    limit: float
    off: float
    is_active: bool
    since_us: int | None
    """Since when it is wanted and not in alarm, or in alarm and not wanted."""
    met: int
    """How many times it was met, where it must be met several times."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """What the engine remembers of a rule on a subject. Times are µs since 1970."""

    rule: str
    rule_version: int
    kind: str
    subject: str
    clock_us: int | None
    """The log's clock; None before the first tick."""
    judged_us: int | None
    """Newest judged reading of its (first) datastream; None: none was judged."""
    result: float
    value: float
    """What is held against the limits."""
    value_unit: str
    falling: bool
    levels: tuple[LevelSeen, ...]
    on_delay_us: int
    repeat: tuple[int, int] | None
    """Times, and within how many µs."""
    due_us: int | None
    """When the next timer of the row runs out."""
    inhibited: str
    """Why it would not be told now; empty: it would."""
    open_since_us: int | None
    """Since when there is an alert; None: there is none."""
    reasons: tuple[str, ...] = field(default=())
    """Codes, in the order in which the engine asks: `alert`, `unheard`, `unknown`, `below`,
    `repeat`, `delay`, `schedule`, `maintenance`, `parent`."""


def find(rule_set: RuleSet, rule: str, subject: str) -> tuple[int, int] | None:
    """Return family and row of a rule on a subject; None where the rule does not watch it."""
    for number, family in enumerate(rule_set.families):
        for index, one in enumerate(family.rules):
            if one.id != rule:
                continue
            for row in (family.rule == index).nonzero()[0].tolist():
                if one.subject(int(family.subject[row]), rule_set.catalogue) == subject:
                    return number, row
    return None


def watched(rule_set: RuleSet, number: int, row: int) -> tuple[int, ...]:
    """Return the datastreams by which the row of `find` is judged, ascending, each once."""
    family = rule_set.families[number]
    rule, subject = family.rule_of(row), int(family.subject[row])
    own = int(family.slot[row])
    match rule.parameters:
        case Boolean(inputs=inputs) | Expression(inputs=inputs):
            slots = inputs.slots[subject].tolist()
        case Compare(partners=partners):
            slots = [own, *partners[subject].tolist()]
        case Fold(starts=starts, members=members):
            slots = members[starts[subject] : starts[subject + 1]].tolist()
        case _:
            slots = [own]
    return tuple(sorted({slot for slot in slots if slot >= 0}))


def explain(rule_set: RuleSet, state: State, number: int, row: int) -> Explanation:
    """Return why the row of `find` has no alert, or that it has one; changes nothing."""
    state = state.copy()
    family, memory = rule_set.families[number], state.families[number]
    seen = Row(Work(rule_set, state), family, memory, row)
    rule, live = seen.rule, seen.live
    judged_us = int(state.judged_us[family.gate][seen.slot])
    due = due_us(rule.policy, live)
    inhibited = inhibition.reason(rule_set, state, family, row)
    levels = tuple(
        LevelSeen(
            level=LEVELS[level].word,
            limit=seen.on[level],
            off=seen.off[level],
            is_active=live.is_active(level),
            since_us=None if live.since[level] == UNSET else live.since[level],
            met=len(live.notes[level]),
        )
        for level in range(4)
        if seen.has_level(level)
    )
    value = float(len(live.occurrences)) if family.kind == "count" else seen.value
    return Explanation(
        rule=rule.id,
        rule_version=rule.version,
        kind=rule.kind,
        subject=rule.subject(int(family.subject[row]), rule_set.catalogue),
        clock_us=None if state.clock_us == UNSET else state.clock_us,
        judged_us=None if judged_us == UNSET else judged_us,
        result=float(state.result[family.gate][seen.slot]),
        value=value,
        value_unit=rule.value_unit,
        falling=rule.falling,
        levels=levels,
        on_delay_us=rule.policy.on_delay_us,
        repeat=(
            (rule.policy.repeat.times, rule.policy.repeat.within_us) if rule.policy.repeat else None
        ),
        due_us=None if due == LATER else due,
        inhibited=inhibited,
        open_since_us=live.raised_us if live.is_open else None,
        reasons=tuple(_reasons(rule, family, seen, value, judged_us, inhibited)),
    )


def _reasons(
    rule: CompiledRule,
    family: Family,
    seen: Row,
    value: float,
    judged_us: int,
    inhibited: str,
) -> list[str]:
    live = seen.live
    if live.is_open:
        return ["alert"]
    if live.active:
        return [inhibited]
    found = []
    if judged_us == UNSET and family.kind not in TICK_KINDS:
        return ["unheard"]
    if any(one != UNSET for one in live.since):
        found.append("delay")
    elif rule.policy.repeat is not None and any(live.notes):
        found.append("repeat")
    elif family.kind == "boolean":
        found.append("below")
    elif math.isnan(value):
        found.append("unknown")
    else:
        found.append("below")
    return [*found, inhibited] if inhibited else found


@dataclass(frozen=True, slots=True)
class Pending:
    """A level that is wanted and not in alarm yet: its on-delay runs."""

    rule: str
    subject: str
    datastream: int
    """Slot of its (first) datastream."""
    level: str
    limit: float
    value: float
    """What was last held against it."""
    value_unit: str
    since_us: int
    due_us: int
    """When it is in alarm unless the condition is gone before."""


def pending(rule_set: RuleSet, state: State) -> list[Pending]:
    """Return every level whose on-delay runs, the next to be in alarm first; changes nothing."""
    state = state.copy()
    found = []
    for row in Work(rule_set, state).rows_that("is_waiting"):
        live, rule = row.live, row.rule
        found += [
            Pending(
                rule=rule.id,
                subject=rule.subject(int(row.family.subject[row.row]), rule_set.catalogue),
                datastream=row.slot,
                level=LEVELS[level].word,
                limit=row.on[level],
                value=float(len(live.occurrences)) if row.family.kind == "count" else row.value,
                value_unit=rule.value_unit,
                since_us=live.since[level],
                due_us=live.since[level] + rule.policy.on_delay_us,
            )
            for level in range(4)
            if live.since[level] != UNSET and not live.is_active(level)
        ]
    return sorted(found, key=lambda one: (one.due_us, one.rule, one.subject, one.level))
