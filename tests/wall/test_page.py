"""The real page in a real browser. Every test also asserts, when it ends, that the page asked no
other machine for anything and that nothing complained in its console (see `conftest.look`).
"""

import re

import msgspec
import pytest
from playwright.sync_api import expect

from devices import DOMAINS
from tests.screen import LOOKS
from tests.wall.scripted import NOON_US, alert

SECOND = 1_000_000
HAN = re.compile(r"[\u3400-\u9fff]")


def slots_of(stage, name):
    return [one.slot for one in stage.city.datastreams if one.observed_property == name]


def all_heard(stage, but=()):
    stage.hear(
        [
            (one.slot, stage.now_us, 1.0, 0)
            for one in stage.city.datastreams
            if one.device not in but
        ]
    )
    stage.second()


def test_the_map_shows_every_device_and_hollow_ones_are_the_silent(district, look):
    missing = list(district.city.devices)[5:8]
    all_heard(district, but=missing)
    screen = look(district)
    screen.open()
    shown = screen.map()
    assert shown["devices"] == len(district.city.devices)
    assert (shown["silent"], shown["marks"]) == ([5, 6, 7], [])
    district.hear(
        [
            (district.city.slot_of[one.id], district.now_us, 1.0, 0)
            for one in district.city.datastreams
            if one.device == missing[0]
        ]
    )
    district.second()
    expect(screen.page.locator("#devices-water b, #devices-air b").first).to_be_visible()
    assert_soon(screen.page, "ioc.mapState().silent.length", 2)


def assert_soon(page, expression, value):
    """Wait until the page says so; its policy forbids Playwright's own way of waiting."""
    for _ in range(LOOKS):
        got = page.evaluate(expression)
        if got == value:
            return
        page.wait_for_timeout(25)
    assert got == value


def test_key_figures_have_value_source_and_age(district, look):
    level = slots_of(district, "water_level")[0]
    warning = district.city.datastreams[level].limits["warning"]
    all_heard(district)
    district.hear([(level, district.now_us, warning + 0.16, 0)])
    district.second()
    page = look(district).open()
    district.second()
    figure = page.locator("[data-figure=level_margin]")
    expect(figure.locator(".value")).to_have_text("+0.16m")
    expect(figure.locator(".where")).to_contain_text(district.city.place_of(level).name[0])
    expect(figure.locator(".age")).to_have_text(re.compile(r"\d+ 秒 前"))
    for domain in DOMAINS:
        expect(page.locator(f"#age-{domain}")).to_have_text(re.compile(r"实时 · \d+ 秒 前"))


def test_a_figure_without_believable_reading_has_no_number(stage, look):
    stage.second()
    page = look(stage).open()
    expect(page.locator("[data-figure=speed_mean] .value")).to_have_text("—")
    expect(page.locator("#age-traffic")).to_have_text("无数据")


def test_an_alert_comes_at_once_with_reason_age_and_state_and_says_when_painted(stage, look):
    stage.second()
    page = look(stage).open()
    expect(page.locator("#alert-none")).to_have_text("当前无告警")
    stage.hear([(0, stage.now_us - 4_000_000, 4.016, 0)])
    stage.second()
    stage.alerts(alert("a1", 0, severity="red", result=3.924, limit=3.8))
    row = page.locator("[data-alert-id=a1]")
    expect(row).to_have_attribute("data-version", "1")
    expect(row.locator(".mark")).to_have_text("特别严重")
    expect(row.locator(".why")).to_have_text("限值 3.80 m")
    expect(row.locator(".present")).to_have_text(re.compile(r"现 4\.02 m · \d+ 秒 前"))
    expect(row.locator(".state")).to_have_text("未确认")
    expect(row.locator(".age")).to_have_text(re.compile(r"\d+ 秒"))
    assert_soon(page, "typeof iocPainted.a1", "number")
    expect(page.locator("[data-open='1'] b")).to_have_text("1")
    assert page.evaluate("ioc.mapState().marks") == [
        {"device": 0, "priority": 1, "isUnacknowledged": True}
    ]


