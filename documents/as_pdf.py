"""A document as PDF: A4, Noto Sans SC embedded, tables that go over pages with their head."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from fpdf import FPDF

from documents import plots
from documents.blocks import Bars, Document, Figures, Heading, Paragraph, Table
from documents.fonts import Fonts, shown
from documents.lines import lines

_MARGIN_MM: Final = 18.0
_BOTTOM_MM: Final = 20.0
_BODY_PT: Final = 9.5
_TABLE_PT: Final = 8.5
_SMALL_PT: Final = 7.5
_LEADING: Final = 1.45
"""Height of a line against its font: Chinese stands close."""
_PAD_MM: Final = 1.1

_INK: Final = (34, 34, 34)
_GREY: Final = (110, 110, 110)
_RULE: Final = (190, 190, 190)
_HEAD: Final = (232, 238, 245)
_ACCENT: Final = (21, 76, 121)
_BAD: Final = (183, 28, 28)

_FACE: Final = "sc"


def pdf(document: Document, fonts: Fonts) -> bytes:
    """Return a document as PDF.

    The same document gives the same bytes.

    Raises:
        FontError: a font file is missing.
    """
    texts = list(document.texts())
    regular, bold = fonts.ttf("400", texts), fonts.ttf("700", texts)
    # fpdf2 reads fonts by path only.
    with tempfile.TemporaryDirectory(prefix="ioc-fonts-") as folder:
        for style, font in (("", regular), ("B", bold)):
            (Path(folder) / f"sc{style}.ttf").write_bytes(font)
        page = _Page(document, fonts.known(texts), Path(folder))
        for block in document.blocks:
            match block:
                case Heading():
                    page.add_heading(block.text)
                case Paragraph():
                    page.add_paragraph(block)
                case Figures():
                    page.add_figures(block)
                case Table():
                    page.add_table(block)
                case Bars():
                    page.add_plot(block, regular, bold)
        return bytes(page.output())


class _Page(FPDF):
    """A4, filled from above."""

    def __init__(self, document: Document, known: frozenset[str], folder: Path) -> None:
        super().__init__(format="A4", unit="mm")
        self._document, self._known = document, known
        self.set_margins(_MARGIN_MM, 15, _MARGIN_MM)
        self.set_auto_page_break(False)
        for style in ("", "B"):
            self.add_font(_FACE, style, folder / f"sc{style}.ttf")
        self.set_title(document.title)
        self.set_subject(document.subtitle)
        self.set_lang("zh-CN" if document.lang == "zh" else "en")
        made = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=document.made_us)
        self.set_creation_date(made)
        self.set_line_width(0.15)
        self.set_draw_color(*_RULE)
        self.add_page()
        self._write(document.title, 17, "B", _ACCENT)
        self._write(document.subtitle, _BODY_PT, "", _GREY)
        self.ln(2)
        self.set_draw_color(*_ACCENT)
        self.line(self.l_margin, self.y, self.w - self.r_margin, self.y)
        self.set_draw_color(*_RULE)
        self.ln(2)

    def footer(self) -> None:
        """Write what this is, and which page of how many."""
        self.set_y(-13)
        number = f"{self.page_no()} / {{nb}}"
        self._font(_SMALL_PT, "", _GREY)
        room = self.epw - 22
        text = lines(self._shown(self._document.footer), room, self.get_string_width)[0]
        self.cell(room, 5, text)
        self.cell(22, 5, number, align="R")

    def add_heading(self, text: str) -> None:
        """Begin a part; never as the last line of a page."""
        self._room(24)
        self.ln(3)
        self._write(text, 12, "B", _ACCENT)
        self.ln(1)

    def add_paragraph(self, block: Paragraph) -> None:
        """Write a text."""
        if block.is_quiet:
            self._write(block.text, _SMALL_PT + 0.5, "", _GREY)
        else:
            self._write(block.text, _BODY_PT, "", _INK)
        self.ln(1)

    def add_figures(self, block: Figures) -> None:
        """Draw numbers side by side, four in a row."""
        for first in range(0, len(block.figures), 4):
            self._room(17)
            width, gap = (self.epw - 9) / 4, 3
            for at, one in enumerate(block.figures[first : first + 4]):
                x = self.l_margin + at * (width + gap)
                self.set_fill_color(*_HEAD)
                self.rect(x, self.y, width, 15, style="F")
                self._font(13, "B", _BAD if one.is_bad else _INK)
                self.text(x + 3, self.y + 7, self._shown(one.value))
                self._fit(one.label, width - 6)
                self.text(x + 3, self.y + 12.3, self._shown(one.label))
            self.ln(17)

    def add_table(self, block: Table) -> None:
        """Draw rows; a row that does not fit goes to the next page, with the head again."""
        whole = sum(block.widths)
        widths = [self.epw * one / whole for one in block.widths]
        if block.head:
            # The head never stands alone at the end of a page.
            first = self._height(block.rows[0], widths, "") if block.rows else 0.0
            self._room(self._height(block.head, widths, "B") + min(first, 40.0))
            self._row(block, block.head, widths, is_head=True)
        for row in block.rows:
            self._split(block, row, widths)
        self.ln(3)

    def add_plot(self, block: Bars, regular: bytes, bold: bytes) -> None:
        """Draw a plot."""
        self._room(plots.HEIGHT_MM + 4)
        self.ln(2)
        picture = plots.png(block, regular, bold, self._shown)
        self.image(
            io.BytesIO(picture), w=plots.WIDTH_MM, h=plots.HEIGHT_MM,
            alt_text=self._shown(block.told),
        )  # fmt: skip
        self.ln(3)

    def _split(self, block: Table, row: Sequence[str], widths: Sequence[float]) -> None:
        """Draw a row, over several pages where it has more lines than one can take."""
        cells = [self._lines(text, width, "") for text, width in zip(row, widths, strict=True)]
        leading = _leading(_TABLE_PT)
        while True:
            need = max(len(one) for one in cells) * leading + 2 * _PAD_MM
            if need > self._left() and self._left() < 40:
                self.add_page()
                if block.head:
                    self._row(block, block.head, widths, is_head=True)
            fitting = max(1, int((self._left() - 2 * _PAD_MM) / leading))
            self._cells(block, [one[:fitting] for one in cells], widths, is_head=False)
            cells = [one[fitting:] for one in cells]
            if not any(cells):
                return

    def _row(
        self, block: Table, row: Sequence[str], widths: Sequence[float], *, is_head: bool
    ) -> None:
        style = "B" if is_head else ""
        cells = [self._lines(text, width, style) for text, width in zip(row, widths, strict=True)]
        self._cells(block, cells, widths, is_head=is_head)

    def _cells(
        self,
        block: Table,
        cells: Sequence[Sequence[str]],
        widths: Sequence[float],
        *,
        is_head: bool,
    ) -> None:
        leading = _leading(_TABLE_PT)
        height = max(1, *(len(one) for one in cells)) * leading + 2 * _PAD_MM
        top, x = self.y, self.l_margin
        if is_head:
            self.set_fill_color(*_HEAD)
            self.rect(x, top, self.epw, height, style="F")
        self._font(_TABLE_PT, "B" if is_head else "", _INK)
        for at, (text, width) in enumerate(zip(cells, widths, strict=True)):
            for number, line in enumerate(text):
                self.set_xy(x, top + _PAD_MM + number * leading)
                self.cell(width, leading, line, align="R" if at in block.numbers else "L")
            x += width
        self.line(self.l_margin, top + height, self.w - self.r_margin, top + height)
        self.set_xy(self.l_margin, top + height)

    def _height(self, row: Sequence[str], widths: Sequence[float], style: str) -> float:
        most = max(
            len(self._lines(text, width, style)) for text, width in zip(row, widths, strict=True)
        )
        return most * _leading(_TABLE_PT) + 2 * _PAD_MM

    def _lines(self, text: str, width: float, style: str) -> list[str]:
        self._font(_TABLE_PT, style, _INK)
        return lines(self._shown(text), width - 3 * self.c_margin, self.get_string_width)

    def _write(self, text: str, size: float, style: str, colour: tuple[int, int, int]) -> None:
        """Write a text over the whole width, over pages where it is long."""
        self._font(size, style, colour)
        leading = _leading(size)
        for line in lines(
            self._shown(text), self.epw - 2 * self.c_margin, self.get_string_width
        ):  # fmt: skip
            self._room(leading)
            self._font(size, style, colour)
            self.set_x(self.l_margin)
            self.cell(self.epw, leading, line)
            self.ln(leading)

    def _fit(self, text: str, width: float) -> None:
        """Choose the size at which a label fits; none is cut."""
        size = _SMALL_PT
        self._font(size, "", _GREY)
        while self.get_string_width(self._shown(text)) > width and size > 4:
            size -= 0.25
            self._font(size, "", _GREY)

    def _font(self, size: float, style: str, colour: tuple[int, int, int]) -> None:
        self.set_font(_FACE, style, size)
        self.set_text_color(*colour)

    def _left(self) -> float:
        return float(self.h - _BOTTOM_MM - self.y)

    def _room(self, height: float) -> None:
        """Begin a new page where there is no room."""
        if self._left() < height:
            self.add_page()

    def _shown(self, text: str) -> str:
        return shown(text, self._known)


def _leading(size: float) -> float:
    """Return the height of a line, mm."""
    return size * _LEADING * 25.4 / 72
