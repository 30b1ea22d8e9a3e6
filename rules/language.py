"""The rule language: YAML files become a rule set, or an error that says where.

One file holds a list under `rules`. What each field means stands in the models below; they are
also the JSON Schema for editors (`RuleFile.model_json_schema()`).
"""

from __future__ import annotations

import difflib
import hashlib
import itertools
import math
import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, Literal

import numpy as np
import yaml
from numpy.typing import NDArray
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from devices import DOMAINS, PROPERTIES, Catalogue
from rules.alerts import LEVELS
from rules.kinds import KINDS
from rules.kinds.threshold import LimitError
from rules.messages import MessageError, check_template
from rules.ruleset import CompiledRule, RuleSet

_UNITS: Final = {"ms": 1e-3, "s": 1.0, "min": 60.0, "h": 3600.0}

_DURATION: Final = re.compile(r"(\d+(?:\.\d+)?) ?(ms|s|min|h)")


class RuleError(ValueError):
    """A rule file is wrong.

    Attributes:
        where: `file:line`.
    """

    def __init__(self, where: str, what: str) -> None:
        """Say where and what."""
        super().__init__(f"{where}: {what}")
        self.where = where


def _duration(value: object) -> float:
    match = _DURATION.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise ValueError(f"{value!r} is no duration; write a number and ms, s, min or h, e.g. 90s")
    return float(match[1]) * _UNITS[match[2]]


Duration = Annotated[float, BeforeValidator(_duration, json_schema_input_type=str)]
"""Seconds; written as `90s`, `5min`, `1h`."""


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Subjects(_Model):
    """Which datastreams a rule watches: all conditions given must hold."""

    property: str
    """Observed property, e.g. `water_level`."""
    town: list[str] | None = None
    """Only in these towns."""
    place_kind: list[str] | None = None
    """Only at places of these kinds."""


class Limit(_Model):
    """Where a level begins: a number for all stations, or a limit of the station's own."""

    value: float | int | None = None
    """In the property's canonical unit."""
    limit: str | None = None
    """Name of a limit of the datastream, e.g. `warning` (警戒水位); stations that have no limit
    of that name have no such level."""
    plus: float | int = 0.0
    """Added to the station's limit; may be negative."""


class Levels(_Model):
    """Limits by warning colour. At least one."""

    blue: Limit | None = None
    yellow: Limit | None = None
    orange: Limit | None = None
    red: Limit | None = None


class Message(_Model):
    """What people read. Fields in braces: see `rules.messages.FIELDS`."""

    zh: str
    en: str


class Rule(_Model):
    """One rule."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$")]
    """Lower-case words with hyphens; alerts carry it for ever."""
    version: Annotated[int, Field(ge=1)]
    """Raised by one with every change of meaning; alerts carry it too."""
    domain: str
    kind: str
    """One of `rules.kinds.KINDS`."""
    subjects: Subjects
    direction: Literal["above", "below"] = "above"
    """Alarm at or above the limits, or at or below them."""
    levels: Levels
    hysteresis: Annotated[float | int, Field(ge=0)]
    """Width of the deadband, canonical unit: back by more than this and the level ends."""
    on_delay: Duration = Field(default=0.0, alias="for")
    """The condition must hold this long before the alert is raised."""
    off_delay: Duration = 0.0
    """The condition must be gone this long before the alert is cleared."""
    message: Message


class RuleFile(_Model):
    """One file of rules."""

    rules: list[Rule]


def parse(texts: Mapping[str, str], catalogue: Catalogue) -> RuleSet:
    """Check rule files and compile them for a city.

    Args:
        texts: YAML text by file name.
        catalogue: the city whose datastreams are watched.

    Raises:
        RuleError: the first mistake: file, line, field, and what would be right.
    """
    compiled: dict[str, CompiledRule] = {}
    first: dict[str, str] = {}
    for name in sorted(texts):
        data, lines = _load(name, texts[name])
        try:
            file = RuleFile.model_validate(data)
        except ValidationError as error:
            raise _explain(name, lines, error.errors()[0]) from error
        for index, rule in enumerate(file.rules):
            at = _Place(name, lines, ("rules", index))
            if rule.id in compiled:
                raise at.error(("id",), f"{rule.id} is also in {first[rule.id]}; ids are unique")
            compiled[rule.id] = _compile(rule, catalogue, at)
            first[rule.id] = at.where(())
    digest = hashlib.sha256()
    for name in sorted(texts):
        digest.update(f"{name}\0{texts[name]}\0".encode())
    return RuleSet(catalogue, tuple(compiled[key] for key in sorted(compiled)), digest.hexdigest())


class _Place:
    """A rule's place in its file: makes errors that know their line."""

    def __init__(
        self, file: str, lines: Mapping[tuple[Any, ...], int], at: tuple[Any, ...]
    ) -> None:
        self._file, self._lines, self._at = file, lines, at

    def where(self, field: tuple[Any, ...]) -> str:
        path = self._at + field
        while path not in self._lines:
            path = path[:-1]
        return f"{self._file}:{self._lines[path]}"

    def error(self, field: tuple[Any, ...], what: str) -> RuleError:
        dotted = ".".join(str(part) for part in field)
        return RuleError(self.where(field), f"{dotted}: {what}")


