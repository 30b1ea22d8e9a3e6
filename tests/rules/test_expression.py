"""Expressions of rules: what gets in, what is refused, and what unknown values make of them."""

from __future__ import annotations

import math
import operator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.expression import DEEPEST, LONGEST, ExpressionError, parse

NAN = math.nan


def value(text, *, conditions=False, **values):
    program = parse(text, list(values), names_are_conditions=conditions)
    (result,) = program.evaluate(np.array([[one] for one in values.values()]).reshape(-1, 1))
    return float(result)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("a - b", 2.5, id="difference"),
        pytest.param("-a * 2 + b / 4", -5.875, id="precedence"),
        pytest.param("abs(b - a)", 2.5, id="abs"),
        pytest.param("min(a, b, 0.25)", 0.25, id="min_of_three"),
        pytest.param("max(a, b)", 3.0, id="max"),
        pytest.param("7", 7.0, id="a_number_alone_fills_the_column"),
        pytest.param("  a\n  - b\n", 2.5, id="several_lines"),
        pytest.param("a / 0", NAN, id="division_by_zero_is_unknown"),
        pytest.param("0 / 0", NAN, id="zero_by_zero_is_unknown"),
        pytest.param("1e308 * 10", NAN, id="overflow_is_unknown"),
        pytest.param("1e308 * 10 > 1", NAN, id="overflow_is_not_compared"),
        pytest.param("min(a, u)", NAN, id="min_with_unknown"),
        pytest.param("u * 0", NAN, id="zero_times_unknown"),
        pytest.param("i", NAN, id="an_infinite_value_is_unknown"),
        pytest.param("a > i", NAN, id="and_is_not_compared"),
        pytest.param("a > b", 1.0, id="greater"),
        pytest.param("a == 3", 1.0, id="equal"),
        pytest.param("a != 3", 0.0, id="not_equal"),
        pytest.param("a > u", NAN, id="compared_with_unknown"),
        pytest.param("u != u", NAN, id="unknown_is_not_even_different"),
        pytest.param("0 < b <= 0.5", 1.0, id="chain"),
        pytest.param("0 < b < u", NAN, id="chain_with_unknown_end"),
        pytest.param("1 < b < u", 0.0, id="chain_that_is_false_before_its_unknown_end"),
        pytest.param("a > b and u > 0", NAN, id="true_and_unknown"),
        pytest.param("a < b and u > 0", 0.0, id="false_and_unknown"),
        pytest.param("u > 0 or a > b", 1.0, id="unknown_or_true"),
        pytest.param("u > 0 or a < b", NAN, id="unknown_or_false"),
        pytest.param("not u > 0", NAN, id="not_unknown"),
        pytest.param("not a > b", 0.0, id="not_true"),
    ],
)
def test_value(text, expected):
    assert value(text, a=3.0, b=0.5, u=NAN, i=math.inf) == pytest.approx(expected, nan_ok=True)


@pytest.mark.parametrize("left", [0.0, 1.0, NAN])
@pytest.mark.parametrize("right", [0.0, 1.0, NAN])
def test_names_that_are_conditions_follow_kleene(left, right):
    known = [one for one in (left, right) if not math.isnan(one)]
    both = 0.0 if 0.0 in known else (1.0 if len(known) == 2 else NAN)
    either = 1.0 if 1.0 in known else (0.0 if len(known) == 2 else NAN)
    given_values = {"deep": left, "seen": right, "conditions": True}
    assert value("deep and seen", **given_values) == pytest.approx(both, nan_ok=True)
    assert value("deep or seen", **given_values) == pytest.approx(either, nan_ok=True)
    assert value("not deep", **given_values) == pytest.approx(1.0 - left, nan_ok=True)


def test_columns_are_independent():
    program = parse("a > 1 or b > 1", ["a", "b"])
    values = np.array([[2.0, 0.0, NAN, NAN], [NAN, 0.0, 0.0, 2.0]])
    before = values.copy()
    np.testing.assert_array_equal(program.evaluate(values), [1.0, 0.0, NAN, 1.0])
    np.testing.assert_array_equal(values, before)


def test_no_columns_give_none():
    assert parse("a + 1", ["a"]).evaluate(np.empty((1, 0))).shape == (0,)


