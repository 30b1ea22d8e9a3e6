"""From compiled rules to a rule set: rows of all rules side by side, kind by kind."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from devices import Catalogue, Quality
from devices.statistics import length_s
from rules import bounds
from rules.kinds import FOLD, READING_KINDS, TICK_KINDS
from rules.kinds.combine import Boolean, Expression
from rules.kinds.compare import Compare
from rules.kinds.silence import Fold
from rules.ruleset import CompiledRule, Family, RuleSet

_ORDER = (*READING_KINDS, FOLD, *TICK_KINDS)
"""Of families in a rule set; rows are judged in it."""


def assemble(catalogue: Catalogue, rules: Sequence[CompiledRule], digest: str) -> RuleSet:
    """Return the rule set of some rules.

    Args:
        catalogue: that the rules were compiled for.
        rules: in the order of their ids, each with at least one subject.
        digest: of the texts.
    """
    total = len(catalogue.datastreams)
    gates = tuple(sorted({rule.gate for rule in rules}))
    watched = [np.zeros(total, dtype=np.bool_) for _ in gates]
    heard = np.zeros(total, dtype=np.bool_)
    by_family: dict[tuple[int, int], list[CompiledRule]] = {}
    for rule in rules:
        gate = gates.index(rule.gate)
        by_family.setdefault((_ORDER.index(rule.kind), gate), []).append(rule)
        used = _datastreams(rule)
        if rule.kind in ("silence", FOLD):
            heard[used] = True
        else:
            watched[gate][used] = True
    return RuleSet(
        catalogue=catalogue,
        rules=tuple(rules),
        digest=digest,
        gates=gates,
        watched=tuple(watched),
        families=tuple(
            _family(_ORDER[kind], gate, some, total)
            for (kind, gate), some in sorted(by_family.items())
        ),
        heard=heard,
        period_end_us=np.array(
            [round(length_s(one.statistic) * 1e6) for one in catalogue.datastreams], dtype=np.int64
        ),
        period_us=np.array(
            [round(one.period_s * 1e6) for one in catalogue.datastreams], dtype=np.int64
        ),
    )


def _datastreams(rule: CompiledRule) -> NDArray[np.int32]:
    """Return all datastreams that a rule looks at."""
    some = [rule.slots]
    match rule.parameters:
        case Boolean(inputs=inputs) | Expression(inputs=inputs):
            some.append(inputs.slots.ravel())
        case Compare(partners=partners):
            some.append(partners.ravel())
        case Fold(members=members):
            some.append(members)
    found = np.concatenate(some)
    used: NDArray[np.int32] = found[found >= 0]
    return used


def _family(kind: str, gate: int, rules: Sequence[CompiledRule], total: int) -> Family:
    counts = [rule.n for rule in rules]
    rule_of = np.repeat(np.arange(len(rules), dtype=np.int32), counts)
    subject = np.concatenate([np.arange(n, dtype=np.int32) for n in counts])
    slot = np.concatenate([rule.slots for rule in rules])
    distinct = np.cumsum([0, *(rule.on.shape[0] for rule in rules)])
    limit = np.concatenate(
        [rule.limits + before for rule, before in zip(rules, distinct, strict=False)]
    ).astype(np.int32)
    on = np.concatenate([rule.on for rule in rules])
    falling = np.concatenate([np.full(rule.on.shape[0], rule.falling) for rule in rules])
    first, only = np.empty(0, dtype=np.int32), np.empty(0, dtype=np.intp)
    starts: tuple[int, ...] = tuple(np.cumsum([0, *counts]).tolist())
    most = 0
    if kind in READING_KINDS:
        order = np.argsort(slot, kind="stable")
        rule_of, subject, slot, limit = rule_of[order], subject[order], slot[order], limit[order]
        per_slot = np.bincount(slot, minlength=total)
        first = np.concatenate([[0], np.cumsum(per_slot)]).astype(np.int32)
        most, starts = int(per_slot.max()), ()
        if most <= 1:
            only = np.full(total, -1, dtype=np.intp)
            only[slot] = np.arange(slot.size)
    return Family(
        kind=kind,
        gate=gate,
        rules=tuple(rules),
        rule=rule_of,
        subject=subject,
        slot=slot.astype(np.int32),
        limit=limit,
        on=on,
        off=np.concatenate([rule.off for rule in rules]),
        at_rest=bounds.at_rest(on, falling) if kind != "boolean" else _everywhere(on),
        first=first,
        only=only,
        most=most,
        starts=starts,
    )


def _everywhere(on: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return bounds for conditions, which have no value: only time leaves them."""
    rest = np.full((on.shape[0], 3), np.inf)
    rest[:, bounds.LOW] = -np.inf
    return rest


def accepted(gate: tuple[Quality, ...], quality: NDArray[np.int16]) -> NDArray[np.bool_]:
    """Return which qualities a gate lets through.

    >>> accepted((Quality.GOOD,), np.array([0, 1, 4], dtype=np.int16)).tolist()
    [True, False, False]
    """
    if gate == (Quality.GOOD,):
        good: NDArray[np.bool_] = quality == Quality.GOOD
        return good
    return np.isin(quality, np.array(gate, dtype=np.int16))
