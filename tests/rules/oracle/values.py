"""What each kind of rule holds against its limits: section 2. None is no verdict."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from rules.kinds.combine import Boolean, Expression, Inputs
from rules.kinds.compare import Compare
from rules.kinds.count import Count
from rules.kinds.rate import Rate
from rules.kinds.silence import Fold
from rules.kinds.stuck import Stuck
from rules.ruleset import CompiledRule
from tests.rules.oracle import words
from tests.rules.oracle.history import SECOND, History, Judged


def at_reading(rule: CompiledRule, readings: Sequence[Judged]) -> float | None:
    """Return the value at the last of some judged readings: threshold, rate, stuck."""
    match rule.parameters:
        case Rate() as parameters:
            return rate(parameters, readings)
        case Stuck() as parameters:
            return stuck(parameters, readings)
    return readings[-1].result


def rate(parameters: Rate, readings: Sequence[Judged]) -> float | None:
    *earlier, now = readings
    kept: list[Judged] = []
    for one in earlier:
        if not kept or one.time_us >= kept[-1].time_us + parameters.window_us // 8:
            kept.append(one)
    old_enough = [one for one in kept if one.time_us <= now.time_us - parameters.window_us]
    if not old_enough or now.time_us - old_enough[-1].time_us > 2 * parameters.window_us:
        return None
    then = old_enough[-1]
    slope = (now.result - then.result) / ((now.time_us - then.time_us) / parameters.per_us)
    return {"rise": slope, "fall": -slope, "change": abs(slope)}[parameters.of]


def stuck(parameters: Stuck, readings: Sequence[Judged]) -> float:
    anchor = readings[0]
    for one in readings:
        is_exception = any(
            abs(one.result - exception) <= parameters.tolerance
            for exception in parameters.exceptions
        )
        if is_exception or abs(one.result - anchor.result) > parameters.tolerance:
            anchor = one
    return (readings[-1].time_us - anchor.time_us) / SECOND


def occurrences(parameters: Count, readings: Sequence[Judged]) -> list[int]:
    """Return the times of the readings that count."""
    return [one.time_us for one in readings if one.result >= parameters.at_least]


def count(parameters: Count, times_us: Sequence[int], now_us: int) -> float:
    return float(sum(now_us - parameters.within_us < time <= now_us for time in times_us))


def at_tick(rule: CompiledRule, subject: int, history: History, now_us: int) -> float | None:
    """Return the value of a subject at a tick: all kinds of ticks but boolean."""
    match rule.parameters:
        case Fold() as parameters:
            start, stop = parameters.starts[subject : subject + 2]
            return fold(parameters, parameters.members[start:stop].tolist(), history, now_us)
        case Expression() as parameters:
            return words.value(
                parameters.program.text,
                inputs(rule, parameters.inputs, subject, history, now_us),
            )
        case Compare() as parameters:
            return compare(rule, parameters, subject, history, now_us)
    heard_us = history.heard_us(int(rule.slots[subject]))
    return None if heard_us is None else (now_us - heard_us) / SECOND


def fold(parameters: Fold, members: Sequence[int], history: History, now_us: int) -> float | None:
    heard = [(slot, history.heard_us(slot)) for slot in members]
    known = {slot: time_us for slot, time_us in heard if time_us is not None}
    if len(known) < len(members):
        return None
    patience_us = {
        slot: parameters.periods * history.catalogue.datastreams[slot].period_s * SECOND
        for slot in members
    }
    if now_us - max(known.values()) > min(patience_us.values()):
        return 1.0
    silent = [slot for slot in members if now_us - known[slot] > patience_us[slot]]
    return len(silent) / len(members)


def inputs(
    rule: CompiledRule, given: Inputs, subject: int, history: History, now_us: int
) -> dict[str, float | None]:
    return {
        name: history.fresh(
            rule.gate, int(given.slots[subject, at]), int(given.max_age_us[subject, at]), now_us
        )
        for at, name in enumerate(given.names)
    }


def boolean(
    rule: CompiledRule, parameters: Boolean, subject: int, history: History, now_us: int
) -> list[bool | None]:
    """Return for each level whether it is met; None: unknown."""
    conditions: dict[str, float | None] = {}
    results = inputs(rule, parameters.inputs, subject, history, now_us)
    for at, (name, result) in enumerate(results.items()):
        limit = float(parameters.limit[subject, at])
        if result is None or limit != limit:
            conditions[name] = None
        else:
            conditions[name] = float(result <= limit if parameters.falling[at] else result >= limit)
    said = [
        None if program is None else words.value(program.text, conditions)
        for program in parameters.programs
    ]
    return [None if one is None else one == 1.0 for one in said]


def compare(
    rule: CompiledRule, parameters: Compare, subject: int, history: History, now_us: int
) -> float | None:
    own = history.fresh(
        rule.gate, int(rule.slots[subject]), int(parameters.own_age_us[subject]), now_us
    )
    partners = [
        history.fresh(rule.gate, int(slot), int(age_us), now_us)
        for slot, age_us in zip(
            parameters.partners[subject], parameters.partner_age_us[subject], strict=True
        )
    ]
    fresh = [one for one in partners if one is not None]
    if own is None or len(fresh) < max(parameters.least, 1):
        return None
    reference = statistics.median(fresh)
    if parameters.is_upstream:
        own, reference = reference, own
    match parameters.measure:
        case "difference":
            return own - reference
        case "absolute":
            return abs(own - reference)
    return own / reference if reference else None
