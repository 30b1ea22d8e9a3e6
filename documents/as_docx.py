"""A document as DOCX, to be edited or filed: real headings and tables, texts for its plots."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import docx as library
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

from documents import plots
from documents.blocks import Bars, Document, Figures, Heading, Paragraph, Table
from documents.fonts import Fonts, shown

_LATIN: Final = "Arial"
_CHINESE: Final = "Microsoft YaHei"
"""On every office machine here; others take their own instead. DOCX does not embed fonts."""

_BAD: Final = RGBColor(183, 28, 28)
_GREY: Final = RGBColor(110, 110, 110)
_ACCENT: Final = RGBColor(21, 76, 121)
_HEAD: Final = "E8EEF5"


def docx(document: Document, fonts: Fonts) -> bytes:
    """Return a document as DOCX.

    Args:
        document: what it says.
        fonts: of the plots.

    Raises:
        FontError: a font file is missing.
    """
    out = library.Document()
    _styles(out, document)
    section = out.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin = section.right_margin = Mm(18)
    section.top_margin, section.bottom_margin = Mm(16), Mm(18)
    _footer(section, _clean(document.footer))
    out.add_heading(_clean(document.title), 0)
    _run(out.add_paragraph(), document.subtitle).font.color.rgb = _GREY
    plotted = [one for one in document.blocks if isinstance(one, Bars)]
    texts = [text for one in plotted for text in _texts(one)]
    known = fonts.known(texts)
    faces = (fonts.ttf("400", texts), fonts.ttf("700", texts)) if plotted else (b"", b"")
    for block in document.blocks:
        match block:
            case Heading():
                out.add_heading(_clean(block.text), 1)
            case Paragraph():
                run = _run(out.add_paragraph(), block.text)
                if block.is_quiet:
                    run.font.color.rgb, run.font.size = _GREY, Pt(8.5)
            case Figures():
                _figures(out, block)
            case Table():
                _table(out, block)
            case Bars():
                picture = plots.png(block, *faces, lambda text: shown(text, known))
                inline = out.add_picture(io.BytesIO(picture), width=Mm(plots.WIDTH_MM))
                inline._inline.docPr.set("descr", _clean(block.told))
    made = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=document.made_us)
    properties = out.core_properties
    properties.title, properties.subject = _clean(document.title), _clean(document.subtitle)
    properties.author = properties.comments = ""
    properties.language = "zh-CN" if document.lang == "zh" else "en"
    properties.created = properties.modified = made.replace(tzinfo=None)
    written = io.BytesIO()
    out.save(written)
    return written.getvalue()


def _styles(out: Any, document: Document) -> None:  # noqa: ANN401 # their class has no public name
    sizes = {"Normal": 10, "Title": 18, "Heading 1": 13}
    for name, size in sizes.items():
        style = out.styles[name]
        style.font.name, style.font.size = _LATIN, Pt(size)
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
            fonts.attrib.pop(qn(f"w:{theme}"), None)
        fonts.set(qn("w:eastAsia"), _CHINESE)
        if name != "Normal":
            style.font.color.rgb = _ACCENT
    out.styles["Normal"].paragraph_format.space_after = Pt(4)
    lang = OxmlElement("w:lang")
    lang.set(qn("w:val"), "en-GB")
    lang.set(qn("w:eastAsia"), "zh-CN" if document.lang == "zh" else "en-GB")
    out.styles["Normal"].element.get_or_add_rPr().append(lang)


def _footer(section: Any, text: str) -> None:  # noqa: ANN401 # as above
    paragraph = section.footer.paragraphs[0]
    paragraph.add_run(f"{text}    ")
    for name, before, after in (("PAGE", "", ""), ("NUMPAGES", " / ", "")):
        paragraph.add_run(before)
        field = OxmlElement("w:fldSimple")
        field.set(qn("w:instr"), name)
        paragraph._p.append(field)
        paragraph.add_run(after)
    for run in paragraph.runs:
        run.font.size, run.font.color.rgb = Pt(8), _GREY


def _figures(out: Any, block: Figures) -> None:  # noqa: ANN401 # as above
    columns = min(4, len(block.figures))
    table = out.add_table(rows=0, cols=columns)
    for first in range(0, len(block.figures), columns):
        cells = table.add_row().cells
        for cell, one in zip(cells, block.figures[first : first + columns], strict=False):
            _shade(cell)
            value = _run(cell.paragraphs[0], one.value)
            value.bold, value.font.size = True, Pt(14)
            if one.is_bad:
                value.font.color.rgb = _BAD
            label = _run(cell.add_paragraph(), one.label)
            label.font.size, label.font.color.rgb = Pt(8), _GREY
    out.add_paragraph()


def _table(out: Any, block: Table) -> None:  # noqa: ANN401 # as above
    table = out.add_table(rows=0, cols=len(block.widths))
    table.style = "Table Grid"
    table.autofit = False
    whole = sum(block.widths)
    widths = [Mm(plots.WIDTH_MM * one / whole) for one in block.widths]
    rows = [(True, block.head)] if block.head else []
    rows += [(False, row) for row in block.rows]
    for is_head, texts in rows:
        row = table.add_row()
        properties = row._tr.get_or_add_trPr()
        properties.append(OxmlElement("w:cantSplit"))
        if is_head:
            properties.append(OxmlElement("w:tblHeader"))
        for at, (cell, text, width) in enumerate(zip(row.cells, texts, widths, strict=True)):
            cell.width = width
            paragraph = cell.paragraphs[0]
            paragraph.paragraph_format.space_after = Pt(0)
            run = _run(paragraph, text)
            run.font.size, run.bold = Pt(8.5), is_head
            if is_head:
                _shade(cell)
            if at in block.numbers:
                paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    out.add_paragraph()


def _shade(cell: Any) -> None:  # noqa: ANN401 # as above
    shading = OxmlElement("w:shd")
    for name, value in (("val", "clear"), ("color", "auto"), ("fill", _HEAD)):
        shading.set(qn(f"w:{name}"), value)
    cell._tc.get_or_add_tcPr().append(shading)


def _run(paragraph: Any, text: str) -> Any:  # noqa: ANN401 # as above
    return paragraph.add_run(_clean(text))


def _clean(text: str) -> str:
    """Return a text without what XML cannot hold."""
    return "".join(one for one in text if one in "\n\t" or one.isprintable())


def _texts(bars: Bars) -> list[str]:
    return list(Document("zh", "", "", "", 0, (bars,)).texts())