def test_a_result_is_no_window_on_the_values():
    values = np.array([[1.0, 2.0]])
    parse("a", ["a"]).evaluate(values)[0] = 9.0
    assert values[0, 0] == 1.0


def test_values_of_another_shape_are_refused():
    with pytest.raises(ValueError, match=r"takes values of shape \(2, m\), not \(1, 3\)"):
        parse("a + b", ["a", "b"]).evaluate(np.zeros((1, 3)))


@pytest.mark.parametrize(
    ("text", "is_condition"),
    [("a", False), ("a + 1", False), ("max(a, 1)", False), ("a > 1", True), ("not a > 1", True)],
)
def test_program_knows_whether_it_is_a_condition(text, is_condition):
    assert parse(text, ["a"]).is_condition is is_condition


ALLOWED = "; there are numbers, names, "


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param("", "is empty" + ALLOWED, id="nothing"),
        pytest.param(
            "up > dwon", "at character 6: 'dwon' is not known; did you mean 'down'?",
            id="unknown_name",
        ),
        pytest.param("min > 1", "at character 1: min is a function; write min(…)", id="function"),
        pytest.param(
            "up and 3",
            "at character 1: up is a number where a condition is due; compare it, e.g. up > 0",
            id="number_in_and",
        ),
        pytest.param(
            "up > 1 and 3",
            "at character 12: 3 is a number where a condition is due; compare it, e.g. 3 > 0",
            id="constant_in_and",
        ),
        pytest.param("not up", "at character 5: up is a number where", id="not_of_a_number"),
        pytest.param(
            "(up > down) + 1",
            "at character 2: up > down is a condition where a number is due; "
            "conditions are only joined by and, or, not",
            id="condition_in_sum",
        ),
        pytest.param("-(up > 1)", "at character 3: up > 1 is a condition", id="minus_condition"),
        pytest.param("max(up > 1, 2)", "at character 5: up > 1 is a condition", id="max_condition"),
        pytest.param("(up > 1) == 1", "at character 2: up > 1 is a condition", id="compared_twice"),
        pytest.param("abs(up, down)", "at character 1: abs(up, down): abs takes one", id="abs_two"),
        pytest.param("abs()", "at character 1: abs(): abs takes one number", id="abs_none"),
        pytest.param("min(up)", "at character 1: min(up): min takes two numbers", id="min_one"),
        pytest.param("min(*up, 1)", "min takes two numbers or more", id="star"),
        pytest.param("max(1, 2, key=up)", "max takes two numbers or more", id="keyword"),
        pytest.param("sqrt(up)", "at character 1: sqrt(up) is not allowed" + ALLOWED, id="sqrt"),
        pytest.param("up.real", "at character 1: up.real is not allowed", id="attribute"),
        pytest.param("up[0]", "at character 1: up[0] is not allowed", id="item"),
        pytest.param("up ** 2", "at character 1: up ** 2 is not allowed", id="power"),
        pytest.param("up % 2", "at character 1: up % 2 is not allowed", id="modulo"),
        pytest.param("1 + up // 2", "at character 5: up // 2 is not allowed", id="floor"),
        pytest.param("up > 1 & down > 1", "at character 6: 1 & down is not allowed", id="bit_and"),
        pytest.param("+up", "at character 1: +up is not allowed", id="plus"),
        pytest.param("~up", "at character 1: ~up is not allowed", id="tilde"),
        pytest.param("True", "at character 1: True is not allowed", id="true"),
        pytest.param("up is down", "at character 1: up is down is not allowed", id="is"),
        pytest.param("up in down", "at character 1: up in down is not allowed", id="in"),
        pytest.param("1 if up else 2", "1 if up else 2 is not allowed", id="if"),
        pytest.param("lambda: 1", "lambda: 1 is not allowed", id="lambda"),
        pytest.param("(up := 1)", "at character 2: up := 1 is not allowed", id="walrus"),
        pytest.param("[up for up in down]", "is not allowed", id="comprehension"),
        pytest.param("'up'", "at character 1: 'up' is not allowed", id="text"),
        pytest.param("f'{up}'", "is not allowed", id="f_string"),
        pytest.param("1j", "at character 1: 1j is not allowed", id="complex"),
        pytest.param("...", "is not allowed", id="ellipsis"),
        pytest.param("__import__('os')", "__import__('os') is not allowed", id="import"),
        pytest.param("abs.__class__(up)", "abs.__class__(up) is not allowed", id="class"),
        pytest.param("1e999", "at character 1: 1e999 is too large", id="infinite"),
        pytest.param("up + 1" + "0" * 400, "at character 6: 1000", id="huge_whole_number"),
        pytest.param("up > 1 # and down > 1", "at character 8: there are no comments", id="hash"),
        pytest.param("up >", "is no expression (invalid syntax)" + ALLOWED, id="cut_off"),
        pytest.param("up AND down", "at character 4: is no expression", id="capitals"),
        pytest.param("up && down", "at character 5: is no expression", id="double_ampersand"),
        pytest.param("up = 1", "is no expression", id="assignment"),
        pytest.param("1if up else 2", "is no expression", id="what_python_only_frowns_upon"),
        pytest.param("up\0", "is no expression", id="null_byte"),
        pytest.param("\ud800", "is no expression", id="half_a_character"),
        pytest.param("水位 > 1", "at character 1: '水位' is not known", id="chinese_name"),
    ],
)  # fmt: skip
def test_what_is_no_expression_is_told(text, told):
    with pytest.raises(ExpressionError) as error:
        parse(text, ["up", "down"])
    assert told in str(error.value)


