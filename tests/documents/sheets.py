"""Documents of a shift with something of everything, and how to read them back."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

import msgspec
import pypdfium2
from defusedxml import ElementTree

from dispatch.handover import Draft, Edit, Sign, StageCount, Work, draft
from dispatch.handover.facts import CaseLine, DeviceLine
from dispatch.handover.handover import Side
from documents import Fonts, handover
from tests.dispatch.shifts import DAY, END, FULL, counted, done, given, live, past

ROOT = Path(__file__).parents[2]
FONTS = Fonts(ROOT / "ioc_dashboard/assets/vendor/fonts")
CITY = ("姜堰区", "Jiangyan District")

LONG = "luotang-underpass-1-level-gauge-of-the-northern-lane-beside-the-pump-house"
"""No place to break in it but hyphens."""

NOTE = "白班降雨 42 mm（13:00—16:00），水位平稳。\n下穿桥三处积水，均已处置；≥ 2.5 m 时再报。\t龘𠮷"


def everything():
    """Return the facts of a busy shift: lists of all kinds, longer than a page."""
    alerts = [
        past(f"a{n}", f"2026-03-02T{8 + n % 12:02d}:{n % 60:02d}",
             ("red", "orange", "yellow", "blue")[n % 4],
             domain=("water", "air", "traffic", "camera")[n % 3],
             suppressed=n % 9 == 0)
        for n in range(90)
    ]  # fmt: skip
    found = draft(DAY, END, given(**{
        **FULL,
        "activity": counted(
            *alerts, stages=[StageCount("handling", 9, 2)],
            work=Work(14, 9, 8, 4, 3, 6, 75.0, 1),
        ),
        "alerts": (*FULL["alerts"], *(live(f"{n}", "blue") for n in range(20))),
        "devices": [
            DeviceLine(f"{LONG}-{n}", ("水位计", "Level gauge"), END if n % 2 else None)
            for n in range(40)
        ],
    }))  # fmt: skip
    case = CaseLine(
        "姜城管案字〔2026〕0302-0001号", ("井盖缺损", "Missing manhole cover"),
        ("市政设施管理所", "Municipal Facilities Office"), "handling", END, True, True,
    )  # fmt: skip
    return msgspec.structs.replace(found, cases=(case,))


def signed():
    """Return a handover that both signed."""
    one = done(None, Draft(0, everything()))
    one = done(one, Edit(1, "summary", NOTE))
    one = done(one, Edit(2, "tasks", "1. 02:00 复测水位\n2. " + "跟踪桥下积水，" * 400))
    one = done(one, Sign(3, Side.OUTGOING), "陈一禾")
    return done(one, Sign(4, Side.INCOMING), "罗诗一")


def document(lang="zh"):
    return handover(signed(), CITY, lang)


def squeezed(text):
    """Return a text without white space and hyphens: PDFium takes those at the end of lines away.

    Where lines end is no matter of what is said.
    """
    return re.sub(r"[-\ufffe\x02\s]", "", text)


def pdf_text(data):
    pages = pypdfium2.PdfDocument(data)
    try:
        return [page.get_textpage().get_text_bounded() for page in pages]
    finally:
        pages.close()


def docx_part(data, name="word/document.xml"):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return ElementTree.fromstring(archive.read(name))


def docx_text(data):
    word = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
    return "".join(one.text or "" for one in docx_part(data).iter(f"{word}t"))