def _load(name: str, text: str) -> tuple[object, dict[tuple[Any, ...], int]]:
    """Return the data and the line of every path in it."""
    loader = yaml.SafeLoader(text)
    try:
        node = loader.get_single_node()
        lines: dict[tuple[Any, ...], int] = {(): 1}
        if node is not None:
            _mark(name, node, (), lines)
        return (loader.construct_document(node) if node is not None else None), lines
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise RuleError(f"{name}:{line}", f"is not YAML: {error.problem}") from error
    finally:
        loader.dispose()


def _mark(
    file: str, node: yaml.Node, path: tuple[Any, ...], lines: dict[tuple[Any, ...], int]
) -> None:
    lines[path] = node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            inner = (*path, key.value)
            if inner in lines:
                raise RuleError(
                    f"{file}:{key.start_mark.line + 1}",
                    f"{key.value}: stands twice; the first is in line {lines[inner]}",
                )
            _mark(file, value, inner, lines)
            lines[inner] = key.start_mark.line + 1
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            _mark(file, value, (*path, index), lines)


def _explain(name: str, lines: Mapping[tuple[Any, ...], int], error: ErrorDetails) -> RuleError:
    path = tuple(part for part in error["loc"] if part not in ("float", "int"))
    depth = 2 if len(path) > 2 and path[0] == "rules" else 0
    at = _Place(name, lines, path[:depth])
    field = path[depth:]
    if error["type"] == "extra_forbidden":
        known = _fields_at(path[:-1])
        return at.error(field, f"is not known here{_nearest(str(path[-1]), known)}")
    if error["type"] == "missing":
        return at.error(field, "is missing")
    return at.error(field, error["msg"].removeprefix("Value error, "))


def _fields_at(path: tuple[Any, ...]) -> Sequence[str]:
    """Return the names allowed in the mapping at a path."""
    model: type[BaseModel] = RuleFile
    inner: dict[str, type[BaseModel]] = {
        "rules": Rule, "subjects": Subjects, "levels": Levels, "message": Message,
        "blue": Limit, "yellow": Limit, "orange": Limit, "red": Limit,
    }  # fmt: skip
    for part in path:
        model = inner.get(part, model) if isinstance(part, str) else model
    return [field.alias or name for name, field in model.model_fields.items()]


