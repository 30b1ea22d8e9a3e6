"""Read `cases.yaml` of a city: what the district has settled for its cases.

number: "姜城管案字〔{year}〕{month}{day}-{sequence}号"
hours: ["08:30-12:00", "14:00-18:00"]
same: {within_m: 50, within_h: 24}
amber: 0.75
limits: {filing: 1 工作时, dispatch: 1 工作时, verification: 1 工作日}
departments:
  - {id: sanitation, name: {zh: 环卫所, en: Sanitation}}
categories:
  - id: exposed-garbage
    name: {zh: 暴露垃圾, en: Exposed garbage}
    kind: event
    department: sanitation
    limits: {handling: 1 工作日}
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Final, Literal, TypeVar

from pydantic import AfterValidator, Field, ValidationError

from devices.calendar import HOUR_US, Calendar
from devices.mistakes import CatalogueError
from devices.working_hours import WorkingHours
from dispatch.cases.clock import ClockName
from dispatch.cases.limits import Limit, parse_limit
from dispatch.cases.numbers import Numbering
from dispatch.cases.policy import CasePolicy, Category, Department, Sameness
from rules.language.explain import explain_fields
from rules.language.fields import Id, Model, Text
from rules.language.mistakes import RuleError, nearest
from rules.language.yaml_lines import At, load

FILE: Final = "cases.yaml"
"""In a city's folder."""

_NONE: Final = "none"
"""In the place of a limit: the stage has none."""

_SPAN: Final = re.compile(r"(\d\d):(\d\d)-(\d\d):(\d\d)", re.ASCII)


def _limit(value: str) -> str:
    if value != _NONE:
        parse_limit(value)
    return value


def _own_limit(value: str) -> str:
    parse_limit(value)
    return value


def _span(value: str) -> str:
    match = _SPAN.fullmatch(value)
    if match is None or int(match[2]) > 59 or int(match[4]) > 59:
        raise ValueError(f"{value!r} is no span of a day; write it in quotes, e.g. '08:30-12:00'")
    return value


LimitOrNone = Annotated[str, AfterValidator(_limit)]
LimitText = Annotated[str, AfterValidator(_own_limit)]
Share = Annotated[float, Field(gt=0, le=1)]


class _Name(Model):
    """What people call something."""

    zh: Text
    en: Text


class _Same(Model):
    within_m: Annotated[float, Field(ge=0, le=10_000)]
    within_h: Annotated[float, Field(ge=0, le=24 * 366)]


class _Limits(Model):
    """Where a category says nothing of a stage."""

    filing: LimitOrNone | None = None
    dispatch: LimitOrNone | None = None
    verification: LimitOrNone | None = None


class _OwnLimits(_Limits):
    handling: LimitText


class _Department(Model):
    id: Id
    name: _Name


class _Category(Model):
    id: Id
    name: _Name
    kind: Literal["event", "component"]
    department: Text
    limits: _OwnLimits
    rework: LimitText | None = None
    """Of handling once it was sent back; default: that of handling."""
    amber: Share | None = None


class _File(Model):
    number: Text
    digits: Annotated[int, Field(ge=1, le=9)] = 4
    hours: Annotated[list[Annotated[str, AfterValidator(_span)]], Field(min_length=1)]
    same: _Same
    amber: Share
    limits: _Limits
    departments: Annotated[list[_Department], Field(min_length=1)]
    categories: Annotated[list[_Category], Field(min_length=1)]


_T = TypeVar("_T", _Department, _Category)


def read(text: str, name: str, district: str, calendar: Calendar) -> CasePolicy:
    """Return what a file says.

    Args:
        text: YAML, as above.
        name: of the file, for mistakes.
        district: division code.
        calendar: the working calendar.

    Raises:
        CatalogueError: the first mistake: file, line, field, and what would be right.
    """
    try:
        return _read(text, name, district, calendar)
    except RuleError as error:
        what = str(error).removeprefix(f"{error.where}: ")
        raise CatalogueError(error.where, what) from error


def _read(text: str, name: str, district: str, calendar: Calendar) -> CasePolicy:
    source = load(name, text)
    try:
        file = _File.model_validate(source.data)
    except ValidationError as error:
        raise explain_fields(source, error.errors(include_url=False), _File) from error
    at = At(source)
    departments = {
        one.id: Department(one.id, (one.name.zh, one.name.en))
        for one, _ in _each(file.departments, at.within("departments"))
    }
    categories = {}
    for one, where in _each(file.categories, at.within("categories")):
        if one.department not in departments:
            near = nearest(one.department, list(departments))
            raise where.error(("department",), f"{one.department!r}{near}")
        categories[one.id] = _category(one, file)
    try:
        numbering = Numbering(file.number, district, file.digits)
    except ValueError as error:
        raise at.error(("number",), str(error)) from error
    try:
        hours = WorkingHours(calendar, tuple(_seconds(one) for one in file.hours))
    except ValueError as error:
        raise at.error((), str(error)) from error
    same = Sameness(file.same.within_m, round(file.same.within_h * HOUR_US))
    return CasePolicy(departments, categories, hours, numbering, same)


def _each(items: Sequence[_T], at: At) -> Iterator[tuple[_T, At]]:
    """Yield things with where they stand; each id once."""
    first: dict[str, str] = {}
    for index, one in enumerate(items):
        where = at.within(index)
        if one.id in first:
            raise where.error(("id",), f"{one.id} is also in {first[one.id]}; ids are unique")
        first[one.id] = where.where(("id",))
        yield one, where


def _category(one: _Category, file: _File) -> Category:
    limits = {**_given(file.limits), **_given(one.limits)}
    return Category(
        one.id,
        (one.name.zh, one.name.en),
        one.kind == "component",
        one.department,
        {name: limit for name, limit in limits.items() if limit is not None},
        parse_limit(one.rework or one.limits.handling),
        file.amber if one.amber is None else one.amber,
    )


def _given(limits: _Limits) -> Mapping[ClockName, Limit | None]:
    """Return the limits that are said; None for a stage that has none."""
    said: dict[str, Any] = limits.model_dump(exclude_none=True)
    return {
        ClockName(name): None if text == _NONE else parse_limit(text) for name, text in said.items()
    }


def _seconds(span: str) -> tuple[int, int]:
    """Return a span as seconds of the day."""
    from_h, from_min, to_h, to_min = (int(part) for part in re.split("[:-]", span))
    return (from_h * 60 + from_min) * 60, (to_h * 60 + to_min) * 60
