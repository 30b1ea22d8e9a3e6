"""Expressions of rules: a small language over named values, checked once and run over columns.

Numbers, names, + - * / and unary minus, abs min max; comparisons; and, or, not. No other Python
gets in: the text is parsed by `ast` and every node is one of a short list, or it is refused.
"""

from __future__ import annotations

import ast
import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from devices.tables import nearest
from rules import expression_nodes as nodes

LONGEST: Final = 2000
"""Characters of a text: more is no rule that a person can check."""

DEEPEST: Final = 100
"""Levels of nesting, a sum of 100 parts is one: far from the interpreter's limit of recursion."""

_ALLOWED: Final = (
    "there are numbers, names, + - * /, abs() min() max(), < <= == != >= >, and or not, and ()"
)

_ARITHMETIC: Final[dict[type[ast.operator], np.ufunc]] = {
    ast.Add: np.add, ast.Sub: np.subtract, ast.Mult: np.multiply, ast.Div: np.divide,
}  # fmt: skip

_COMPARISONS: Final[dict[type[ast.cmpop], np.ufunc]] = {
    ast.Lt: np.less, ast.LtE: np.less_equal, ast.Eq: np.equal, ast.NotEq: np.not_equal,
    ast.GtE: np.greater_equal, ast.Gt: np.greater,
}  # fmt: skip

_FUNCTIONS: Final[dict[str, np.ufunc]] = {
    "abs": np.absolute, "min": np.minimum, "max": np.maximum,
}  # fmt: skip


class ExpressionError(ValueError):
    """The text is no expression of this language."""


