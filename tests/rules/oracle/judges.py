"""Everything that judges a log, under one signature: the oracle and the engine."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

from devices import Batch, Catalogue, Tick
from devices.record import columns
from rules import engine, state
from rules.alerts import Transition
from rules.assembly import assemble
from rules.commands import Command
from rules.ruleset import CompiledRule
from tests.rules.oracle import evaluator
from tests.rules.oracle.alert import Told
from tests.rules.oracle.evaluator import Input
from tests.rules.oracle.history import Reading


def records(inputs: Iterable[Input]) -> list[Batch | Tick | Command]:
    """Return the log with readings that follow each other in one batch."""
    found: list[Batch | Tick | Command] = []
    for is_reading, together in groupby(inputs, lambda one: isinstance(one, Reading)):
        some = list(together)
        if is_reading:
            found.append(columns([(one[0], one[1], one[2], int(one[3])) for one in some]))
        else:
            found += some
    return found


def told_of(transitions: Iterable[Transition]) -> list[Told]:
    """Return transitions without what explains them."""
    return [
        Told(
            one.alert, one.version, one.kind, one.at_us, one.severity, one.rule, one.subject,
            one.raised_us, one.first_exceeded_us,
        )
        for one in transitions
    ]  # fmt: skip


def by_engine(
    catalogue: Catalogue, rules: Sequence[CompiledRule], inputs: Iterable[Input]
) -> list[Told]:
    """Judge a whole log in one step."""
    rule_set = assemble(catalogue, rules, "")
    outcome = engine.step(rule_set, state.empty(rule_set), records(inputs))
    return told_of(outcome.transitions)


JUDGES = {"oracle": evaluator.judge, "engine": by_engine}
