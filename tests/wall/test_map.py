"""The map in a real browser, by its structure: what is drawn, what moves, what a click tells."""

import re

import pytest
from playwright.sync_api import expect

from devices import Quality
from ioc_dashboard import words
from tests.small_city import BRIDGE, LOCK, PONDING, RAIN, SPEED
from tests.wall.scripted import NOON_US, alert
from tests.wall.test_page import all_heard, assert_soon, slots_of

SECOND = 1_000_000
HAN = re.compile(r"[\u3400-\u9fff]")
ANIMATED = "document.getAnimations().map((one) => one.effect.target.parentElement.dataset.device)"


def state(page, path=""):
    return page.evaluate(f"ioc.mapState(){path}")


def shown(stage, look, query="", **options):
    """Open a page on which everything was heard."""
    all_heard(stage)
    screen = look(stage, **options)
    return screen.open(query)


# -- what is drawn


def test_only_the_cells_that_a_change_touches_are_drawn(district, look):
    page = shown(district, look)
    stream = next(one for one in district.city.datastreams if one.period_s <= 60)
    device = list(district.city.devices).index(stream.device)
    mine = [one.slot for one in district.city.datastreams if one.device == stream.device]
    assert_soon(page, "ioc.mapState().silent.length", 0)
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    before = state(page, ".painted")
    # All but one go on speaking.
    period_us = max(district.city.datastreams[slot].period_s for slot in mine) * 3 * SECOND
    district.now_us += int(period_us)
    district.hear(
        [(one.slot, district.now_us, 1.0, 0) for one in district.city.datastreams
         if one.slot not in mine]
    )  # fmt: skip
    district.second()
    assert_soon(page, "ioc.mapState().silent", [device])
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    after = state(page, ".painted")
    assert after["whole"] == before["whole"]
    assert 1 <= after["cells"] - before["cells"] <= 4
    assert 1 <= after["points"] - before["points"] < len(district.city.devices) / 4


def test_when_much_changes_everything_is_drawn_once(district, look):
    district.second()  # nobody has been heard
    page = look(district).open()
    before = state(page, ".painted.whole")
    all_heard(district)
    assert_soon(page, "ioc.mapState().silent.length", 0)
    assert_soon(page, "ioc.mapState().painted.whole", before + 1)


def test_a_device_in_alert_is_not_drawn_grey_as_well(stage, look):
    page = shown(stage, look)
    stage.alerts(alert("a", BRIDGE, severity="orange"))
    assert_soon(page, "ioc.mapState().marks.length", 1)
    assert page.evaluate("ioc.points().look[0] === ioc.LOOK.ALERT")
    stage.alerts(complete=True)
    assert_soon(page, "ioc.mapState().marks.length", 0)
    assert page.evaluate("ioc.points().look[0] === ioc.LOOK.NORMAL")


def test_borders_of_towns_stand_between_neighbours_only(district, look):
    page = shown(district, look)
    borders = state(page, ".ground.borders")
    # A plane map of n towns has at most 3 n − 6 borders, and its towns hang together.
    towns = len(district.city.towns)
    assert towns - 1 <= borders <= 3 * towns - 6
    assert state(page, ".ground.outlines") == 1


# -- what moves


def test_nothing_pulses_but_an_unacknowledged_p1(stage, look):
    page = shown(stage, look)
    stage.alerts(
        alert("orange", LOCK, severity="orange"),
        alert("taken", SPEED, severity="red", acknowledged=True, domain="traffic"),
        alert("drill", PONDING, severity="red", drill=True, domain="camera"),
    )
    assert_soon(page, "ioc.mapState().marks.length", 2)
    assert page.evaluate(ANIMATED) == []
    waiting = alert("waits", BRIDGE, severity="red")
    stage.alerts(waiting)
    assert_soon(page, "ioc.mapState().rings", {"pulsing": [0], "still": []})
    assert_soon(page, ANIMATED, ["0"])
    stage.alerts(alert("waits", BRIDGE, severity="red", acknowledged=True, handled=1))
    assert_soon(page, "ioc.mapState().rings", {"pulsing": [], "still": []})
    assert page.evaluate(ANIMATED) == []


