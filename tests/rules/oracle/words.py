"""Expressions, word by word over Python's own tree: None is unknown, 1.0 true, 0.0 false."""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping

_ARITHMETIC: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_COMPARISONS: dict[type[ast.cmpop], Callable[[float, float], bool]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
_FUNCTIONS: dict[str, Callable[..., float]] = {"abs": abs, "min": min, "max": max}


def value(text: str, names: Mapping[str, float | None]) -> float | None:
    """Return what an expression says of some named values."""
    found = _value(ast.parse(text, mode="eval").body, names)
    return found if found is not None and math.isfinite(found) else None


def _value(node: ast.expr, names: Mapping[str, float | None]) -> float | None:
    def known(*parts: ast.expr) -> list[float] | None:
        values = [_value(part, names) for part in parts]
        return None if None in values else [one for one in values if one is not None]

    match node:
        case ast.Constant(value=float() | int() as number):
            return float(number)
        case ast.Name(id=name):
            return names[name]
        case ast.UnaryOp(op=ast.USub(), operand=part):
            values = known(part)
            return None if values is None else -values[0]
        case ast.UnaryOp(op=ast.Not(), operand=part):
            values = known(part)
            return None if values is None else 1.0 - values[0]
        case ast.BinOp(left=left, op=op, right=right):
            values = known(left, right)
            if values is None or (isinstance(op, ast.Div) and values[1] == 0):
                return None
            return _ARITHMETIC[type(op)](*values)
        case ast.Call(func=ast.Name(id=name), args=parts):
            values = known(*parts)
            return None if values is None else _FUNCTIONS[name](*values)
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            values = known(left, right)
            return None if values is None else float(_COMPARISONS[type(op)](*values))
        case ast.BoolOp(op=ast.And(), values=parts):
            return _all([_value(part, names) for part in parts])
        case ast.BoolOp(op=ast.Or(), values=parts):
            return _not(_all([_not(_value(part, names)) for part in parts]))
    raise ValueError(f"{ast.unparse(node)} is no expression of rules")


def _all(values: list[float | None]) -> float | None:
    """One that is false decides; else one that is unknown leaves it unknown (Kleene)."""
    if 0.0 in values:
        return 0.0
    return None if None in values else 1.0


def _not(one: float | None) -> float | None:
    return None if one is None else 1.0 - one