@dataclass(frozen=True, slots=True, eq=False)
class Program:
    """A checked expression."""

    text: str
    is_condition: bool
    """Whether it says true, false or unknown (1, 0, NaN) instead of a number."""
    names: tuple[str, ...]
    """What each row of the values is called."""
    _root: nodes.Node = field(repr=False)

    def evaluate(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the value for each column of `values`, (names, m) -> (m,); NaN is unknown.

        The result is NaN or finite. What is infinite among the values is unknown. Where names are
        conditions, their values are 1, 0 or NaN.

        >>> parse("up - down > 1", ["up", "down"]).evaluate(np.array([[4.0, 4.0], [1.0, np.nan]]))
        array([ 1., nan])
        """
        if values.ndim != 2 or values.shape[0] != len(self.names):
            raise ValueError(
                f"{self.text!r} takes values of shape ({len(self.names)}, m), not {values.shape}"
            )
        result = np.empty(values.shape[1])
        with np.errstate(all="ignore"):
            result[:] = self._root.evaluate(values)
        return result


def parse(text: str, names: Sequence[str], *, names_are_conditions: bool = False) -> Program:
    """Check an expression over some names.

    Args:
        text: on one line or several.
        names: what the text may name, in the order of the rows it will be evaluated over.
        names_are_conditions: whether names say true or false instead of a number.

    Raises:
        ExpressionError: what is wrong, where in the text, and what would be right.

    >>> parse("deep and not dry", ["deep", "dry"], names_are_conditions=True).is_condition
    True
    """
    if len(text) > LONGEST:
        raise ExpressionError(f"is {len(text)} characters long; write at most {LONGEST}")
    if not text.strip():
        raise ExpressionError(f"is empty; {_ALLOWED}")
    # On one line, because Python would end an expression at the end of its first one.
    line = " ".join(text.split())
    if (at := line.find("#")) >= 0:
        # Python would ignore what follows, and nobody would notice.
        raise ExpressionError(f"at character {at + 1}: there are no comments here; leave # out")
    tree = _parsed(line)
    checker = _Checker(line, tuple(names), names_are_conditions)
    root, is_condition = checker.check(tree, 1)
    return Program(text, is_condition, checker.names, root)


def _parsed(line: str) -> ast.expr:
    try:
        with warnings.catch_warnings():
            # What Python only frowns upon (`1if`) is an error here, and nothing is printed.
            warnings.simplefilter("error")
            return ast.parse(line, mode="eval").body
    except SyntaxError as error:
        where = f"at character {error.offset}: " if error.offset else ""
        raise ExpressionError(f"{where}is no expression ({error.msg}); {_ALLOWED}") from None
    except (RecursionError, MemoryError):
        raise ExpressionError(_too_deep()) from None
    except ValueError as error:  # null bytes, half characters
        raise ExpressionError(f"is no expression ({error}); {_ALLOWED}") from None


def _too_deep() -> str:
    return f"is nested more than {DEEPEST} levels deep; split it into several rules"


class _Checker:
    """Makes nodes of a syntax tree, each with whether it is a condition; refuses all else."""

    def __init__(self, line: str, names: tuple[str, ...], names_are_conditions: bool) -> None:
        self.names = names
        self._line = line.encode()
        self._names_are_conditions = names_are_conditions

    def check(self, tree: ast.expr, depth: int) -> tuple[nodes.Node, bool]:
        if depth > DEEPEST:
            raise ExpressionError(_too_deep())
        match tree:
            case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
                return nodes.Number(self._finite(tree, value)), False
            case ast.Name(id=name):
                return nodes.Named(self._row(tree, name)), self._names_are_conditions
            case ast.UnaryOp(op=ast.USub(), operand=part):
                return nodes.Computed(np.negative, (self._number(part, depth),)), False
            case ast.BinOp(op=op, left=left, right=right) if type(op) in _ARITHMETIC:
                parts = (self._number(left, depth), self._number(right, depth))
                return nodes.Computed(_ARITHMETIC[type(op)], parts), False
            case ast.Call(func=ast.Name(id=name)) if name in _FUNCTIONS:
                return self._call(tree, name, depth), False
            case ast.Compare(left=left, ops=ops, comparators=others) if all(
                type(op) in _COMPARISONS for op in ops
            ):
                functions = tuple(_COMPARISONS[type(op)] for op in ops)
                return nodes.Compared(functions, self._numbers([left, *others], depth)), True
            case ast.BoolOp(op=op, values=values):
                conditions = tuple(self._condition(value, depth) for value in values)
                return (nodes.All if isinstance(op, ast.And) else nodes.Any)(conditions), True
            case ast.UnaryOp(op=ast.Not(), operand=part):
                return nodes.Not(self._condition(part, depth)), True
        raise self._error(tree, f"{self._shown(tree)} is not allowed; {_ALLOWED}")

    def _call(self, tree: ast.Call, name: str, depth: int) -> nodes.Node:
        given = len(tree.args)
        plain = not tree.keywords and not any(isinstance(one, ast.Starred) for one in tree.args)
        if not plain or (given != 1 if name == "abs" else given < 2):
            due = "one number" if name == "abs" else "two numbers or more, separated by commas"
            raise self._error(tree, f"{self._shown(tree)}: {name} takes {due}")
        return nodes.Computed(_FUNCTIONS[name], self._numbers(tree.args, depth))

    def _numbers(self, trees: Sequence[ast.expr], depth: int) -> tuple[nodes.Node, ...]:
        return tuple(self._number(tree, depth) for tree in trees)

    def _number(self, tree: ast.expr, depth: int) -> nodes.Node:
        node, is_condition = self.check(tree, depth + 1)
        if is_condition:
            raise self._error(
                tree,
                f"{self._shown(tree)} is a condition where a number is due; "
                "conditions are only joined by and, or, not",
            )
        return node

    def _condition(self, tree: ast.expr, depth: int) -> nodes.Node:
        node, is_condition = self.check(tree, depth + 1)
        if not is_condition:
            shown = self._shown(tree)
            raise self._error(
                tree, f"{shown} is a number where a condition is due; compare it, e.g. {shown} > 0"
            )
        return node

    def _finite(self, tree: ast.expr, value: float) -> float:
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if not math.isfinite(number):
            raise self._error(tree, f"{self._shown(tree)} is too large; write less than 1.8e308")
        return number

    def _row(self, tree: ast.expr, name: str) -> int:
        if name in self.names:
            return self.names.index(name)
        if name in _FUNCTIONS:
            raise self._error(tree, f"{name} is a function; write {name}(…)")
        raise self._error(tree, f"{name!r} is not known; {nearest(name, self.names)}")

    def _error(self, tree: ast.expr, what: str) -> ExpressionError:
        # Python counts bytes from 0, people count characters from 1.
        at = len(self._line[: tree.col_offset].decode()) + 1
        return ExpressionError(f"at character {at}: {what}")

    def _shown(self, tree: ast.expr) -> str:
        shown = self._line[tree.col_offset : tree.end_col_offset].decode()
        return shown if len(shown) <= 40 else f"{shown[:39]}…"