def test_at_most_two_rings_pulse_those_that_wait_longest(district, look):
    page = shown(district, look)
    levels = slots_of(district, "water_level")[:3]
    devices = list(district.city.devices)
    at = [devices.index(district.city.datastreams[slot].device) for slot in levels]
    district.alerts(
        *(alert(f"p{n}", slot, severity="red", raised_us=NOON_US + n * SECOND)
          for n, slot in enumerate(levels))
    )  # fmt: skip
    assert_soon(page, "ioc.mapState().rings", {"pulsing": at[:2], "still": at[2:]})
    assert_soon(page, f"{ANIMATED}.sort()", sorted(map(str, at[:2])))


def test_reduced_motion_is_honoured(stage, look):
    page = shown(stage, look, reduced_motion="reduce")
    stage.alerts(alert("waits", BRIDGE, severity="red"))
    expect(page.locator(".ring i")).to_have_count(1)
    assert page.evaluate(ANIMATED) == []


# -- the card of a point


def click(page, device):
    x, y = page.evaluate(f"ioc.points().xy({device})")
    page.locator("#map").click(position={"x": x, "y": y})


def test_a_click_opens_the_card_with_values_their_age_and_quality(stage, look):
    all_heard(stage)
    stage.hear([(BRIDGE, stage.now_us, 3.914, 0), (RAIN, stage.now_us, 12.3, Quality.SUSPECT)])
    stage.second()
    page = look(stage).open()
    stage.second()
    click(page, 0)
    card = page.locator("#map-card")
    expect(card.locator("h2")).to_have_text("大桥水位计")
    expect(card.locator(".where")).to_have_text("水务 · 南镇 · 大桥站")
    level, rain = card.locator("tr").all()
    expect(level.locator(".value")).to_have_text("3.91 m")
    expect(level.locator(".age")).to_have_text(re.compile(r"\d+ 秒 前"))
    expect(level.locator(".quality")).to_have_text("正常")
    expect(rain.locator(".quality")).to_have_text("可疑")
    expect(rain).to_have_class("doubtful")
    expect(card.locator(".alerts")).to_have_text("当前无告警")
    assert state(page, ".card") == {"device": 0, "by": "click"}


def test_the_card_lists_open_alerts_of_its_device_only(stage, look):
    page = shown(stage, look)
    stage.alerts(
        alert("mine", BRIDGE, severity="orange"),
        alert("past", BRIDGE, active=False, cleared_us=NOON_US),
        alert("other", LOCK),
    )
    click(page, 0)
    expect(page.locator("#map-card [data-card-alert]")).to_have_count(1)
    line = page.locator("#map-card [data-card-alert=mine]")
    expect(line.locator(".message")).to_have_text("告警 mine")
    expect(line.locator(".state")).to_have_text(re.compile(r"严重 · .+ 前 · 未确认"))
    stage.alerts(alert("mine", BRIDGE, severity="orange", acknowledged=True, handled=1))
    expect(line.locator(".state")).to_contain_text("已确认")


def test_a_value_that_missed_its_readings_is_said_to_be_out_of_date(stage, look):
    page = shown(stage, look)
    click(page, 0)
    quality = page.locator("#map-card tr").first.locator(".quality")
    expect(quality).to_have_text("正常")
    stage.second(181)  # three periods of 60 s and one second
    expect(quality).to_have_text("已过期")


def test_never_heard_has_no_number(stage, look):
    stage.second()
    page = look(stage).open()
    click(page, 0)
    row = page.locator("#map-card tr").first
    expect(row.locator(".value")).to_have_text("—")
    expect(row.locator(".age")).to_have_text("无数据")


