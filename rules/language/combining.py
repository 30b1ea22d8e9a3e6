"""Rules on several datastreams of a subject: conditions joined by and, or, not; expressions."""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np

from rules.expression import ExpressionError, Program, parse
from rules.kinds import combine
from rules.language.columns import Columns
from rules.language.limits import station_limit
from rules.language.models import Boolean, Expression
from rules.language.subjects import group
from rules.language.yaml_lines import At, Path

_NAME = re.compile(r"[a-z][a-z0-9_]*")


def boolean(rule: Boolean, columns: Columns, at: At) -> tuple[tuple[str, ...], combine.Boolean]:
    """Return the subjects and what is judged.

    Raises:
        RuleError: names, limits or expressions that mean nothing.
    """
    programs: list[Program | None] = [None] * len(rule.levels.each())
    for index, word, text in rule.levels.given():
        programs[index] = _program(text, rule.conditions, True, at, ("levels", word))
    _check_use(rule.conditions, [one for _, _, one in rule.levels.given()], at, "conditions")
    subjects, inputs = group(rule, rule.conditions, "conditions", columns, at)
    limit = np.full(inputs.slots.shape, np.nan)
    for column, (name, one) in enumerate(rule.conditions.items()):
        side = "above" if one.above is not None else "below"
        given = getattr(one, side)
        slots = inputs.slots[:, column]
        here = slots >= 0
        if isinstance(given, str):
            field = ("conditions", name, side)
            own = station_limit(given, columns, slots[here], at, field)
            limit[here, column] = own.values[own.codes[slots[here]]]
        else:
            limit[:, column] = given
    falling = np.array([one.below is not None for one in rule.conditions.values()])
    return subjects, combine.Boolean(inputs, limit, falling, tuple(programs))


def expression(
    rule: Expression, columns: Columns, at: At
) -> tuple[tuple[str, ...], combine.Expression]:
    """Return the subjects and what is judged.

    Raises:
        RuleError: names or an expression that mean nothing.
    """
    program = _program(rule.value, rule.inputs, False, at, ("value",))
    _check_use(rule.inputs, [rule.value], at, "inputs")
    subjects, inputs = group(rule, rule.inputs, "inputs", columns, at)
    return subjects, combine.Expression(inputs, program)


def _program(text: str, names: Iterable[str], condition: bool, at: At, field: Path) -> Program:
    try:
        program = parse(text, tuple(names), names_are_conditions=condition)
    except ExpressionError as error:
        raise at.error(field, str(error)) from error
    if program.is_condition != condition:
        due = "a condition; join the names by and, or, not" if condition else "a number"
        raise at.error(
            field, f"{text!r} is {'a number' if condition else 'a condition'}, not {due}"
        )
    return program


def _check_use(names: Iterable[str], texts: Iterable[str], at: At, field: str) -> None:
    """Refuse a name that nothing uses: it would only make more subjects."""
    used = {word for text in texts for word in _NAME.findall(text)}
    for name in names:
        if name not in used:
            raise at.error((field, name), "is used by nothing; leave it out, or name it")
