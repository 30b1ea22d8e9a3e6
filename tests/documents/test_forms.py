"""Handovers as PDF and DOCX, read back: nothing is cut, nothing is a box, nothing is left out."""

from __future__ import annotations

import io
import re
from dataclasses import replace

import pypdfium2
import pytest
from fontTools.ttLib import TTFont

from documents import Bars, docx, handover, pdf
from documents.fonts import MISSING, FontError, Fonts, shown
from tests.dispatch.shifts import drafted
from tests.documents.sheets import (
    CITY,
    FONTS,
    LONG,
    document,
    docx_part,
    docx_text,
    pdf_text,
    signed,
    squeezed,
)

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


@pytest.fixture(scope="module", params=["zh", "en"])
def made(request):
    """A document in one language, with its PDF and its DOCX."""
    one = document(request.param)
    return one, pdf(one, FONTS), docx(one, FONTS)


def written(one):
    """Yield the texts that are no picture's."""
    plain = replace(one, blocks=tuple(each for each in one.blocks if not isinstance(each, Bars)))
    return list(plain.texts())


def test_everything_that_a_document_says_stands_in_its_pdf(made):
    one, data, _ = made
    known = FONTS.known(one.texts())
    there = squeezed("".join(pdf_text(data)))
    for text in written(one):
        for line in shown(text, known).split("\n"):
            if len(line) < 200:  # what goes over pages has a footer in between
                assert squeezed(line) in there, line
    assert there.count("踪") == 400


def test_nothing_stands_outside_the_margins(made):
    _, data, _ = made
    pages = pypdfium2.PdfDocument(data)
    for page in pages:
        width, height = page.get_size()
        text = page.get_textpage()
        boxes = [text.get_charbox(at) for at in range(text.count_chars())]
        for left, bottom, right, top in boxes:
            assert 18 / 25.4 * 72 - 1 <= left <= right <= width - 18 / 25.4 * 72 + 1
            assert 20 <= bottom <= top <= height - 20
    pages.close()


def test_the_font_is_embedded_and_has_every_character(made):
    one, data, _ = made
    assert data.count(b"/FontFile2") == 2
    known = FONTS.known(one.texts())
    font = TTFont(io.BytesIO(FONTS.ttf("400", one.texts())))
    has = set(map(chr, font.getBestCmap()))
    assert {each for text in one.texts() for each in shown(text, known)} - {"\n"} <= has
    assert MISSING in has


def test_what_the_font_has_not_is_a_sign_and_no_box(made):
    _, data, _ = made
    there = "".join(pdf_text(data))
    assert f"龘{MISSING}" in there
    assert "𠮷" not in there
    assert "≥ 2.5 m" in there


def test_heads_of_tables_stand_again_on_the_next_page(made):
    one, data, _ = made
    head = {"zh": "最后数据", "en": "Last heard"}[one.lang]
    assert sum(head in page for page in pdf_text(data)) >= 2


def test_every_page_says_what_it_is_of_how_many(made):
    _, data, _ = made
    pages = pdf_text(data)
    for number, page in enumerate(pages, start=1):
        assert f"{number} / {len(pages)}" in page
        assert "2026-03-02-day" in page


def test_everything_that_a_document_says_stands_in_its_docx(made):
    one, _, data = made
    there = squeezed(docx_text(data))
    for text in written(one):
        if text not in (one.footer,):
            assert squeezed(text) in there, text
    footer = docx_part(data, "word/footer1.xml")
    assert one.footer in "".join(each.text or "" for each in footer.iter(f"{W}t"))


def test_a_docx_has_headings_repeated_heads_and_texts_for_its_plots(made):
    one, _, data = made
    body = docx_part(data)
    styles = [each.get(f"{W}val") for each in body.iter(f"{W}pStyle")]
    assert styles.count("Title") == 1
    assert styles.count("Heading1") > 10
    assert len(list(body.iter(f"{W}tblHeader"))) > 8
    alternatives = [each.get("descr") for each in body.iter()
                    if each.tag.endswith("}docPr")]  # fmt: skip
    plots = [block.told for block in one.blocks if isinstance(block, Bars)]
    assert alternatives == plots
    assert len(plots) == 3
    fonts = docx_part(data, "word/styles.xml").iter(f"{W}rFonts")
    assert "Microsoft YaHei" in {each.get(f"{W}eastAsia") for each in fonts}


def test_the_digest_and_both_names_stand_in_it(made):
    _, data, _ = made
    one = signed()
    there = squeezed("".join(pdf_text(data)))
    assert there.count(one.outgoing.sha256) == 2
    assert "陈一禾" in there
    assert "罗诗一" in there


def test_the_same_document_is_the_same_pdf():
    one = handover(drafted(), CITY, "zh")
    assert pdf(one, FONTS) == pdf(one, FONTS)


def test_a_draft_says_that_it_is_one():
    texts = list(handover(drafted(), CITY, "zh").texts())
    assert "草稿：未经双方签字，不作为交接依据。" in texts
    assert texts.count("未签字") == 2
    assert "草稿：未经双方签字，不作为交接依据。" not in list(document().texts())


def test_documents_in_english_have_chinese_only_where_people_wrote_it():
    theirs = (
        "陈一禾",
        "罗诗一",
        "检修",
        "换电池",
        "桥下积水",
        "白班降雨",
        "1. 02:00",
        "姜城管案字",
    )
    chinese = [text for text in document("en").texts() if re.search("[一-鿿]", text)]
    assert [text for text in chinese if not text.startswith(theirs)] == []
    assert len(chinese) >= len(theirs)


def test_a_font_that_is_not_there_is_told(tmp_path):
    with pytest.raises(FontError, match=r"noto-sans-sc-latin-400-normal\.woff2"):
        Fonts(tmp_path).ttf("400", ["a"])


def test_a_name_without_a_place_to_break_is_there_in_full(made):
    _, data, _ = made
    there = squeezed("".join(pdf_text(data)))
    assert there.count(squeezed(LONG)) == 30
