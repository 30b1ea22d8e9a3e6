"""From what happened to a row to a transition that explains itself."""

from __future__ import annotations

import math
from dataclasses import dataclass

from devices import PROPERTIES, Catalogue
from rules.alerts import Evidence, Seen, Severity, Transition, TransitionKind, alert_id
from rules.kinds.combine import Boolean, Expression
from rules.kinds.compare import Compare
from rules.kinds.known import Known
from rules.live import UNSET, Live
from rules.messages import WITHDRAWN, cleared, fill, returned
from rules.ruleset import CompiledRule

_MOST_PARTNERS = 8
"""Of a station's neighbours, so many are named in the evidence."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What a row saw at a transition."""

    result: float
    """Newest judged result of its datastream; NaN where there is none."""
    time_us: int
    """When that was; `UNSET` where there is none."""
    quality: int
    value: float
    """What was held against the limit."""
    limit: float
    off: float
    level: int
    """0 to 3: whose limit it is."""
    since_us: int
    reason: str
    known: Known
    """Newest results of all datastreams."""


def transition(
    catalogue: Catalogue,
    rule: CompiledRule,
    subject: int,
    live: Live,
    kind: TransitionKind,
    at_us: int,
    severity: Severity,
    sight: Sight,
) -> Transition:
    """Describe a transition of a row's open alert.

    Args:
        catalogue: where names come from.
        rule: the rule concerned.
        subject: which of its subjects.
        live: the row, with the alert's version already counted.
        kind: what happened.
        at_us: when.
        severity: after it; `NONE` at the end.
        sight: what was seen.
    """
    slot = int(rule.slots[subject])
    about = PROPERTIES[catalogue.datastreams[slot].observed_property]
    name = rule.subject(subject, catalogue)
    limit_name = rule.limit_names[sight.level] or "rule"
    templates = (rule.message_zh, rule.message_en)
    if kind is TransitionKind.WITHDRAWN:
        templates = WITHDRAWN
    elif severity == Severity.NONE:
        templates = cleared(rule.kind)
    elif kind is TransitionKind.RETURNED:
        templates = returned(rule.kind)
    zh, en = fill(
        templates,
        catalogue,
        slot,
        rule.kind,
        severity,
        result=sight.result,
        measure=sight.value,
        measure_unit=rule.value_unit,
        decimals=rule.value_decimals,
        limit=sight.limit,
        limit_name=limit_name,
    )
    policy = rule.policy
    return Transition(
        alert=alert_id(rule.id, name, live.raised_us),
        version=live.version,
        kind=kind,
        at_us=at_us,
        severity=severity,
        rule=rule.id,
        rule_version=rule.version,
        subject=name,
        datastream=slot,
        domain=rule.domain,
        raised_us=live.raised_us,
        first_exceeded_us=live.first_us,
        message_zh=zh,
        message_en=en,
        evidence=Evidence(
            result=sight.result,
            phenomenon_time_us=_or_zero(sight.time_us),
            limit=sight.limit,
            limit_name=limit_name,
            off=sight.off,
            on_delay_us=policy.on_delay_us,
            off_delay_us=-1 if policy.off_delay_us is None else policy.off_delay_us,
            unit=about.unit,
            quality=sight.quality,
            value=sight.value,
            value_unit=rule.value_unit,
            since_us=_or_zero(sight.since_us),
            reason=sight.reason,
            inputs=_inputs(catalogue, rule, subject, sight.known),
        ),
        plan=rule.plan,
        skill=rule.skill,
    )


def _inputs(
    catalogue: Catalogue, rule: CompiledRule, subject: int, known: Known
) -> tuple[Seen, ...]:
    match rule.parameters:
        case Boolean(inputs=inputs) | Expression(inputs=inputs):
            named = list(zip(inputs.names, inputs.slots[subject].tolist(), strict=True))
        case Compare(partners=partners):
            slots = [slot for slot in partners[subject].tolist() if slot >= 0]
            named = [("", slot) for slot in slots[:_MOST_PARTNERS]]
        case _:
            return ()
    found = []
    for name, slot in named:
        if slot < 0:
            found.append(Seen(name, "", math.nan, 0))
            continue
        time_us = int(known.time_us[slot])
        result = float(known.result[slot])
        found.append(Seen(name, catalogue.datastreams[slot].id, result, _or_zero(time_us)))
    return tuple(found)


def _or_zero(time_us: int) -> int:
    return 0 if time_us == UNSET else time_us
