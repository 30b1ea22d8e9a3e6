"""From pydantic's errors to ours: the first mistake, with its line, field and what is right."""

from __future__ import annotations

import re
import types
import typing
from collections.abc import Sequence
from typing import Any, Final

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from rules.language.mistakes import RuleError, nearest
from rules.language.models import KINDS, RuleFile
from rules.language.yaml_lines import At, Path, Source

_QUOTED: Final = re.compile(r"'([^']*)'")

_RIGHT: Final = {
    "int_type": "{input} is no whole number",
    "int_from_float": "{input} is no whole number",
    "float_type": "{input} is no number",
    "finite_number": "{input} is no finite number",
    "bool_type": "{input} is neither true nor false",
    "string_type": "{input} is no text; write it in quotes",
    "string_too_short": "is empty",
    "string_too_long": "is longer than {max_length} characters",
    "list_type": "{input} is no list; write [a, b] or one item a line",
    "dict_type": "{input} is no mapping; write names with a colon",
    "model_type": "{input} is no mapping; write fields with a colon",
    "model_attributes_type": "{input} is no mapping; write fields with a colon",
    "too_short": "is empty; give at least {min_length}",
    "too_long": "has {actual_length}; at most {max_length}",
    "greater_than": "{input} must be above {gt:g}",
    "greater_than_equal": "{input} must be {ge:g} or more",
    "less_than_equal": "{input} must be {le:g} or less",
    "invalid_key": "is no field; fields are words",
}
"""What we say by pydantic's type of error, filled with its input and context."""

_FIRST: Final = ("extra_forbidden", "invalid_key")


def explain(source: Source, errors: Sequence[ErrorDetails]) -> RuleError:
    """Return the mistake to tell.

    Of the first rule that is wrong an unknown field goes first: a misspelt one is missing as well.
    """
    first = errors[0]["loc"][:2]
    unknown = (one for one in errors if one["type"] in _FIRST and one["loc"][:2] == first)
    error = next(unknown, errors[0])
    path = tuple(part for part in error["loc"] if part != "[key]")
    if not path:
        return At(source).error((), "holds no rules; begin with rules: and a list of them")
    if len(path) < 2:
        return At(source).error(path, _what(error, RuleFile, ""))
    at, kind, field = At(source, path[:2]), "", path[2:]
    if field and field[0] in KINDS:  # pydantic's, for the member of the union
        kind, field = str(field[0]), field[1:]
    if error["type"] in {"union_tag_invalid", "union_tag_not_found"}:
        field = ("kind",)
    model = _model_at(KINDS[kind], field[:-1]) if kind else RuleFile
    return at.error(field, _what(error, model, kind))


def explain_fields(
    source: Source, errors: Sequence[ErrorDetails], model: type[BaseModel]
) -> RuleError:
    """Return the mistake to tell of a file that holds one model and no rules.

    An unknown field goes first, as in `explain`. Fields of an item of a list are named from there.
    """
    error = next((one for one in errors if one["type"] in _FIRST), errors[0])
    path = tuple(part for part in error["loc"] if part != "[key]")
    what = _what(error, _model_at(model, path[:-1]), "")
    of_item = len(path) > 2 and isinstance(path[1], int)
    return At(source, path[:2] if of_item else ()).error(path[2:] if of_item else path, what)


def _what(error: ErrorDetails, model: type[BaseModel], kind: str) -> str:
    match error["type"]:
        case "extra_forbidden":
            return _unknown(str(error["loc"][-1]), model, kind)
        case "missing":
            return "is missing"
        case "union_tag_not_found":
            return f"is missing; known: {', '.join(KINDS)}"
        case "union_tag_invalid":
            word = error["ctx"]["tag"]
            return f"{word!r}{nearest(word, list(KINDS))}"
        case "literal_error":
            word, known = error["input"], _QUOTED.findall(error["ctx"]["expected"])
            return f"{word!r}{nearest(str(word), known)}"
        case "string_pattern_mismatch":
            return f"{error['input']!r} is no name; write {_spelling(error)}"
    if right := _RIGHT.get(error["type"]):
        return right.format(input=_shown(error["input"]), **error.get("ctx", {}))
    return error["msg"].removeprefix("Value error, ")


def _shown(value: object) -> str:
    shown = repr(value)
    return shown if len(shown) <= 60 else f"{shown[:59]}…"


def _spelling(error: ErrorDetails) -> str:
    joint = "underscores" if "_" in error["ctx"]["pattern"] else "hyphens"
    return f"lower-case letters, digits and {joint}, a letter first"


def _unknown(word: str, model: type[BaseModel], kind: str) -> str:
    having = [name for name, one in KINDS.items() if word in _fields(one)]
    if kind and model is KINDS[kind] and having:
        return f"is not for {kind} rules; it goes with {', '.join(having)}"
    return f"is not known here{nearest(word, _fields(model))}"


def _fields(model: type[BaseModel]) -> list[str]:
    return [field.alias or name for name, field in model.model_fields.items()]


def _model_at(model: type[BaseModel], path: Path) -> type[BaseModel]:
    """Return the model of the mapping at a path below one."""
    parts = iter(path)
    for part in parts:
        fields = {field.alias or name: field for name, field in model.model_fields.items()}
        if part not in fields:
            continue
        annotation = fields[str(part)].annotation
        found = _models_in(annotation)
        if found:
            model = found[0]
        if typing.get_origin(annotation) is dict:
            next(parts, None)  # the key is a name of the author's
    return model


def _models_in(annotation: Any) -> list[type[BaseModel]]:  # noqa: ANN401 # a type of any form
    if isinstance(annotation, type) and not isinstance(annotation, types.GenericAlias):
        return [annotation] if issubclass(annotation, BaseModel) else []
    return [one for inner in typing.get_args(annotation) for one in _models_in(inner)]