def test_place_is_counted_in_characters():
    with pytest.raises(ExpressionError, match=r"^at character 8: 'x' is not known"):
        parse("水位 > 1+x", ["水位"])


def test_comparison_of_conditions_is_told():
    with pytest.raises(ExpressionError, match=r"^at character 1: deep is a condition where"):
        parse("deep > 1", ["deep"], names_are_conditions=True)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("(" * 150 + "a" + ")" * 150 + "+a" * 150, id="long_sum"),
        pytest.param("-" * (LONGEST - 1) + "a", id="minus"),
        pytest.param("not " * 499 + "a", id="not"),
        pytest.param("(" * 999 + "a" + ")" * 999, id="parentheses"),
        pytest.param("abs(" * 150 + "a" + ")" * 150, id="calls"),
        pytest.param("a" + "." * 1 + "b.c" * 400, id="attributes"),
        pytest.param("a" + "[0]" * 600, id="items"),
    ],
)
def test_depth_bomb_is_refused(text):
    with pytest.raises(ExpressionError):
        parse(text, ["a"])


def test_megabyte_is_refused_by_its_length():
    with pytest.raises(ExpressionError, match=r"^is 2000001 characters long; write at most 2000$"):
        parse("a" + "+a" * 1_000_000, ["a"])


def test_deepest_expression_is_evaluated():
    text = "a" + "+a" * (DEEPEST - 1)
    assert value(text, a=1.0) == DEEPEST
    with pytest.raises(ExpressionError, match=r"^is nested more than 100 levels deep; split"):
        parse(text + "+a", ["a"])


# The oracle: a tree of tuples, evaluated one value at a time with None for unknown.

NAMES = ("a", "b", "c")
ARITHMETIC = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv,
}  # fmt: skip
COMPARISONS = {
    "<": operator.lt, "<=": operator.le, "==": operator.eq, "!=": operator.ne,
    ">=": operator.ge, ">": operator.gt,
}  # fmt: skip


def slow(tree, known):
    kind, *parts = tree
    if kind == "number":
        return parts[0]
    if kind == "name":
        return known[parts[0]]
    if kind == "and":
        found = [slow(part, known) for part in parts]
        return False if False in found else (None if None in found else True)
    if kind == "or":
        found = [slow(part, known) for part in parts]
        return True if True in found else (None if None in found else False)
    if kind == "chain":
        comparisons, operands = parts[0], [slow(part, known) for part in parts[1]]
        found = []
        for at, word in enumerate(comparisons):
            left, right = operands[at], operands[at + 1]
            found.append(None if left is None or right is None else COMPARISONS[word](left, right))
        return False if False in found else (None if None in found else True)
    found = [slow(part, known) for part in parts]
    if None in found:
        return None
    if kind == "not":
        return not found[0]
    if kind == "minus":
        return -found[0]
    if kind in ("abs", "min", "max"):
        return abs(found[0]) if kind == "abs" else {"min": min, "max": max}[kind](found)
    if kind == "/" and found[1] == 0:
        return None
    result = ARITHMETIC[kind](*found)
    return result if math.isfinite(result) else None