def test_the_card_closes_by_button_key_and_a_click_beside(stage, look):
    page = shown(stage, look)
    card = page.locator("#map-card")
    click(page, 0)
    card.locator(".shut").click()
    expect(card).to_be_hidden()
    click(page, 0)
    expect(card).to_be_visible()
    page.keyboard.press("Escape")
    expect(card).to_be_hidden()
    click(page, 0)
    page.locator("#map").click(position={"x": 300, "y": 20})
    expect(card).to_be_hidden()


def test_every_quality_has_its_word():
    known = words.read()
    assert [one for one in Quality if f"quality.{one.value}" not in known] == []


# -- crews


def test_a_crew_is_drawn_with_its_state_and_the_age_of_its_position(stage, look):
    page = shown(stage, look)
    assert state(page, ".movers") == []
    stage.move([
        ("c1", 120.15, 32.5, "en_route", stage.now_us),
        ("c2", 120.05, 32.5, "idle", stage.now_us - 121 * SECOND),
    ])  # fmt: skip
    assert_soon(page, "ioc.mapState().movers.map((one) => [one.id, one.state, one.isOld])",
                [["c1", "en_route", False], ["c2", "idle", True]])  # fmt: skip
    x, y = page.evaluate("(({ x, y }) => [x, y])(ioc.mover('c1'))")
    page.locator("#map").click(position={"x": x, "y": y})
    card = page.locator("#map-card")
    expect(card.locator("h2")).to_have_text("c1 队")
    expect(card.locator(".where")).to_have_text("处置队伍 · 途中")
    expect(card.locator(".position")).to_have_text(
        re.compile(r"32\.5000° N 120\.1500° E · 位置 .+ 前")
    )
    stage.move([("c1", 120.16, 32.51, "on_scene", stage.now_us)])
    expect(card.locator(".where")).to_have_text("处置队伍 · 到场")
    assert page.evaluate("ioc.mover('c1').x") > x
    stage.move([])
    expect(card).to_be_hidden()
    assert state(page, ".movers") == []


def test_a_position_grows_old_while_nothing_is_said(stage, look):
    screen = look(stage)
    screen.page.clock.install()
    all_heard(stage)
    page = screen.open()
    stage.move([("c1", 120.15, 32.5, "idle", stage.now_us)])
    assert_soon(page, "ioc.mapState().movers.map((one) => one.isOld)", [False])
    stage.second(121)
    assert_soon(page, "ioc.mapState().movers.map((one) => one.isOld)", [True])


def test_who_comes_later_sees_the_crews_and_the_legend_explains_them(stage, look):
    stage.move([("c1", 120.15, 32.5, "idle", stage.now_us)])
    page = shown(stage, look)
    assert_soon(page, "ioc.mapState().movers.length", 1)
    expect(page.locator("#legend")).to_contain_text("队伍位置过旧")


# -- legend, scale, datum, approval


@pytest.mark.parametrize(
    ("language", "said", "note"),
    [
        ("zh", ["特别严重", "严重", "较重", "一般", "特别严重，未确认", "水务", "大气", "交通",
                "视频", "无数据"],
         "审图号 GS(2024)0650号 · 坐标系 WGS-84 · 镇街位置、水系与道路为示意"),
        ("en", ["Critical", "Severe", "Major", "Minor", "Critical, unacknowledged", "Water", "Air",
                "Traffic", "Cameras", "No data"],
         "Map approval GS(2024)0650号 · Datum WGS-84 · Town, river and road positions are"
         " schematic"),
    ],
    ids=["zh", "en"],
)  # fmt: skip
def test_the_legend_says_every_sign_and_the_note_datum_and_approval(
    district, look, language, said, note
):
    page = shown(district, look, f"?lang={language}")
    expect(page.locator("#legend .entry")).to_have_text(said)
    expect(page.locator("#legend .entry :is(.sign, .hollow, .ringed)")).to_have_count(10)
    told = " · ".join(re.split(r"\s+·\s+", page.locator("#map-note").inner_text()))
    assert told == note
    expect(page.locator(".leaflet-control-scale-line")).to_have_text(re.compile(r"^\d+ (k)?m$"))