def _nearest(word: str, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(word, known, n=1)
    meant = f"did you mean {close[0]}? " if close else ""
    return f"; {meant}known: {', '.join(known)}"


def _compile(rule: Rule, catalogue: Catalogue, at: _Place) -> CompiledRule:
    if rule.domain not in DOMAINS:
        raise at.error(("domain",), f"{rule.domain!r}{_nearest(rule.domain, DOMAINS)}")
    if rule.kind not in KINDS:
        raise at.error(("kind",), f"{rule.kind!r}{_nearest(rule.kind, list(KINDS))}")
    wanted = rule.subjects.property
    if wanted not in PROPERTIES:
        raise at.error(("subjects", "property"), f"{wanted!r}{_nearest(wanted, list(PROPERTIES))}")
    for town in rule.subjects.town or ():
        if town not in catalogue.towns:
            known = list(catalogue.towns)
            raise at.error(("subjects", "town"), f"{town!r}{_nearest(town, known)}")
    kinds = sorted({place.kind for place in catalogue.places.values()})
    for kind in rule.subjects.place_kind or ():
        if kind not in kinds:
            raise at.error(("subjects", "place_kind"), f"{kind!r}{_nearest(kind, kinds)}")
    for field, template in (("zh", rule.message.zh), ("en", rule.message.en)):
        try:
            check_template(template)
        except MessageError as error:
            raise at.error(("message", field), str(error)) from error
    chosen = [
        one.slot
        for one in catalogue.datastreams
        if one.observed_property == wanted
        and not one.retired
        and _selected(rule.subjects, catalogue, one.slot)
    ]
    on = np.column_stack([_limits(rule, catalogue, chosen, level.word, at) for level in LEVELS])
    watched = ~np.isnan(on).all(axis=1)
    if not watched.any():
        raise at.error(
            ("subjects",), f"matches no datastream of {wanted} with a limit; nothing is watched"
        )
    slots = np.array(chosen, dtype=np.int32)[watched]
    on = on[watched]
    sign = 1.0 if rule.direction == "above" else -1.0
    _check_order(rule, catalogue, slots, sign * on, at)
    try:
        condition = KINDS[rule.kind](
            on=on, off=on - sign * rule.hysteresis, falling=rule.direction == "below"
        )
    except LimitError as error:
        raise at.error(("levels",), str(error)) from error
    position = np.full(len(catalogue.datastreams), -1, dtype=np.int32)
    position[slots] = np.arange(slots.size, dtype=np.int32)
    sources = []
    for level in LEVELS:
        limit = getattr(rule.levels, level.word)
        sources.append((limit.limit or "rule") if limit else "")
    return CompiledRule(
        id=rule.id,
        version=rule.version,
        domain=rule.domain,
        slots=slots,
        position=position,
        condition=condition,
        on_delay_us=round(rule.on_delay * 1e6),
        off_delay_us=round(rule.off_delay * 1e6),
        limit_names=(sources[0], sources[1], sources[2], sources[3]),
        message_zh=rule.message.zh,
        message_en=rule.message.en,
    )


def _selected(subjects: Subjects, catalogue: Catalogue, slot: int) -> bool:
    place = catalogue.place_of(slot)
    return (subjects.town is None or place.town in subjects.town) and (
        subjects.place_kind is None or place.kind in subjects.place_kind
    )


def _limits(
    rule: Rule, catalogue: Catalogue, slots: Sequence[int], level: str, at: _Place
) -> Sequence[float]:
    """Return the limit of one level for each slot, NaN where it has none."""
    limit: Limit | None = getattr(rule.levels, level)
    if limit is None:
        return [math.nan] * len(slots)
    if (limit.value is None) == (limit.limit is None):
        raise at.error(("levels", level), "needs either value or limit, not both")
    if limit.value is not None:
        return [float(limit.value) + float(limit.plus)] * len(slots)
    own = [catalogue.datastreams[slot].limits for slot in slots]
    if not any(limit.limit in names for names in own):
        known = sorted({name for names in own for name in names})
        raise at.error(
            ("levels", level, "limit"),
            f"no station has {limit.limit!r}{_nearest(str(limit.limit), known)}",
        )
    return [names.get(str(limit.limit), math.nan) + float(limit.plus) for names in own]


def _check_order(
    rule: Rule,
    catalogue: Catalogue,
    slots: NDArray[np.int32],
    toward: NDArray[np.float64],
    at: _Place,
) -> None:
    """Refuse levels that do not grow towards red; `toward` is (s, 4), larger is worse."""
    for subject, row in enumerate(toward):
        given = [(level, value) for level, value in zip(LEVELS, row, strict=True) if value == value]
        for (weaker, low), (stronger, high) in itertools.pairwise(given):
            if not high > low:
                name = catalogue.datastreams[int(slots[subject])].id
                side = "above" if rule.direction == "above" else "below"
                raise at.error(
                    ("levels", stronger.word),
                    f"{abs(high):g} of {name} is not {side} {weaker.word} {abs(low):g}; "
                    f"{stronger.word} must be {side} {weaker.word}",
                )
