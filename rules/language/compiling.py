"""From a written rule to what the engine runs: one function for each form of subjects."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from devices import PROPERTIES, Quality
from devices.calendar import Calendar
from rules.alerts import LEVELS
from rules.kinds.count import Count as CountOf
from rules.kinds.rate import Rate as RateOf
from rules.kinds.silence import Fold
from rules.kinds.silence import Silence as SilenceOf
from rules.kinds.stuck import Stuck as StuckOf
from rules.language import combining
from rules.language.columns import Columns, Slots
from rules.language.comparing import compare
from rules.language.fields import FoldField, Message
from rules.language.limits import Limits, of_stations, one_row
from rules.language.models import (
    AnyRule,
    Boolean,
    Comparing,
    Count,
    Expression,
    Judging,
    Neighbours,
    Rate,
    Silence,
    Stuck,
    Threshold,
    Upstream,
)
from rules.language.selection import select
from rules.language.subjects import first_of
from rules.language.telling import policy
from rules.language.yaml_lines import At, Path
from rules.messages import MessageError, check_template
from rules.ruleset import CompiledRule

_PER = {1.0: "s", 60.0: "min", 3600.0: "h", 86400.0: "d"}


@dataclass(frozen=True, slots=True, eq=False)
class _Watched:
    """What a kind makes of a rule."""

    parameters: Any
    slots: Slots
    subjects: tuple[str, ...] | None
    limits: Limits
    unit: str
    decimals: int
    falling: bool = False


def compile_rule(
    rule: AnyRule, columns: Columns, calendar: Calendar, at: At
) -> tuple[CompiledRule, ...]:
    """Compile a rule; a silence rule with `fold` becomes two.

    Raises:
        RuleError: what it says does not fit the city.
    """
    _check_message(rule.message, rule.kind, at, ("message",))
    watched = _watched(rule, columns, at)
    gate = rule.quality if isinstance(rule, Judging) else ["good"]
    compiled = CompiledRule(
        id=rule.id,
        version=rule.version,
        domain=rule.domain,
        kind=rule.kind,
        parameters=watched.parameters,
        slots=watched.slots,
        subjects=watched.subjects,
        on=watched.limits.on,
        off=watched.limits.off,
        limits=watched.limits.rows,
        limit_names=watched.limits.names,
        falling=watched.falling,
        gate=tuple(sorted({Quality[one.upper()] for one in gate})),
        policy=policy(rule, calendar),
        value_unit=watched.unit,
        value_decimals=watched.decimals,
        message_zh=rule.message.zh,
        message_en=rule.message.en,
        plan=rule.plan or "",
        skill=rule.skill or "",
    )
    if isinstance(rule, Silence) and rule.fold is not None:
        return compiled, _fold(rule, rule.fold, compiled, columns, at)
    return (compiled,)


def _check_message(message: Message, kind: str, at: At, field: Path) -> None:
    for language in ("zh", "en"):
        try:
            check_template(getattr(message, language), kind)
        except MessageError as error:
            raise at.error((*field, language), str(error)) from error


def _watched(rule: AnyRule, columns: Columns, at: At) -> _Watched:
    if isinstance(rule, Boolean | Expression):
        return _combined(rule, columns, at)
    slots = select(rule.subjects, columns, at, ("subjects",))
    observed = rule.subjects.property
    if not slots.size:
        raise at.error(
            ("subjects",), f"match no datastream{f' of {observed}' if observed else ''}; "
            "nothing is watched",
        )  # fmt: skip
    if isinstance(rule, Comparing):
        return _compared(rule, slots, columns, at)
    falling = isinstance(rule, Threshold) and rule.direction == "below"
    limits = of_stations(
        rule.levels, columns, slots, at, falling=falling, hysteresis=rule.hysteresis,
        never_negative=isinstance(rule, Stuck | Silence | Count)
        or (isinstance(rule, Rate) and rule.of == "change"),
    )  # fmt: skip
    parameters, unit, decimals = _measure(rule)
    return _Watched(parameters, slots[limits.kept], None, limits, unit, decimals, falling)


def _measure(rule: Threshold | Rate | Stuck | Count | Silence) -> tuple[Any, str, int]:
    """Return the parameters of the kind, and the unit and digits of its value."""
    match rule:
        case Rate():
            about = PROPERTIES[rule.subjects.property]
            per = _PER.get(rule.per) or _per(rule.per)
            parameters = RateOf(round(rule.window * 1e6), round(rule.per * 1e6), rule.of)
            return parameters, f"{about.symbol or '1'}/{per}", about.decimals + 1
        case Stuck():
            return StuckOf(rule.tolerance, tuple(rule.exceptions)), "s", 0
        case Count():
            return CountOf(rule.at_least, round(rule.within * 1e6)), "", 0
        case Silence():
            return SilenceOf(), "s", 0
    about = PROPERTIES[rule.subjects.property]
    return None, about.symbol, about.decimals


def _per(seconds: float) -> str:
    """Return what a slope is per, where that is not one unit of time."""
    length, unit = max(((s, u) for s, u in _PER.items() if s <= seconds), default=(1.0, "s"))
    return f"{seconds / length:g} {unit}"


def _combined(rule: Boolean | Expression, columns: Columns, at: At) -> _Watched:
    if isinstance(rule, Boolean):
        subjects, parameters = combining.boolean(rule, columns, at)
        slots = first_of(parameters.inputs.slots)
        on = [math.nan if one is None else 1.0 for one in rule.levels.each()]
        return _Watched(parameters, slots, subjects, one_row(on, slots.size), "", 0)
    subjects, computed = combining.expression(rule, columns, at)
    slots = first_of(computed.inputs.slots)
    falling = rule.direction == "below"
    limits = of_stations(
        rule.levels, columns, slots, at, falling=falling, hysteresis=rule.hysteresis
    )
    return _Watched(computed, slots, subjects, limits, rule.unit, 2, falling)


def _compared(rule: Neighbours | Upstream, slots: Slots, columns: Columns, at: At) -> _Watched:
    subjects, parameters = compare(rule, slots, columns, at)
    falling = rule.direction == "below"
    limits = of_stations(
        rule.levels, columns, subjects, at, falling=falling, hysteresis=rule.hysteresis,
        never_negative=rule.measure == "absolute" and not falling,
    )  # fmt: skip
    if limits.kept.size < subjects.size:
        parameters = replace(
            parameters,
            partners=parameters.partners[limits.kept],
            own_age_us=parameters.own_age_us[limits.kept],
            partner_age_us=parameters.partner_age_us[limits.kept],
        )
    about = PROPERTIES[rule.subjects.property]
    ratio = rule.measure == "ratio"
    return _Watched(
        parameters, subjects[limits.kept], None, limits, "" if ratio else about.symbol,
        2 if ratio else about.decimals, falling,
    )  # fmt: skip


def _fold(
    rule: Silence, fold: FoldField, children: CompiledRule, columns: Columns, at: At
) -> CompiledRule:
    """Make the rule on gateways that goes with a silence rule."""
    _check_message(fold.message, "fold", at, ("fold", "message"))
    gateways, members = _by_gateway(children.slots, columns)
    found, starts, counts = np.unique(gateways, return_index=True, return_counts=True)
    kept = counts >= fold.least
    if not kept.any():
        raise at.error(
            ("fold", "least"), f"no gateway has {fold.least} watched datastreams; "
            f"the most are {counts.max()}",
        )  # fmt: skip
    some = np.repeat(kept, counts)
    # In the order of the first datastream of each.
    order = np.argsort(members[starts[kept]])
    parts = np.split(members[some], np.cumsum(counts[kept])[:-1])
    parts = [parts[at] for at in order.tolist()]
    level = fold.level or rule.levels.given()[-1][1]
    limits = one_row([fold.share if one.word == level else math.nan for one in LEVELS], len(parts))
    return replace(
        children,
        kind="fold",
        parameters=Fold(
            fold.periods,
            np.r_[0, np.cumsum([part.size for part in parts])].astype(np.intp),
            np.concatenate(parts),
        ),
        slots=np.array([part[0] for part in parts], dtype=np.int32),
        subjects=tuple(columns.gateways[at] for at in found[kept][order].tolist()),
        on=limits.on,
        off=limits.off,
        limits=limits.rows,
        limit_names=limits.names,
        falling=False,
        policy=replace(children.policy, under_parent=False),
        value_unit="",
        value_decimals=2,
        message_zh=fold.message.zh,
        message_en=fold.message.en,
    )


def _by_gateway(slots: Slots, columns: Columns) -> tuple[NDArray[np.int32], Slots]:
    """Return the gateway of each datastream, and the datastreams, those of a gateway together."""
    order = np.argsort(columns.gateway[slots], kind="stable")
    return columns.gateway[slots][order], slots[order]
