"""The working calendar: which days are worked, with public holidays and 调休.

Its files stand in a city's folder `calendar/`, one for each notice of 国务院办公厅:

    holidays: [2026-01-01/2026-01-03]   # days off: a date, or first and last day
    workdays: [2026-01-04]              # weekend days that are worked
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta, timezone
from typing import Final

import yaml

from devices.mistakes import CatalogueError
from devices.tables import nearest

MINUTE_US: Final = 60_000_000
HOUR_US: Final = 60 * MINUTE_US
DAY_US: Final = 24 * HOUR_US

BEIJING: Final = timezone(timedelta(hours=8))
"""The one zone of China; it has had no summer time since 1991."""

_EPOCH_DAY: Final = date(1970, 1, 1).toordinal()

_LONGEST_DAYS: Final = 31
"""Of one range; the longest public holiday had nine. A wrong year would be a year without work."""

_FIELDS: Final = ("holidays", "workdays")

_ENTRY: Final = re.compile(r"(\d{4}-\d\d-\d\d)(?:/(\d{4}-\d\d-\d\d))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Calendar:
    """Monday to Friday are worked, but for what is said otherwise."""

    holidays: frozenset[date]
    """Days off, weekends included or not."""
    workdays: frozenset[date]
    """Weekend days that are worked (调休)."""
    offset: timedelta = timedelta(hours=8)
    """Zone: east of UTC."""

    def is_workday(self, day: date) -> bool:
        """Return whether a day is worked.

        >>> calendar = Calendar(frozenset({date(2026, 10, 1)}), frozenset({date(2026, 10, 10)}))
        >>> [calendar.is_workday(date(2026, 10, day)) for day in (1, 2, 3, 10)]
        [False, True, False, True]
        """
        return day in self.workdays or (day not in self.holidays and day.weekday() < 5)

    def local_day(self, time_us: int) -> date:
        """Return the day in the zone at a time, µs since 1970.

        >>> Calendar(frozenset(), frozenset()).local_day(16 * 3_600_000_000).isoformat()
        '1970-01-02'
        """
        return date.fromordinal(_EPOCH_DAY + (time_us + self._offset_us) // DAY_US)

    def start_us(self, day: date) -> int:
        """Return when a day begins in the zone, µs since 1970, inclusive."""
        return (day.toordinal() - _EPOCH_DAY) * DAY_US - self._offset_us

    @property
    def _offset_us(self) -> int:
        return self.offset // timedelta(microseconds=1)


WEEKDAYS_ONLY: Final = Calendar(frozenset(), frozenset())
"""Of a city that says nothing of holidays."""


def read(text: str, name: str) -> Calendar:
    """Return what one file says.

    Args:
        text: YAML, as above.
        name: of the file, for mistakes.

    Raises:
        CatalogueError: the first mistake: file, line, and what would be right.
    """
    found: dict[str, dict[date, str]] = {field: {} for field in _FIELDS}
    for field, node in _fields(_root(text, name), name):
        if not isinstance(node, yaml.SequenceNode):
            raise CatalogueError(
                _where(name, node), f"{field}: must be a list, e.g. {field}: [2026-10-10]"
            )
        days = found[field]
        for entry in node.value:
            where = _where(name, entry)
            for day in _days(entry, f"{field}: ", where):
                if day in days:
                    raise CatalogueError(
                        where, f"{field}: {day} is there twice; first in {days[day]}"
                    )
                if field == "workdays" and day.weekday() < 5:
                    raise CatalogueError(
                        where,
                        f"workdays: {day} is a {day:%A} and worked anyway; "
                        "list only Saturdays and Sundays",
                    )
                days[day] = where
    return _checked(found["holidays"], found["workdays"])


def merge(calendars: Mapping[str, Calendar]) -> Calendar:
    """Return what several files say together; of none, `WEEKDAYS_ONLY`.

    Args:
        calendars: by file name.

    Raises:
        CatalogueError: a day is a holiday in one of them and worked in another.
    """
    holidays = {day: name for name, one in calendars.items() for day in one.holidays}
    workdays = {day: name for name, one in calendars.items() for day in one.workdays}
    return _checked(holidays, workdays)


def _checked(holidays: Mapping[date, str], workdays: Mapping[date, str]) -> Calendar:
    """Return a calendar of days, each with where it is said."""
    for day in sorted(holidays.keys() & workdays.keys()):
        raise CatalogueError(
            workdays[day],
            f"workdays: {day} is a holiday in {holidays[day]}; it can only be one of them",
        )
    return Calendar(frozenset(holidays), frozenset(workdays))


def _root(text: str, name: str) -> yaml.Node | None:
    try:
        # Only the nodes: dates are read below, where their lines are known.
        root: yaml.Node | None = yaml.compose(text, yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or error
        line = mark.line + 1 if mark else 1
        raise CatalogueError(f"{name}:{line}", f"is not YAML: {problem}") from error
    except RecursionError:
        raise CatalogueError(name, "is nested too deeply; it needs lists of days only") from None
    return root


def _fields(root: yaml.Node | None, name: str) -> Iterator[tuple[str, yaml.Node]]:
    """Yield the fields of the file, each once."""
    if not isinstance(root, yaml.MappingNode):
        where = name if root is None else _where(name, root)
        raise CatalogueError(where, "must be a mapping with holidays and workdays, lists of dates")
    first: dict[str, int] = {}
    for key, node in root.value:
        where = _where(name, key)
        field = key.value if isinstance(key, yaml.ScalarNode) else "this"
        if field not in _FIELDS:
            raise CatalogueError(where, f"{field}: is not known here; {nearest(field, _FIELDS)}")
        if field in first:
            raise CatalogueError(
                where, f"{field}: stands twice; the first is in line {first[field]}"
            )
        first[field] = key.start_mark.line + 1
        yield field, node
    for field in _FIELDS:
        if field not in first:
            raise CatalogueError(f"{name}:1", f"{field}: is missing; write {field}: [] for none")


def _days(entry: yaml.Node, field: str, where: str) -> Iterator[date]:
    """Yield the days of a date or a range."""
    text = entry.value if isinstance(entry, yaml.ScalarNode) else "a list"
    match = _ENTRY.fullmatch(text)
    if match is None:
        raise CatalogueError(
            where,
            f"{field}{text!r} is no day; write 2026-10-01, or 2026-10-01/2026-10-07 for first "
            "and last day",
        )
    try:
        first = date.fromisoformat(match[1])
        last = date.fromisoformat(match[2] or match[1])
    except ValueError as error:
        raise CatalogueError(where, f"{field}{text} is no day of any calendar: {error}") from error
    length = (last - first).days + 1
    if length < 1:
        raise CatalogueError(where, f"{field}{text} ends before it begins; the first day is first")
    if length > _LONGEST_DAYS:
        raise CatalogueError(
            where, f"{field}{text} has {length} days; a range has at most {_LONGEST_DAYS}"
        )
    for after in range(length):
        yield first + timedelta(days=after)


def _where(name: str, node: yaml.Node) -> str:
    return f"{name}:{node.start_mark.line + 1}"