def test_a_row_changes_in_place_and_turns_grey_when_cleared(stage, look):
    stage.second()
    page = look(stage).open()
    row = alert("a1", 0)
    stage.alerts(row, alert("a2", 0, raised_us=NOON_US + SECOND))
    first = page.locator("#alert-list > li").first
    expect(first).to_have_attribute("data-alert-id", "a1")
    page.evaluate("document.querySelector('[data-alert-id=a1]').kept = true")
    stage.alerts(msgspec.structs.replace(row, acknowledged=True, version=2))
    expect(page.locator("[data-alert-id=a1] .state")).to_have_text("已确认")
    stage.alerts(msgspec.structs.replace(row, active=False, cleared_us=stage.now_us, version=3))
    expect(page.locator("[data-alert-id=a1] .state")).to_have_text("已恢复")
    assert page.evaluate("document.querySelector('[data-alert-id=a1]').kept")
    expect(first).to_have_attribute("data-alert-id", "a2")
    assert page.evaluate("ioc.mapState().marks.length") == 1


def test_what_does_not_fit_is_counted_and_no_row_is_cut(stage, look):
    stage.second()
    page = look(stage).open()
    stage.alerts(*(alert(f"a{n:02}", 0) for n in range(40)))
    expect(page.locator("#alert-list > li")).to_have_count(8)
    expect(page.locator("#alert-more")).to_have_text("还有 32 条")
    last = page.locator("#alert-list > li").last.bounding_box()
    assert last["y"] + last["height"] <= page.locator("#alert-more").bounding_box()["y"] + 1


def stand_still(stage, page):
    """Stop the page's clock: from now on time passes only as the frames say.

    A minute of theirs, more than the page took to open, and both agree what time it is.
    """
    page.clock.pause_at(page.evaluate("Date.now()") / 1000 + 1)
    stage.second(60)


def test_silent_source_is_amber_after_3_s_and_red_after_10_s_and_recovers(stage, look):
    screen = look(stage)
    screen.page.clock.install()
    all_heard(stage)
    page = screen.open()
    stand_still(stage, page)
    lag, banner = page.locator("#lag"), page.locator("#banner")
    expect(lag).to_be_empty()
    stage.second(4, tick=False)
    expect(lag).to_have_text("数据延迟 4 秒")
    expect(page.locator(".link.down").first).to_have_text("感知数据 中断")
    expect(banner).to_be_empty()
    stage.second(7, tick=False)
    expect(banner).to_have_text("感知数据中断 11 秒，画面为 12:01:01 的状态")
    expect(page.locator("#wall")).to_have_class("lost")
    stage.second()
    expect(banner).to_be_empty()
    expect(lag).to_be_empty()
    expect(page.locator("#wall")).not_to_have_class("lost")


def test_lost_server_is_amber_then_red_and_the_page_comes_back_by_itself(stage, look):
    screen = look(stage)
    screen.page.clock.install()
    all_heard(stage)
    page = screen.open()
    stand_still(stage, page)
    expect(page.locator("#lag")).to_be_empty()
    stage.close()
    page.clock.run_for(4000)
    expect(page.locator("#lag")).to_have_text(re.compile(r"数据延迟 \d+ 秒"))
    page.clock.run_for(7000)
    expect(page.locator("#banner")).to_contain_text("与服务器失去连接")
    stage.open("build-1")
    all_heard(stage)
    page.clock.run_for(6000)
    page.clock.resume()
    expect(page.locator("#banner")).to_be_empty()
    # The browser itself writes a line for each try that found nobody.
    screen.complaints[:] = [
        one
        for one in screen.complaints
        if "WebSocket" not in one and "ERR_CONNECTION_REFUSED" not in one
    ]


def test_a_new_build_reloads_the_page_once(stage, look):
    screen = look(stage)
    all_heard(stage)
    page = screen.open()
    page.evaluate("window.before = true")
    stage.close()
    stage.open("build-2")
    all_heard(stage)
    assert_soon_reloaded(page)
    expect(page.locator("[data-figure=ponding]")).to_be_visible()
    assert page.evaluate("ioc.build") == "build-2"
    screen.complaints[:] = [one for one in screen.complaints if "WebSocket" not in one]


