"""A city's tables as people edit them: a folder of CSV, one CSV, or a workbook.

Texts in, texts out: what the cells mean is judged by `devices`. A workbook holds text cells only,
so that no spreadsheet turns an id into a date or a name into a formula; read back, its cells are
values, never formulas.
"""

from __future__ import annotations

import csv
import datetime
import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import openpyxl
from openpyxl.utils.exceptions import IllegalCharacterError, InvalidFileException

from devices import catalogue, revision
from devices.mistakes import CatalogueError
from devices.tables import COLUMNS, nearest

CITY: Final = "city.yaml"
_CITY_SHEET: Final = "city"
_MOST_BYTES: Final = 256 << 20
"""Of an unpacked workbook: a city of 100 000 datastreams has 60 MB."""

_ACTIVE: Final = ("=", "+", "-", "@", "\t", "\r")
"""First characters by which spreadsheets take a text for a formula."""


class SheetError(ValueError):
    """A folder, file or workbook cannot be read or written as a city's tables."""


@dataclass(frozen=True, slots=True)
class Given:
    """What somebody hands in."""

    texts: dict[str, str]
    """By file name; those that are there."""
    rows: Mapping[str, str] = field(default_factory=dict)
    """Where people find `file:line`, where that is no line of a file."""

    def told(self, error: CatalogueError) -> str:
        """Return a mistake with the place as its maker knows it."""
        return f"{self.rows.get(error.where, error.where)}: {error.what}"


def read(source: Path) -> Given:
    """Read a folder, a CSV file or a workbook.

    Raises:
        SheetError: it is none of them, or unreadable.
        devices.CatalogueError: a cell of a workbook holds no text and no number.
    """
    try:
        if source.is_dir():
            names = [*catalogue.FILES, *catalogue.OPTIONAL_FILES]
            found = {name: _text(source / name) for name in names if (source / name).exists()}
            if not found:
                raise SheetError(f"{source}: holds none of {', '.join(names)}")
            return Given(found)
        if source.suffix == ".xlsx":
            return _workbook(source)
        if source.name in COLUMNS:
            return Given({source.name: _text(source)})
    except FileNotFoundError:
        raise SheetError(f"{source}: there is no such file") from None
    except OSError as error:
        raise SheetError(f"{source}: {error.strerror or error}") from None
    if not source.exists():
        raise SheetError(f"{source}: there is no such file or folder")
    raise SheetError(
        f"{source}: is no table of a city; {nearest(source.name, list(COLUMNS))} "
        "Give a folder, a file of such a name, or a workbook .xlsx"
    )


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise SheetError(f"{file}: is not UTF-8: {error}; save it as CSV UTF-8") from None


def write_folder(folder: Path, texts: Mapping[str, str]) -> None:
    """Write texts as files; what else is in the folder stays.

    Raises:
        SheetError: it cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            (folder / name).write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise SheetError(f"{folder}: {error.strerror or error}") from None


def write_workbook(file: Path, texts: Mapping[str, str]) -> None:
    """Write a workbook with one sheet for each table; every cell is text.

    Raises:
        SheetError: it cannot be written, or a text holds what no workbook can.
    """
    book = openpyxl.Workbook()
    for sheet in book.worksheets:
        book.remove(sheet)
    for name in COLUMNS:
        if name in texts:
            table = revision.sheet(texts[name])
            rows = [[row.get(one, "") for one in table.columns] for row in table.rows]
            _fill(book.create_sheet(name.removesuffix(".csv")), [table.columns, *rows])
    if CITY in texts:
        lines = texts[CITY].splitlines()
        _fill(book.create_sheet(_CITY_SHEET), [[CITY], *([line] for line in lines)])
    try:
        book.save(file)
    except OSError as error:
        raise SheetError(f"{file}: {error.strerror or error}") from None


def _fill(sheet: Any, rows: list[list[str]]) -> None:  # noqa: ANN401 # openpyxl's worksheet
    sheet.freeze_panes = "A2"
    for at, row in enumerate(rows, start=1):
        for column, text in enumerate(row, start=1):
            if not text:
                continue
            cell = sheet.cell(at, column)
            try:
                cell.value = text
            except IllegalCharacterError:
                raise SheetError(
                    f"sheet {sheet.title} row {at}: {text!r} holds a control character"
                ) from None
            cell.data_type = "s"  # openpyxl takes a text that begins with = for a formula
            cell.number_format = "@"
            cell.quotePrefix = text.startswith(_ACTIVE)


def _workbook(file: Path) -> Given:
    try:
        with zipfile.ZipFile(file) as packed:
            size = sum(one.file_size for one in packed.infolist())
        if size > _MOST_BYTES:
            raise SheetError(f"{file}: unpacks to {size >> 20} MiB; {_MOST_BYTES >> 20} are enough")
        book = openpyxl.load_workbook(file, read_only=True, data_only=True)
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, SyntaxError) as error:
        if isinstance(error, SheetError):
            raise
        raise SheetError(f"{file}: is no workbook .xlsx: {error}") from None
    texts: dict[str, str] = {}
    where: dict[str, str] = {}
    try:
        for sheet in book.worksheets:
            rows = list(_rows(file, sheet))
            if sheet.title == _CITY_SHEET:
                texts[CITY] = "\n".join(row[0] if row else "" for _, row in rows[1:]) + "\n"
            elif (name := f"{sheet.title}.csv") in COLUMNS:
                texts[name], lines = _table(rows)
                where |= {
                    f"{name}:{line}": f"{file.name}: sheet {sheet.title} row {row}"
                    for line, row in lines.items()
                }
                where[name] = f"{file.name}: sheet {sheet.title}"
    finally:
        book.close()
    if not texts:
        names = ", ".join(name.removesuffix(".csv") for name in COLUMNS)
        raise SheetError(f"{file}: has no sheet named {names}")
    return Given(texts, where)


def _rows(file: Path, sheet: Any) -> Iterator[tuple[int, list[str]]]:  # noqa: ANN401 # as above
    """Yield the number and the texts of each row; those of `city` all, of tables no empty one."""
    sheet.reset_dimensions()  # what it says of its own size may be wrong
    for number, row in enumerate(sheet.iter_rows(), start=1):
        texts = []
        for cell in row:
            try:
                texts.append(_cell(cell.value, cell.data_type))
            except ValueError as error:
                raise CatalogueError(
                    f"{file.name}: sheet {sheet.title} row {number}",
                    f"{cell.coordinate}: {error}",
                ) from None
        while texts and not texts[-1]:
            texts.pop()
        if texts or sheet.title == _CITY_SHEET:
            yield number, texts


def _table(rows: list[tuple[int, list[str]]]) -> tuple[str, dict[int, int]]:
    """Return rows as CSV, and the row by the line on which it ends there."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    lines = {}
    width = len(rows[0][1]) if rows else 0
    for number, row in rows:
        writer.writerow(row + [""] * (width - len(row)))
        lines[out.getvalue().count("\n")] = number
    return out.getvalue(), lines


def _cell(value: object, kind: str) -> str:
    """Return a cell as text.

    Raises:
        ValueError: it is neither text nor number.
    """
    if value is None:
        return ""
    if kind == "e":
        raise ValueError(f"is the error {value}; write the value itself")
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime.date | datetime.time | datetime.timedelta):
        raise ValueError("is a date or time; format the cell as text and write it again")
    return re.sub(r"\r\n?", "\n", str(value))
