"""Compiled rules by hand, without the language: only what a rule does is said.

Durations are seconds here.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, TypeAlias

import numpy as np

from devices import Quality
from devices.calendar import Calendar
from rules import expression
from rules.kinds.combine import Boolean, Expression, Inputs
from rules.kinds.compare import Compare
from rules.kinds.count import Count
from rules.kinds.rate import Rate
from rules.kinds.silence import Fold, Silence
from rules.kinds.stuck import Stuck
from rules.policy import Flapping, Policy, Repeat
from rules.ruleset import CompiledRule
from rules.schedule import Schedule
from tests.rules.oracle.city import CITY

SECOND = 1_000_000

Levels: TypeAlias = Mapping[str, float] | Sequence[Mapping[str, float]]
"""Limits by colour, e.g. `{"yellow": 3.8}`: for all subjects, or for each one."""

COLOURS = ("blue", "yellow", "orange", "red")

CALENDAR = Calendar(
    holidays=frozenset({date(2026, 5, 1), date(2026, 5, 2)}), workdays=frozenset({date(2026, 5, 9)})
)
"""Thursday 30 April 2026 is worked, the two days after it are not."""


EVE = datetime(2026, 4, 30, 15, 59, tzinfo=UTC).timestamp()
"""23:59 in China on that Thursday; stories begin here."""


def us(seconds: float) -> int:
    return round(seconds * SECOND)


def policy(
    *,
    delay: float = 0,
    off_delay: float | None = 0,
    quiet: float | None = None,
    repeat: tuple[int, float] | None = None,
    latch: bool = False,
    realarm: float | None = None,
    flapping: tuple[int, float, float] | None = None,
    schedule: Schedule | None = None,
    maintenance: bool = True,
    parent: bool = True,
) -> Policy:
    """Make a policy: repeat is (times, within), flapping (times, within, hold)."""
    return Policy(
        on_delay_us=us(delay),
        off_delay_us=None if off_delay is None else us(off_delay),
        quiet_us=None if quiet is None else us(quiet),
        repeat=None if repeat is None else Repeat(repeat[0], us(repeat[1])),
        latch=latch,
        realarm_us=None if realarm is None else us(realarm),
        flapping=None
        if flapping is None
        else Flapping(flapping[0], us(flapping[1]), us(flapping[2])),
        schedule=schedule,
        under_maintenance=maintenance,
        under_parent=parent,
    )


def rule(
    kind: str,
    parameters: Any,
    slots: Sequence[int],
    levels: Levels,
    *,
    id: str = "rule",
    subjects: Sequence[str] | None = None,
    falling: bool = False,
    hysteresis: float = 0.0,
    gate: Sequence[Quality] = (Quality.GOOD,),
    policy: Policy = policy(),  # noqa: B008 - immutable
) -> CompiledRule:
    """Make a rule of any kind."""
    each = [levels] if isinstance(levels, Mapping) else levels
    on = np.array([[one.get(colour, math.nan) for colour in COLOURS] for one in each])
    return CompiledRule(
        id=id,
        version=1,
        domain="water",
        kind=kind,
        parameters=parameters,
        slots=np.array(slots, dtype=np.int32),
        subjects=None if subjects is None else tuple(subjects),
        on=on,
        off=on + hysteresis if falling else on - hysteresis,
        limits=np.resize(np.arange(len(each), dtype=np.int32), len(slots)),
        limit_names=("rule", "rule", "rule", "rule"),
        falling=falling,
        gate=tuple(sorted(gate)),
        policy=policy,
        value_unit="m",
        value_decimals=2,
        message_zh="{place}{value}{unit}",
        message_en="{place} {value} {unit}",
    )


def threshold(slots: Sequence[int], levels: Levels, **more: Any) -> CompiledRule:
    return rule("threshold", None, slots, levels, **more)


def rate(
    slots: Sequence[int], levels: Levels, *, window: float, per: float, of: Any,
    **more: Any,
) -> CompiledRule:  # fmt: skip
    return rule("rate", Rate(us(window), us(per), of), slots, levels, **more)


def stuck(
    slots: Sequence[int], levels: Levels, *, tolerance: float = 0.0,
    exceptions: Sequence[float] = (), **more: Any,
) -> CompiledRule:  # fmt: skip
    return rule("stuck", Stuck(tolerance, tuple(exceptions)), slots, levels, **more)


def count(
    slots: Sequence[int], levels: Levels, *, at_least: float, within: float,
    **more: Any,
) -> CompiledRule:  # fmt: skip
    return rule("count", Count(at_least, us(within)), slots, levels, **more)


def silence(slots: Sequence[int], levels: Levels, **more: Any) -> CompiledRule:
    """Make a silence rule; limits are seconds."""
    return rule("silence", Silence(), slots, levels, **more)


def fold(
    members: Sequence[int], level: str, share: float, *, periods: float, **more: Any
) -> CompiledRule:
    """Make the rule on the gateways of some datastreams."""
    gateways = sorted({CITY.gateway_of[slot] for slot in members})
    parts = [[slot for slot in sorted(members) if CITY.gateway_of[slot] == one] for one in gateways]
    starts = np.cumsum([0, *map(len, parts)], dtype=np.intp)
    together = np.array([slot for part in parts for slot in part], dtype=np.int32)
    return rule(
        "fold", Fold(periods, starts, together), [part[0] for part in parts], {level: share},
        subjects=gateways, **more,
    )  # fmt: skip


def inputs(names: Mapping[str, Sequence[int]], max_age: float) -> Inputs:
    """Say which slots, one for each subject, some names mean."""
    slots = np.array(list(names.values()), dtype=np.int32).T
    return Inputs(tuple(names), slots, np.full(slots.shape, us(max_age), dtype=np.int64))


def _first(slots: np.ndarray[Any, Any]) -> list[int]:
    return [min(slot for slot in row if slot >= 0) for row in slots.tolist()]


def boolean(
    conditions: Mapping[str, tuple[Sequence[int], str, float]],
    levels: Mapping[str, str],
    subjects: Sequence[str],
    *,
    max_age: float = 60,
    **more: Any,
) -> CompiledRule:
    """Make a rule of conditions like `{"deep": ([BRIDGE], ">=", 3.8)}`."""
    given = inputs({name: slots for name, (slots, _, _) in conditions.items()}, max_age)
    limit = np.array([[limit for _, _, limit in conditions.values()]] * len(subjects))
    falling = np.array([sign == "<=" for _, sign, _ in conditions.values()])
    programs = tuple(
        expression.parse(levels[colour], given.names, names_are_conditions=True)
        if colour in levels
        else None
        for colour in COLOURS
    )
    return rule(
        "boolean", Boolean(given, limit, falling, programs), _first(given.slots),
        dict.fromkeys(levels, 1.0), subjects=subjects, **more,
    )  # fmt: skip


def expressed(
    names: Mapping[str, Sequence[int]],
    text: str,
    levels: Levels,
    subjects: Sequence[str],
    *,
    max_age: float = 60,
    **more: Any,
) -> CompiledRule:
    """Make a rule whose value is an expression."""
    given = inputs(names, max_age)
    parameters = Expression(given, expression.parse(text, given.names))
    return rule("expression", parameters, _first(given.slots), levels, subjects=subjects, **more)


def neighbours(
    slots: Sequence[int],
    levels: Levels,
    *,
    measure: Any,
    least: int = 1,
    max_age: float = 60,
    **more: Any,
) -> CompiledRule:
    """Make a rule on some stations, each compared with all others."""
    partners = np.array([[one for one in slots if one != slot] for slot in slots], dtype=np.int32)
    return _compared("neighbours", slots, partners, levels, measure, least, max_age, **more)


def upstream(
    pairs: Sequence[tuple[int, int]],
    levels: Levels,
    *,
    measure: Any,
    max_age: float = 60,
    **more: Any,
) -> CompiledRule:
    """Make a rule on pairs of a station and the next one upstream."""
    slots = [own for own, _ in pairs]
    partners = np.array([[up] for _, up in pairs], dtype=np.int32)
    return _compared("upstream", slots, partners, levels, measure, 1, max_age, **more)


def _compared(
    kind: str, slots: Sequence[int], partners: Any, levels: Levels, measure: Any,
    least: int, max_age: float, **more: Any,
) -> CompiledRule:  # fmt: skip
    parameters = Compare(
        partners,
        np.full(len(slots), us(max_age), dtype=np.int64),
        np.full(partners.shape, us(max_age), dtype=np.int64),
        least,
        measure,
        kind == "upstream",
    )
    return rule(kind, parameters, slots, levels, **more)


def schedule(days: str, start: str, stop: str) -> Schedule:
    """Make a schedule, e.g. of `workdays holidays` from `07:00` to `22:00:30`."""
    return Schedule(frozenset(days.split()), _seconds(start), _seconds(stop), CALENDAR)


def _seconds(text: str) -> int:
    hours, minutes, *seconds = (int(part) for part in text.split(":"))
    return hours * 3600 + minutes * 60 + sum(seconds)
