"""A story that shows a difference, made as short as it can be and still show it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields, replace

from devices import Tick
from rules.commands import Maintenance
from rules.policy import Policy
from rules.ruleset import CompiledRule
from tests.rules.oracle.evaluator import Input
from tests.rules.oracle.history import Reading
from tests.rules.oracle.stories import seconds

Rules = Sequence[CompiledRule]
Differs = Callable[[Rules, Sequence[Input]], bool]


def shrunk(
    rules: Rules, inputs: Sequence[Input], differs: Differs
) -> tuple[Rules, Sequence[Input]]:
    """Return fewer and simpler rules, and fewer inputs, of which nothing more can be left out."""
    smaller = True
    while smaller:
        smaller = False
        for fewer in _without_one(inputs):
            if differs(rules, fewer):
                inputs, smaller = fewer, True
                break
        for simpler in _simpler(rules) if not smaller else ():
            if differs(simpler, inputs):
                rules, smaller = simpler, True
                break
    return rules, inputs


def _without_one(inputs: Sequence[Input]) -> Iterator[Sequence[Input]]:
    half = len(inputs) // 2
    if half > 2:
        yield inputs[:half]
        yield inputs[half:]
    for at in reversed(range(len(inputs))):
        yield [*inputs[:at], *inputs[at + 1 :]]


def _simpler(rules: Rules) -> Iterator[Rules]:
    for at, rule in enumerate(rules):
        if len(rules) > 1:
            yield [*rules[:at], *rules[at + 1 :]]
        for name in (field.name for field in fields(Policy)):
            default = getattr(Policy(), name)
            if getattr(rule.policy, name) != default:
                simpler = replace(rule, policy=replace(rule.policy, **{name: default}))
                yield [*rules[:at], simpler, *rules[at + 1 :]]


def described(rules: Rules, inputs: Sequence[Input]) -> str:
    """Return a story as one reads it, in seconds from its beginning."""
    lines = []
    for rule in rules:
        policy = {
            field.name: value
            for field in fields(Policy)
            if (value := getattr(rule.policy, field.name)) != getattr(Policy(), field.name)
        }
        lines.append(
            f"{rule.id}: {rule.parameters or rule.kind} on {rule.on.tolist()} "
            f"off {rule.off.tolist()}{' falling' if rule.falling else ''} "
            f"slots {rule.slots.tolist()} gate {[one.name for one in rule.gate]} {policy}"
        )
    for one in inputs:
        match one:
            case Reading(slot, time_us, result, quality):
                lines.append(f"at {seconds(time_us)} {result} of {slot}, {quality.name}")
            case Tick(time_us=time_us):
                lines.append(f"at {seconds(time_us)} tick")
            case Maintenance():
                lines.append(
                    f"works {one.id} at {one.scope} {one.subject} "
                    f"{seconds(one.from_us)} to {seconds(one.until_us)}"
                )
            case _:
                lines.append(str(one))
    return "\n".join(lines)
