"""The tables of a city: which columns they have, and rows that know their place when wrong.

A row never raises: it notes its mistake and gives something harmless back, so that all mistakes of
a table are found in one reading. `Row.sound` says whether what was made of it may be used.
"""

from __future__ import annotations

import csv
import difflib
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, Generic, NamedTuple, TypeVar

import numpy as np

from devices.mistakes import Mistakes

_T = TypeVar("_T")


class Columns(NamedTuple):
    """The columns of a table."""

    required: tuple[str, ...]
    optional: tuple[str, ...] = ()

    @property
    def every(self) -> tuple[str, ...]:
        """All that may stand in the header."""
        return self.required + self.optional


COLUMNS: Final[dict[str, Columns]] = {
    "places.csv": Columns(
        ("id", "town", "kind", "name_zh", "name_en", "lon", "lat"), ("downstream", "tags")
    ),
    "gateways.csv": Columns(("id", "place", "name_zh", "name_en"), ("edition", "zone")),
    "devices.csv": Columns(
        ("id", "gateway", "place", "kind", "name_zh", "name_en"), ("field_id", "vendor", "tags")
    ),
    "datastreams.csv": Columns(
        ("slot", "id", "device", "observed_property", "period_s", "physical_min", "physical_max"),
        ("limits", "statistic", "field_code", "sent_unit", "late_s", "future_s", "beyond", "datum",
         "datum_m", "retired", "tags"),
    ),
    "terminals.csv": Columns(("id", "crew", "kind", "name_zh", "name_en", "contact")),
}  # fmt: skip
"""By file name."""

_TAG: Final = re.compile(r"[a-z0-9][a-z0-9_-]*")


class Row:
    """One line of a table: fields by name, with mistakes that know their place."""

    def __init__(self, where: str, fields: Mapping[str, str | None], mistakes: Mistakes) -> None:
        """Take one line of a file."""
        self.where = where
        self.sound = True
        """Whether no mistake was found in it so far."""
        self._fields = fields
        self._mistakes = mistakes

    def wrong(self, field: str, what: str) -> None:
        """Note a mistake."""
        self.sound = False
        self._mistakes.tell(self.where, f"{field}: {what}")

    def optional(self, field: str) -> str:
        """Return a text, empty where the cell or the column is."""
        return (self._fields.get(field) or "").strip()

    def text(self, field: str) -> str:
        """Return a text that every row needs."""
        value = self.optional(field)
        if not value:
            self.wrong(field, "is empty; every row needs it")
        return value

    def number(self, field: str) -> float:
        """Return a finite number that every row needs; NaN where it is wrong."""
        text = self.text(field)
        return self._float(field, text) if text else float("nan")

    def number_or(self, field: str, default: float) -> float:
        """Return a finite number, or the default where the cell is empty."""
        text = self.optional(field)
        return self._float(field, text) if text else default

    def whole(self, field: str) -> int:
        """Return a whole number from 0; 0 where it is wrong."""
        text = self.text(field)
        if text and not (text.isascii() and text.isdecimal()):
            self.wrong(field, f"{text!r} is not a whole number ≥ 0")
            return 0
        return int(text or 0)

    def choice(self, field: str, valid: Iterable[str]) -> str:
        """Return one of some words, or nothing where the field is empty or absent."""
        text = self.optional(field)
        if text and text not in (words := sorted(valid)):
            self.wrong(field, f"{text!r} is not known; {nearest(text, words)}")
            return ""
        return text

    def tags(self, field: str) -> tuple[str, ...]:
        """Return words separated by spaces, each once."""
        words = self.optional(field).split()
        for word in words:
            if not _TAG.fullmatch(word):
                self.wrong(
                    field,
                    f"{word!r} is no tag; write lower-case words, e.g. flood-key",
                )
        return tuple(dict.fromkeys(words))

    def name(self) -> tuple[str, str]:
        """Return the Chinese and the English name."""
        return self.text("name_zh"), self.text("name_en")

    def limits(self, field: str) -> dict[str, float]:
        """Return `name=value` pairs."""
        found = {}
        for pair in self.optional(field).split():
            name, equals, value = pair.partition("=")
            if equals:
                found[name] = self._float(field, value)
            else:
                self.wrong(field, f"{pair!r} is not name=value, e.g. warning=3.80")
        return found

    def _float(self, field: str, text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not np.isfinite(value):
            self.wrong(field, f"{text!r} is not a finite number")
        return value


class Table(Generic[_T]):
    """What the rows of a file are, by id."""

    def __init__(self, name: str) -> None:
        """Start empty."""
        self.name = name
        self.rows: dict[str, _T] = {}
        """Those without a mistake."""
        self.where: dict[str, str] = {}
        """`file:line` of each id that occurs, whether its row is right or not."""
        self.sound = True
        """Whether nothing in the file was wrong."""

    def refer(self, field: str, known: Table[Any], mistakes: Mistakes) -> None:
        """Note rows that name what another table has not; naming nothing is right."""
        for key, one in self.rows.items():
            value = getattr(one, field)
            if value and value not in known.where and known.sound:
                mistakes.tell(
                    self.where[key], f"{field}: {value!r} is not known; add it or correct the id"
                )


def read(name: str, text: str, make: Callable[[Row], _T], mistakes: Mistakes) -> Table[_T]:
    """Read a table; what is wrong with it is noted, what is right of it is returned.

    Args:
        name: of the file, a key of `COLUMNS`.
        text: its content: CSV with a header.
        make: makes the thing of a row, which has an `id`.
        mistakes: told of every one.
    """
    table: Table[_T] = Table(name)
    before = mistakes.total
    for row in _rows(name, text, mistakes):
        one = make(row)
        key = row.optional("id")
        if key in table.where:
            mistakes.tell(row.where, f"id: {key} occurs twice; ids are unique")
            continue
        table.where[key] = row.where
        if row.sound:
            table.rows[key] = one
    table.sound = mistakes.total == before
    return table


def _rows(name: str, text: str, mistakes: Mistakes) -> Iterator[Row]:
    reader = csv.DictReader(io.StringIO(text), strict=True)
    try:
        if not _header_is_right(name, reader.fieldnames or (), mistakes):
            return
        for fields in reader:
            row = Row(f"{name}:{reader.line_num}", fields, mistakes)
            if more := fields.get(None):  # where csv puts them
                row.wrong("row", f"has {len(more)} cells more than the header; quote commas")
            yield row
    except csv.Error as error:
        # Of the line that broke; the other counts rows that were whole.
        mistakes.tell(f"{name}:{reader.reader.line_num}", f"is not CSV: {error}")


def _header_is_right(name: str, header: Sequence[str], mistakes: Mistakes) -> bool:
    """Note what is wrong with the header; return whether the rows can be read all the same."""
    columns = COLUMNS[name]
    for at, one in enumerate(header):
        if one not in columns.every:
            mistakes.tell(f"{name}:1", f"{one}: is not a column; {nearest(one, columns.every)}")
        elif one in header[:at]:
            mistakes.tell(f"{name}:1", f"{one}: is a column twice; the first is enough")
    missing = [one for one in columns.required if one not in header]
    for one in missing:
        mistakes.tell(f"{name}:1", f"{one}: the column is missing; every row needs it")
    return not missing


def nearest(word: str, valid: Sequence[str]) -> str:
    """Say what was meant, or what there is.

    >>> nearest("longitude", ["lon", "lat"])
    "did you mean 'lon'?"
    """
    near = difflib.get_close_matches(word, valid, n=1, cutoff=0.3)
    return f"did you mean {near[0]!r}?" if near else f"there are {', '.join(valid)}"
