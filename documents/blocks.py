"""What documents are made of: texts, figures, tables, plots; no fonts and no millimetres."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

Lang: TypeAlias = Literal["zh", "en"]
"""Language of a document."""


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading over what follows."""

    text: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A text; its line breaks are kept."""

    text: str
    is_quiet: bool = False
    """Smaller and grey: where something comes from, or that there is nothing."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One number that is read at a glance."""

    label: str
    value: str
    is_bad: bool = False
    """It needs somebody."""


@dataclass(frozen=True, slots=True)
class Figures:
    """Some numbers side by side."""

    figures: tuple[Figure, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under a head that is repeated on each page."""

    head: tuple[str, ...]
    """Empty for none."""
    rows: tuple[tuple[str, ...], ...]
    widths: tuple[float, ...]
    """Of the columns, each against the others."""
    numbers: frozenset[int] = frozenset()
    """Columns that stand right-aligned, 0-based."""


@dataclass(frozen=True, slots=True)
class Series:
    """One colour of a plot."""

    label: str
    colour: str
    """As `#rrggbb`."""
    values: tuple[int, ...]
    """One for each column; 0 or more."""


@dataclass(frozen=True, slots=True)
class Bars:
    """Columns of stacked series."""

    title: str
    columns: tuple[str, ...]
    """What stands under each; at least one."""
    series: tuple[Series, ...]
    """The first one stands lowest."""
    line: tuple[str, float] | None = None
    """A level to compare with: label and value."""

    @property
    def told(self) -> str:
        """The plot for who cannot see it."""
        sums = ", ".join(f"{one.label} {sum(one.values)}" for one in self.series)
        return f"{self.title}: {sums}"


Block: TypeAlias = Heading | Paragraph | Figures | Table | Bars


@dataclass(frozen=True, slots=True)
class Document:
    """A whole document."""

    lang: Lang
    title: str
    subtitle: str
    footer: str
    """On every page, before its number."""
    made_us: int
    """When its facts are of, µs since 1970: the time of the file too."""
    blocks: tuple[Block, ...]

    def texts(self) -> Iterator[str]:
        """Yield all that is written in it."""
        yield from (self.title, self.subtitle, self.footer)
        for block in self.blocks:
            match block:
                case Heading(text) | Paragraph(text):
                    yield text
                case Figures(figures):
                    for one in figures:
                        yield from (one.label, one.value)
                case Table(head, rows):
                    yield from head
                    for row in rows:
                        yield from row
                case Bars(title, columns, series, line):
                    yield title
                    yield from columns
                    yield from (one.label for one in series)
                    if line:
                        yield line[0]
