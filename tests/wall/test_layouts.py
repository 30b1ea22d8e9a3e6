"""Every page on every kind of screen in both languages: nothing runs over, overlaps or is cut.

Structure is compared, not pixels. One browser page turns through all of them, as a wall does.
"""

import json
import re

import pytest
from axe_playwright_python.sync_playwright import Axe

from ioc_dashboard.pages import PAGES
from tests.screen import LOOKS
from tests.wall.alive import bring_to_life

HAN = re.compile(r"[\u3400-\u9fff]")

SCREENS = {
    "1920x1080": (1920, 1080, ()),
    "1366x768": (1366, 768, ()),
    "3840x2160": (3840, 2160, ()),
    "3840x1080": (3840, 1080, (1920,)),
    "5760x1080": (5760, 1080, (1920, 3840)),
    "7680x1080": (7680, 1080, (1920, 3840, 5760)),
    "phone": (390, 844, ()),
}
"""Width, height, and where the bezels are."""

OVERRUNNING = """() => [...document.querySelectorAll(
    ".panel, .bar, .region, .stage, .open, .domain-figures, .keys, .fact-line, .row")]
  .filter((one) => one.offsetParent && !one.closest(".map-panel"))
  .filter((one) => one.scrollWidth > one.clientWidth + 1
      || (one.scrollHeight > one.clientHeight + 1 && getComputedStyle(one).overflowY !== "visible"
          || one.matches(".panel, .bar") && one.scrollHeight > one.clientHeight + 1))
  .map((one) => `${one.id || one.className} ${one.scrollWidth}>${one.clientWidth} `
      + `${one.scrollHeight}>${one.clientHeight}`)"""

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]

CUT = """() => [...document.querySelectorAll("#wall *")]
  .filter((one) => one.offsetParent && !one.children.length && one.textContent.trim()
      && !one.closest("svg, .js-plotly-plot, .leaflet-container"))
  .filter((one) => one.scrollWidth > one.clientWidth + 1 && one.clientWidth > 0
      && getComputedStyle(one).overflowX !== "visible"
      && getComputedStyle(one).textOverflow !== "ellipsis")
  .map((one) => `${one.id || one.className}: ${one.textContent}`)"""

OVERLAPPING = """() => {
  const boxes = [...document.querySelectorAll(".stage > .panel, .stage > .region > .panel")]
    .filter((one) => one.offsetParent)
    .map((one) => [one.id || one.className, one.getBoundingClientRect()]);
  const found = [];
  boxes.forEach(([name, a], at) => boxes.slice(at + 1).forEach(([other, b]) => {
    if (a.left < b.right - 1 && b.left < a.right - 1
        && a.top < b.bottom - 1 && b.top < a.bottom - 1)
      found.push(`${name} over ${other}`);
  }));
  return found;
}"""

CROSSING = """(bezels) => [...document.querySelectorAll(
    ".stage > .panel, .stage > .region > .panel")]
  .filter((one) => one.offsetParent)
  .map((one) => [one.id || one.className, one.getBoundingClientRect()])
  .filter(([, box]) => bezels.some((at) => box.left < at - 4 && box.right > at + 4))
  .map(([name, box]) => `${name} ${box.left.toFixed()}–${box.right.toFixed()}`)"""

SMALL = """() => [...document.querySelectorAll("#wall *")]
  .filter((one) => one.offsetParent && !one.children.length && one.textContent.trim()
      && !one.closest("svg, .leaflet-container"))
  .filter((one) => parseFloat(getComputedStyle(one).fontSize) < 19.9
      && parseFloat(getComputedStyle(one).fontSize) > 0)
  .map((one) => `${one.id || one.className} ${getComputedStyle(one).fontSize}: `
      + one.textContent.slice(0, 30))"""


@pytest.fixture
def turned(district, look):
    """Return a function that opens the wall and yields the name of each page as it is shown."""

    def turn(width, height, language, *, calm=False):
        bring_to_life(district, calm=calm)
        page = look(district, width, height).page
        page.goto(f"{district.url}?lang={language}")
        page.locator("#time:not(:empty)").wait_for()
        page.locator("#trend-camera .main-svg").first.wait_for()
        for one in PAGES:
            page.evaluate(f"ioc.showPage('{one.id}')")
            district.second()
            for _ in range(LOOKS):
                if page.evaluate(f"ioc.partOf('{one.id}') !== null"):
                    break
                page.wait_for_timeout(25)
            page.evaluate(
                "new Promise((done) => requestAnimationFrame(() => setTimeout(done, 100)))"
            )
            yield one.id, page

    return turn


@pytest.mark.parametrize(
    ("screen", "language"),
    [*((screen, "zh") for screen in SCREENS), ("1920x1080", "en"), ("5760x1080", "en")],
)
def test_nothing_runs_over_overlaps_or_is_cut(turned, screen, language):
    width, height, bezels = SCREENS[screen]
    found = {}
    for name, page in turned(width, height, language):
        wrong = {
            "overrunning": page.evaluate(OVERRUNNING),
            "cut": page.evaluate(CUT),
            "overlapping": page.evaluate(OVERLAPPING),
            "crossing a bezel": page.evaluate(CROSSING, list(bezels)),
        }
        if screen != "phone":
            size = page.evaluate(
                "[document.documentElement.scrollWidth, document.documentElement.scrollHeight]"
            )
            wrong["page larger than the screen"] = [] if size == [width, height] else [size]
        else:
            wide = page.evaluate("document.documentElement.scrollWidth")
            wrong["wider than the phone"] = [] if wide <= width else [wide]
        if bezels:
            wrong["too small for a hall"] = page.evaluate(SMALL)
        if language == "en":
            # What people wrote stays as they wrote it, and is marked as of that language.
            texts = page.evaluate(
                "[...document.querySelectorAll('#wall *')].filter(e => e.offsetParent &&"
                " !e.children.length && !e.closest('#wall [lang=zh-CN]') &&"
                " !['language', 'map-note'].includes(e.id))"
                ".map(e => e.textContent)"
            )
            wrong["Chinese"] = [one for one in texts if HAN.search(one)]
        found |= {f"{name}: {what}": told[:40] for what, told in wrong.items() if told}
    assert not found, json.dumps(found, indent=1, ensure_ascii=False)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_axe_finds_nothing_serious(turned, language):
    """WCAG 2.1 A and AA, which hold contrast of 4.5:1 among them."""
    found = {}
    for name, page in turned(1920, 1080, language):
        result = Axe().run(page, options={"runOnly": RULES})
        for one in result.response["violations"]:
            if one["impact"] in ("serious", "critical"):
                targets = [each["target"][0] for each in one["nodes"][:5]]
                found[f"{name}: {one['id']}"] = targets
    assert not found, json.dumps(found, indent=1, ensure_ascii=False)


def test_pages_are_reached_by_keyboard(district, look):
    bring_to_life(district, calm=True)
    page = look(district).open()
    for _ in range(len(PAGES)):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("ioc.page") == PAGES[-1].id
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline != "none"
