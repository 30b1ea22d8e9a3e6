"""A log as a dispatcher would write it down: what came when, and what was told when.

Scenarios are rows of a table: the rules, the log and what must be told, in seconds. They run
against everything that judges logs: the oracle, and the engine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import pytest

from devices import Quality, Tick
from rules.alerts import TransitionKind, alert_id
from rules.commands import Maintenance, MaintenanceEnd, Reset
from rules.ruleset import CompiledRule
from tests.rules.oracle.alert import Told
from tests.rules.oracle.city import BRIDGE
from tests.rules.oracle.evaluator import Input
from tests.rules.oracle.history import Reading
from tests.rules.oracle.making import SECOND, us


def level(value: float, slot: int = BRIDGE, quality: Quality = Quality.GOOD) -> Any:
    """A result of a datastream."""
    return lambda at_s: Reading(slot, us(at_s), value, quality)


def tick(at_s: float) -> Tick:
    """The log says that it is so late."""
    return Tick(us(at_s))


def at(at_s: float, *what: Any) -> list[Input]:
    """What comes at a time, in this order."""
    return [one(at_s) for one in what]


def ticks(*times_s: float) -> list[Input]:
    return [tick(one) for one in times_s]


def works(scope: str, subject: str, from_s: float, until_s: float, number: int = 1) -> list[Input]:
    """Maintenance is announced; by its number `works_end` names it."""
    return [Maintenance(number, scope, subject, us(from_s), us(until_s))]


def works_end(number: int = 1) -> list[Input]:
    """Maintenance is over."""
    return [MaintenanceEnd(0, number)]


def reset(raised_s: float, subject: str = "bridge-gauge/water_level") -> list[Input]:
    """Somebody resets the alert of the rule `rule` that was raised then."""
    return [Reset(0, alert_id("rule", subject, us(raised_s)))]


@dataclass(frozen=True)
class Expected:
    at_s: float
    kind: str
    severity: str
    begun_s: float | None
    subject: str | None


def told(
    at_s: float, kind: str, severity: str = "none", *, begun: float | None = None,
    subject: str | None = None,
) -> Expected:  # fmt: skip
    """Expect one transition; `begun` and `subject` only where they are the point."""
    return Expected(at_s, kind, severity, begun, subject)


def scenario(
    behaviour: str,
    rules: CompiledRule | Sequence[CompiledRule],
    log: Sequence[Sequence[Input]],
    expected: Sequence[Expected],
) -> Any:
    """One row of a table of scenarios."""
    if isinstance(rules, CompiledRule):
        rules = (rules,)
    inputs = _numbered([one for together in log for one in together])
    return pytest.param(tuple(rules), inputs, list(expected), id=behaviour.replace(" ", "_"))


def _numbered(inputs: Sequence[Input]) -> list[Input]:
    """Return the log with commands numbered in the order in which they stand in it."""
    numbered: list[Input] = []
    known: dict[int, int] = {}
    for number, one in enumerate(inputs, 1):
        match one:
            case Maintenance():
                known[one.id] = number
                numbered.append(msgspec.structs.replace(one, id=number))
            case MaintenanceEnd():
                numbered.append(MaintenanceEnd(number, known[one.maintenance]))
            case Reset():
                numbered.append(Reset(number, one.alert))
            case _:
                numbered.append(one)
    return numbered


def check(told_of: Sequence[Told], expected: Sequence[Expected]) -> None:
    """Compare what was told, in the order of its times, with what was to be told."""
    order = sorted(range(len(told_of)), key=lambda at: (told_of[at].at_us, at))
    ordered = [told_of[at] for at in order]
    assert [(one.at_us / SECOND, one.kind.value, one.severity.word) for one in ordered] == [
        (one.at_s, one.kind, one.severity) for one in expected
    ]
    for one, wanted in zip(ordered, expected, strict=True):
        if wanted.begun_s is not None:
            assert one.first_exceeded_us == us(wanted.begun_s), one
        if wanted.subject is not None:
            assert one.subject == wanted.subject
    check_story(told_of)


def check_story(told_of: Sequence[Told]) -> None:
    """Check what holds of every alert: its versions count from its raise without a gap."""
    for alert in {one.alert for one in told_of}:
        steps = [one for one in told_of if one.alert == alert]
        assert [one.version for one in steps] == list(range(1, len(steps) + 1))
        assert steps[0].kind is TransitionKind.RAISED
        assert {(one.rule, one.subject, one.raised_us) for one in steps} == {
            (steps[0].rule, steps[0].subject, steps[0].at_us)
        }
