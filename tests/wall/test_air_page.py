"""生态环境 in a real browser: what stands behind each figure, what is missing, on every screen."""

import json
import re

import pytest
from playwright.sync_api import expect

from tests.wall.airs import CLEAN, Minutes, air_city, at
from tests.wall.scripted import Stage
from tests.wall.test_air import scripted_day
from tests.wall.test_server import get

HAN = re.compile(r"[\u3400-\u9fff]")
MIDNIGHT = "2026-03-01T01:00:30"


@pytest.fixture
def airy():
    """A wall of the small city of air, one hour into HJ 633-2026."""
    one = Stage(air_city(), {"type": "FeatureCollection", "features": []})
    one.now_us = at(MIDNIGHT)
    yield one
    one.end()


def remember(stage, memory):
    """Let the page's section read what the database remembers."""
    section = next(one for one in stage.hub._sections if one.page == "air")
    stage._await(section.refresh(memory, stage.now_us))
    stage.second(5)


def turn_to(screen, query=""):
    page = screen.open(query)
    page.locator(".tab[data-page=air]").click()
    return page


def say(stage, *rows):
    stage.hear([(stage.city.slot_of[name], stage.now_us, value, 0) for name, value in rows])
    stage.second(5)


def test_the_page_tells_index_word_primary_edition_and_what_explains_it(airy, look):
    remember(airy, scripted_day())
    page = turn_to(look(airy))
    panel = page.locator("#air-district")
    expect(panel.locator(".air-main .air-aqi")).to_have_text("101")
    expect(panel.locator(".air-main .air-aqi")).to_have_attribute("data-index", "aqi:district")
    expect(panel.locator(".air-main .air-word")).to_have_text("轻度污染")
    expect(panel.locator(".air-primary")).to_have_text("首要污染物 PM2.5")
    expect(panel.locator("header")).to_contain_text("HJ 633-2026")
    expect(panel.locator(".air-of")).to_have_text("00:00–01:00 实时报 · 1 个国控省控站均值")
    expect(panel.locator("dd.yesterday b")).to_have_text("75")
    expect(panel.locator("dd.today")).to_have_text("NA有效 1/20 时")
    official = page.locator("[data-device=official]")
    expect(official.locator(".air-aqi")).to_have_attribute("data-index", "aqi:official")
    cell = official.locator(".value.primary")
    expect(cell).to_have_text("61")
    expect(cell).to_have_attribute("data-slot", str(airy.city.slot_of["official/pm25"]))
    colour = panel.locator(".air-main .air-word").evaluate(
        "e => e.style.getPropertyValue('--swatch')"
    )
    assert colour == "rgb(255,126,0)"


def test_the_24_hours_show_where_the_edition_changed_and_turn_to_the_next_town(airy, look):
    memory = scripted_day()
    memory.write("micro-1", "2026-03-01T00:00", **CLEAN)
    remember(airy, memory)
    page = turn_to(look(airy))
    town, bars = page.locator("#air-hours .air-town"), page.locator(".air-bar")
    expect(town).to_have_text("北镇")
    expect(bars).to_have_count(24)
    assert bars.locator("b").all_text_contents()[-2:] == ["75", "101"]
    expect(page.locator(".air-bar.edition")).to_have_count(1)
    expect(bars.last).to_have_class("air-bar edition")
    page.evaluate("for (let second = 0; second < 8; second++) ioc.emit('tick')")
    expect(town).to_have_text("南镇")
    expect(bars.first.locator("b")).to_have_text("NA")


def test_what_is_missing_has_no_number_and_says_how_old_it_is(airy, look):
    memory = Minutes(airy.city)
    memory.write("official", "2026-03-01T00:00", **{**CLEAN, "o3": 60})
    memory.write("micro-1", "2026-03-01T00:00", pm25=35)
    remember(airy, memory)
    say(airy, ("micro-2/pm25", 20.0), ("brook/ph", 7.0))
    airy.second(600)
    page = turn_to(look(airy))
    row = page.locator("[data-device=micro-1]")
    expect(row.locator(".air-aqi")).to_have_text("NA")
    expect(row.locator(".air-word")).to_have_text("缺 PM10、SO2、NO2、CO、O3")
    expect(row.locator(".value").nth(1)).to_have_text("—")
    expect(page.locator("[data-device=micro-2] .air-word")).to_have_text(
        re.compile(r"无数据 10:\d\d 前")
    )
    expect(page.locator("[data-device=micro-3] .air-word")).to_have_text("无数据")
    # An instrument that a station does not have is not missing.
    expect(page.locator("[data-device=micro-3] .value").nth(1)).to_have_text("")
    expect(page.locator("#air-waters-rows .gone")).to_have_count(2)
    expect(page.locator("#air-waters-rows .air-age").filter(has_text="10:")).to_have_count(1)


def test_hours_that_stand_still_are_grey_and_say_so(airy, look):
    remember(airy, scripted_day())
    airy.second(2 * 3600)
    page = turn_to(look(airy))
    expect(page.locator("#air-district")).to_have_attribute("data-stale", "true")
    expect(page.locator(".air-of")).to_contain_text("数据只到 00:00–01:00")