def assert_soon_reloaded(page):
    for _ in range(LOOKS):
        try:
            if page.evaluate("window.before === undefined && window.ioc?.build === 'build-2'"):
                return
        except Exception:
            pass
        page.wait_for_timeout(25)
    pytest.fail("the page of the old build is still there")


def test_a_gap_in_the_frames_is_healed_by_a_snapshot(stage, look):
    all_heard(stage)
    page = look(stage).open()

    def lose_a_frame():
        stage.hub._seq += 1
        stage.hub.take_alerts([alert("lost", 0)], True)
        stage.hub._list = stage.hub._board.show()

    stage.do(lose_a_frame)
    stage.second()
    expect(page.locator("[data-alert-id=lost]")).to_be_visible()


def test_the_alert_store_lost_is_said_beside_the_list(stage, look):
    stage.second()
    page = look(stage).open()
    expect(page.locator("#alerts-doubt")).to_be_empty()
    stage.world.connected = False
    stage.second()
    expect(page.locator("#alerts-doubt")).to_have_text("告警库中断，列表可能不全")


def test_rules_that_stand_still_are_said_beside_the_list(stage, look):
    screen = look(stage)
    screen.page.clock.install()
    stage.second()
    page = screen.open()
    stand_still(stage, page)
    expect(page.locator("#alerts-doubt")).to_be_empty()
    judged_us = stage.now_us
    for _ in range(4):
        stage.second()
        stage.world.judged_us = judged_us
    stage.second(0.5)
    stage.world.judged_us = judged_us
    stage.second(0.1, tick=False)
    expect(page.locator("#alerts-doubt")).to_have_text("判定滞后，可能缺新告警")
    expect(page.locator(".link.down")).to_have_text("规则判定 中断")
    stage.second()
    stage.second()
    expect(page.locator("#alerts-doubt")).to_be_empty()


def test_a_gateway_without_its_broker_is_said_at_once(stage, look):
    all_heard(stage)
    page = look(stage).open()
    stage.second(hears=False)
    expect(page.locator(".link.down")).to_have_text("感知接入 中断")
    for _ in range(3):
        stage.second()
    expect(page.locator(".link.down")).to_have_count(0)


def test_hidden_alerts_are_numbers_and_a_flapping_one_says_so(stage, look):
    all_heard(stage)
    page = look(stage).open()
    stage.alerts(
        alert("calm", 0),
        alert("often", 0, severity="orange", flapping=True),
        alert("away", 0, suppressed="parent"),
        alert("later", 0, shelved_until_us=stage.now_us + 10_000_000),
    )
    expect(page.locator("[data-alert-id=often] .state")).to_have_text("抖动 · 未确认")
    expect(page.locator("#open-total")).to_have_text("共 2 条 · 另 2 条抑制或搁置")
    expect(page.locator("[data-alert-id]")).to_have_count(2)
    stage.alerts(alert("calm", 0, acknowledged=True, handled=1))
    expect(page.locator("[data-alert-id=calm] .state")).to_have_text("已确认")


def test_english_is_complete_and_the_switch_goes_both_ways(district, look):
    all_heard(district)
    screen = look(district)
    page = screen.open("?lang=en")
    district.alerts(alert("a1", slots_of(district, "water_level")[0], severity="orange"))
    expect(page.locator("[data-alert-id=a1] .mark")).to_have_text("Severe")
    words = page.evaluate(
        "[...document.querySelectorAll('#wall *')].filter(e => !e.children.length &&"
        " !['language', 'map-note'].includes(e.id)).map(e => e.textContent)"
    )
    assert [one for one in words if HAN.search(one)] == []
    note = page.locator("#map-note").inner_text().replace(district.city.map_approval, "")
    assert not HAN.search(note)
    page.locator("#language").click()
    expect(page.locator("[data-alert-id=a1] .mark")).to_have_text("严重")
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    assert "lang=zh" in page.url
    page.locator("#language").click()
    expect(page.locator(".summary h2")).to_have_text("Open alerts")