def written(tree):
    kind, *parts = tree
    if kind == "number":
        return repr(parts[0])
    if kind == "name":
        return parts[0]
    if kind == "chain":
        first, *others = [f"({written(part)})" for part in parts[1]]
        return first + "".join(f" {one} {x}" for one, x in zip(parts[0], others, strict=True))
    inner = [f"({written(part)})" for part in parts]
    if kind == "minus":
        return f"-{inner[0]}"
    if kind == "not":
        return f"not {inner[0]}"
    if kind in ("abs", "min", "max"):
        return f"{kind}({', '.join(inner)})"
    return f" {kind} ".join(inner)


NUMBERS = st.one_of(
    st.integers(0, 3).map(float), st.floats(0, 1e300, allow_subnormal=False), st.just(1e308)
)
NAMED = st.sampled_from([("name", name) for name in NAMES])
LEAVES = st.one_of(NUMBERS.map(lambda one: ("number", one)), NAMED)


def deeper(inner):
    return st.one_of(
        st.tuples(st.sampled_from(sorted(ARITHMETIC)), inner, inner),
        st.tuples(st.sampled_from(["minus", "abs"]), inner),
        st.builds(
            lambda word, parts: (word, *parts), st.sampled_from(["min", "max"]),
            st.lists(inner, min_size=2, max_size=3),
        ),
    )  # fmt: skip


ARITHMETICS = st.recursive(LEAVES, deeper, max_leaves=6)


@st.composite
def chains(draw):
    operands = draw(st.lists(ARITHMETICS, min_size=2, max_size=4))
    words = [draw(st.sampled_from(sorted(COMPARISONS))) for _ in operands[1:]]
    return ("chain", tuple(words), tuple(operands))


def joined(inner):
    return st.one_of(
        inner.map(lambda one: ("not", one)),
        st.builds(
            lambda word, parts: (word, *parts), st.sampled_from(["and", "or"]),
            st.lists(inner, min_size=2, max_size=4),
        ),
    )  # fmt: skip


VALUES = st.one_of(
    st.none(), st.integers(-3, 3).map(float), st.floats(-1e308, 1e308, allow_subnormal=False)
)
ROWS = st.lists(st.fixed_dictionaries({name: VALUES for name in NAMES}), min_size=1, max_size=5)


def check(tree, rows, *, conditions=False):
    program = parse(written(tree), NAMES, names_are_conditions=conditions)
    values = [[NAN if row[name] is None else float(row[name]) for row in rows] for name in NAMES]
    expected = [slow(tree, row) for row in rows]
    assert [None if math.isnan(one) else one for one in program.evaluate(np.array(values))] == [
        None if one is None else float(one) for one in expected
    ]
    return program


@given(ARITHMETICS, ROWS)
@settings(max_examples=300, deadline=None)
def test_arithmetic_equals_the_slow_reading(tree, rows):
    assert not check(tree, rows).is_condition


@given(st.recursive(chains(), joined, max_leaves=5), ROWS)
@settings(max_examples=300, deadline=None)
def test_comparisons_equal_the_slow_reading(tree, rows):
    assert check(tree, rows).is_condition


@given(
    st.recursive(NAMED, joined, max_leaves=8),
    st.lists(
        st.fixed_dictionaries({name: st.sampled_from([None, True, False]) for name in NAMES}),
        min_size=1, max_size=5,
    ),
)  # fmt: skip
@settings(max_examples=300, deadline=None)
def test_conditions_equal_the_slow_reading(tree, rows):
    assert check(tree, rows, conditions=True).is_condition


@given(st.text("ab01.+-*/()<>=!, andornot\n'\"[]{}:;#\\&|%~@\0é水", max_size=60))
@settings(max_examples=500, deadline=None)
def test_any_text_is_an_expression_or_refused(text):
    try:
        program = parse(text, ["a", "b"])
    except ExpressionError:
        return
    result = program.evaluate(np.array([[1.0, NAN, 0.0], [2.0, 1.0, NAN]]))
    assert not np.isinf(result).any()