def test_sites_and_waters_carry_sign_word_and_what_explains_them(airy, look):
    remember(airy, scripted_day())
    page = turn_to(look(airy))
    say(
        airy, ("dust/pm10", 121.0), ("dust/noise", 50.0), ("canal/ammonia_nitrogen", 1.6),
        ("canal/dissolved_oxygen", 8.0), ("official/wind_speed", 3.0),
        ("official/wind_direction", 45.0),
    )  # fmt: skip
    over = page.locator("#air-dust-rows .value.over")
    expect(over).to_have_text("121")
    expect(page.locator("#air-dust-rows .air-age.over")).to_have_text("▲ 超限")
    canal = page.locator("[data-index='gb3838:canal']")
    expect(canal).to_have_text("Ⅴ类 中度污染")
    row = page.locator("#air-waters-rows .air-row").first
    expect(row.locator(".deciding")).to_have_text("未达Ⅲ类目标 · 氨氮 1.600 mg/L · 缺 pH")
    expect(page.locator("#air-now dt.wind")).to_have_text("东北风")
    arrow = page.locator("#air-now .air-arrow")
    assert arrow.evaluate("e => e.style.getPropertyValue('--turn')") == "225deg"


def test_english_is_complete(airy, look):
    remember(airy, scripted_day())
    say(airy, ("dust/pm10", 121.0), ("canal/ammonia_nitrogen", 1.6))
    page = turn_to(look(airy), "?lang=en")
    expect(page.locator("#air-district .air-main .air-word")).to_have_text("lightly polluted")
    words = page.evaluate(
        "[...document.querySelectorAll('.region[data-pages=air] *')]"
        ".filter(e => !e.children.length).map(e => e.textContent + (e.title || ''))"
    )
    assert [one for one in words if HAN.search(one)] == []


@pytest.mark.parametrize("language", ["en"])
@pytest.mark.parametrize(("width", "height"), [(1920, 1080), (5760, 1080), (390, 844)])
def test_no_row_is_cut_on_any_screen(district, look, width, height, language):
    """The whole district in heavy pollution: the longest words."""
    memory = _Heavy(district.city)
    remember(district, memory)
    district.hear([
        (one.slot, district.now_us, min(one.physical_max, 3.0 + one.slot % 5), 0)
        for one in district.city.datastreams
    ])  # fmt: skip
    district.second(5)
    page = turn_to(look(district, width, height), f"?lang={language}")
    expect(page.locator("#air-towns-rows .air-row").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == width
    cut = page.evaluate(
        "[...document.querySelectorAll('.region[data-pages=air] :is(.panel, .air-row, .air-word,"
        " .air-class, .air-aqi, .value, .air-more, .air-now, .deciding)')]"
        ".filter(e => e.clientWidth && getComputedStyle(e).display !== 'inline'"
        " && (e.scrollWidth > e.clientWidth + 1 || e.matches('.panel, .air-row, .air-now')"
        " && e.scrollHeight > e.clientHeight + 1))"
        ".map(e => `${e.id || e.className} ${e.textContent} ${e.scrollWidth}>${e.clientWidth}"
        " ${e.scrollHeight}>${e.clientHeight}`)"
    )
    assert cut == []
    if width / height > 4:
        size = page.locator(".air-main .air-aqi").evaluate(
            "e => parseFloat(getComputedStyle(e).fontSize)"
        )
        assert size >= 48


class _Heavy(Minutes):
    """Every hour of every station is heavily polluted."""

    async def rollup(self, slots, level, since_us, until_us):
        for slot in slots:
            one = self.city.datastreams[slot]
            value = {"pm25": 140.0 + slot % 40, "co": 1.5}.get(one.observed_property, 90.0)
            self.readings[slot, until_us - 3_600_000_000] = (value, 0)
        found = await super().rollup(slots, level, since_us, until_us)
        found.good[:] = 60
        return found


def explanation(stage, query):
    status, _, body = get(stage, f"/wall/explanation?{query}")
    return status, json.loads(body)


def test_an_index_is_explained_to_who_asks_and_to_who_clicks(airy, look, tmp_path):
    remember(airy, scripted_day())
    status, told = explanation(airy, "index=aqi:district")
    assert (status, told["result"], told["standard"]) == (200, 101, "HJ 633-2026")
    assert explanation(airy, "index=aqi:district&report=daily")[1]["result"] is None
    page = turn_to(look(airy))
    page.locator("#air-district .air-main .air-aqi").click()
    box = page.locator("dialog.behind")
    expect(box.locator(".result")).to_contain_text("空气质量指数 AQI：101，轻度污染")
    for zh, _ in told["lines"][1:]:
        expect(box.locator("ol")).to_contain_text(zh.strip())
    page.screenshot(path=tmp_path / "behind.png")
    page.keyboard.press("Escape")
    expect(box).to_be_hidden()


@pytest.mark.parametrize(
    ("query", "status", "message"),
    [
        ("", 404, "/wall/explanation: index='' is no index of the wall"),
        ("index=aqi:nobody", 404, "index='aqi:nobody'"),
        ("index=aqi:district&report=hourly", 400, "report='hourly' is not daily or realtime"),
    ],
    ids=["no-index", "unknown", "no-report"],
)
def test_what_cannot_be_explained_is_said(airy, query, status, message):
    remember(airy, scripted_day())
    found, told = explanation(airy, query)
    assert found == status
    assert message in told["error"]