def test_charts_start_with_history_and_grow_by_live_points(district, look):
    speed = slots_of(district, "speed")
    all_heard(district)
    page = look(district).open()
    chart = "document.querySelector('#trend-traffic .js-plotly-plot').data[0]"
    before = page.evaluate(f"{chart}.x.length")
    district.hear([(slot, district.now_us, 33.0, 0) for slot in speed])
    district.second(10)
    assert_soon(page, f"{chart}.x.length", before + 1)
    assert page.evaluate(f"{chart}.y.at(-1)") == 33.0
    assert page.evaluate(f"{chart}.x.at(-1)").startswith("2026-11-24T12:00:1")


@pytest.mark.parametrize(
    ("width", "height"), [(1920, 1080), (2560, 1440), (3840, 2160), (5760, 1080), (1366, 768)]
)
def test_nothing_is_cut_off_or_scaled(district, look, width, height):
    all_heard(district)
    page = look(district, width, height).open()
    assert page.evaluate(
        "[document.documentElement.scrollWidth, document.documentElement.scrollHeight]"
    ) == [width, height]
    overflowing = page.evaluate(
        "[...document.querySelectorAll('.panel, .domain-figures, .bar, .open, .keys')]"
        ".filter(e => e.scrollWidth > e.clientWidth + 1 || e.scrollHeight > e.clientHeight + 1)"
        ".map(e => `${e.id || e.className} ${e.scrollWidth}>${e.clientWidth}"
        " ${e.scrollHeight}>${e.clientHeight}`)"
    )
    assert overflowing == []
    if width / height > 2.5:
        assert page.evaluate("parseFloat(getComputedStyle(document.body).fontSize)") >= 20
        sizes = page.evaluate(
            "[...document.querySelectorAll('.figure.main .value b')]"
            ".map(e => parseFloat(getComputedStyle(e).fontSize))"
        )
        assert min(sizes) >= 48


def test_the_page_uses_its_own_font(stage, look):
    page = look(stage).open()
    faces = page.evaluate(
        "document.fonts.load('16px \"Noto Sans SC\"', '溱潼 3.80 m ≥ ℃')"
        ".then(faces => faces.map(face => [face.family.replaceAll('\"', ''), face.status]))"
    )
    # Chinese, Latin, and one small file for each of the two signs.
    assert faces == [["Noto Sans SC", "loaded"]] * 4


def test_a_drill_says_so_and_counts_nowhere(district, look, tmp_path):
    """演练 stands on its row and above the list; figures and map know nothing of it."""
    all_heard(district)
    level, depth = (slots_of(district, name)[0] for name in ("water_level", "water_depth"))
    district.alerts(
        alert("real", level, severity="orange", message_zh="里下河水位 3.92 m，超警戒水位"),
        alert(
            "drilled", depth, severity="red", drill=True, message_zh="下穿通道积水 0.31 m",
            result=0.31, limit=0.27,
        ),
    )  # fmt: skip
    screen = look(district)
    page = screen.open()
    real, drilled = (page.locator(f"[data-alert-id={name}]") for name in ("real", "drilled"))
    expect(drilled.locator(".message")).to_have_text("演练下穿通道积水 0.31 m")
    expect(drilled.locator(".state")).to_have_text("演练，不派发")
    expect(real.locator(".message .drill")).to_have_count(0)
    expect(page.locator("#drill-note")).to_have_text("演练中 1 条")
    expect(page.locator("#open-total")).to_have_text("共 1 条")
    expect(page.locator("[data-open='1'] b")).to_have_text("0")
    assert [mark["priority"] for mark in screen.map()["marks"]] == [2]
    page.screenshot(path=tmp_path / "drill.png")
    district.alerts(alert("real", level, severity="orange"), complete=True)
    expect(drilled).to_have_count(0)
    expect(page.locator("#drill-note")).to_have_text("")
