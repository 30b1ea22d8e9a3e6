"""The console in real browsers over a real database: one who walks by keyboard, two who race."""

from __future__ import annotations

import json
import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from dispatch import Role
from tests.wall.consoles import Shift, opens
from tests.wall.test_kiosk import forgive
from tests.wall.test_layouts import HAN, RULES
from tests.wall.test_page import assert_soon


@pytest.fixture
def shift(own_database_url):
    one = Shift(own_database_url)
    yield one
    one.end()


@pytest.fixture
def ann(shift):
    return shift.person("王磊")


def order(page):
    """Return the ids of the rows as they stand from top to bottom."""
    return page.evaluate(
        "[...document.querySelectorAll('.item')].sort((a, b) => a.dataset.at - b.dataset.at)"
        ".map((one) => one.id.slice(4))"
    )


def selects(page, alert):
    """Wait until an alert is selected and what is behind it is shown."""
    expect(page.locator(f"#detail[data-shown='{alert}']")).to_be_visible()


def test_a_shift_is_walked_by_keyboard(shift, ann, look):
    shift.at("pumps", 120.105)
    red = shift.raises("level", "red", 300)
    orange = shift.raises("gate", "orange", 200, slot=1)
    blue = shift.raises("slow", "blue", 100, slot=2)
    screen = opens(look, shift, ann)
    page = screen.page
    keys = page.keyboard
    selects(page, red.id)
    assert order(page) == [red.id, orange.id, blue.id]
    keys.press("j")
    selects(page, orange.id)
    keys.press("k")
    selects(page, red.id)
    keys.press("a")
    form = page.locator("dialog.ask:not(.help)")
    expect(form.locator("h2")).to_have_text("确认 1 条告警")
    keys.insert_text("已派人查看")
    keys.press("Enter")
    expect(form).to_be_hidden()
    row = page.locator(f"#row-{red.id}")
    expect(row).to_contain_text("已确认 王磊")
    expect(page.locator(".toast")).to_contain_text("已确认 1 条")
    keys.press("u")
    expect(row).to_contain_text("未确认")
    expect(row).not_to_contain_text("王磊")
    keys.press("s")
    keys.press("Enter")
    expect(form.locator(".told")).to_have_text("未执行：须说明原因")
    keys.insert_text("施工")
    assert form.locator("select option").all_inner_texts() == ["15 分钟", "30 分钟", "1 小时"]
    keys.press("Enter")
    expect(row).to_contain_text("王磊 搁置至")
    expect(page.locator("[data-count=shelved]")).to_have_text("1")
    keys.press("d")
    assert page.evaluate("document.activeElement.classList.contains('send')")
    keys.press("Enter")
    expect(page.locator(".sent[data-crew=pumps]")).to_contain_text("已派")
    keys.press("Escape")
    keys.press("/")
    keys.insert_text("大路")
    expect(page.locator(".item")).to_have_count(1)
    assert order(page) == [blue.id]
    keys.press("Enter")
    keys.press("?")
    expect(page.locator("dialog.help")).to_contain_text("到首选队伍")
    keys.press("Escape")
    selects(page, blue.id)
    keys.press("v")
    expect(form.locator("h2")).to_have_text("判定")
    keys.press("Escape")
    expect(form).to_be_hidden()
    assert shift.handled(blue.id) == 0
    forgive(screen, "422")


def test_two_race_for_one_alert_and_the_second_reads_who_was_first(shift, ann, look):
    alert = shift.raises("level", "red", 30)
    first = opens(look, shift, ann)
    second = opens(look, shift, shift.person("李娜"))
    for screen in (first, second):
        selects(screen.page, alert.id)
        screen.page.keyboard.press("a")
        expect(screen.page.locator("dialog.ask h2")).to_have_text("确认 1 条告警")
    first.page.keyboard.press("Enter")
    form = second.page.locator("dialog.ask")
    # Before they send anything they see it.
    expect(form.locator(".first")).to_have_text("王磊 刚刚处理了此告警，请重新查看")
    second.page.keyboard.press("Enter")
    expect(form.locator(".told")).to_contain_text("此告警已由 王磊 于")
    second.page.keyboard.press("Escape")
    expect(second.page.locator(f"#row-{alert.id}")).to_contain_text("已确认 王磊")
    assert shift.handled(alert.id) == 1
    forgive(second, "409")


def test_new_alerts_move_no_row_until_somebody_asks_for_them(shift, ann, look):
    alerts = [shift.raises(f"r{n}", "orange", 600 - n) for n in range(5)]
    page = opens(look, shift, ann).page
    expect(page.locator(".item")).to_have_count(5)
    row = page.locator(f"#row-{alerts[2].id}")
    row.click()
    selects(page, alerts[2].id)
    before = page.locator(".item").evaluate_all(
        "(all) => all.map((one) => [one.id, one.style.top])"
    )
    top = row.bounding_box()["y"]
    newest = [shift.raises(f"n{n}", "red", 5) for n in range(3)]
    button = page.locator("#fresh")
    expect(button).to_have_text("3 条新告警（N）")
    # The button itself may not push the row away from under the cursor either.
    assert row.bounding_box()["y"] == top
    after = page.locator(".item").evaluate_all("(all) => all.map((one) => [one.id, one.style.top])")
    assert after == before
    button.click()
    expect(page.locator(".item")).to_have_count(8)
    assert set(order(page)[:3]) == {one.id for one in newest}
    expect(page.locator(".item[aria-selected=true]")).to_have_id(f"row-{alerts[2].id}")
    expect(button).to_be_hidden()


def test_an_undo_is_offered_for_ten_seconds_and_no_longer(shift, ann, look):
    alert = shift.raises("level", "orange", 30)
    page = opens(look, shift, ann).page
    page.clock.install()
    selects(page, alert.id)
    page.keyboard.press("a")
    page.keyboard.press("Enter")
    expect(page.locator(".toast .undo")).to_be_visible()
    page.clock.fast_forward(11_000)
    expect(page.locator(".toast .undo")).to_be_hidden()
    page.keyboard.press("u")
    expect(page.locator(f"#row-{alert.id}")).to_contain_text("已确认 王磊")
    assert shift.handled(alert.id) == 1


def test_one_incident_is_acknowledged_at_once(shift, ann, look):
    one, two = shift.raises("one", "red", 50), shift.raises("two", "yellow", 40)
    shift.collect()
    page = opens(look, shift, ann).page
    row = page.locator(".item[data-kind=incident]")
    expect(row).to_contain_text("2 / 2 条未确认")
    expect(page.locator("#detail .members li")).to_have_count(2)
    page.keyboard.press("a")
    expect(page.locator("dialog.ask h2")).to_have_text("确认 2 条告警")
    page.keyboard.press("Enter")
    expect(row).to_contain_text("0 / 2 条未确认")
    assert [shift.handled(each.id) for each in (one, two)] == [1, 1]
    page.keyboard.press("Enter")
    expect(page.locator(".item")).to_have_count(3)


def test_a_p1_sounds_until_it_is_acknowledged_and_a_p2_once(shift, ann, look):
    page = opens(look, shift, ann).page
    page.locator("#sound").click()
    assert_soon(page, "ioc.sound.isOn()", True)
    shift.raises("mild", "blue", 5)
    shift.raises("gate", "orange", 5, slot=1)
    assert_soon(page, "ioc.sound.played.join()", "p2")
    red = shift.raises("level", "red", 5)
    assert_soon(page, "ioc.sound.played.filter((one) => one === 'p1').length >= 2", True)
    expect(page.locator("#alarm")).to_have_text("1 条特别严重告警未确认")
    page.wait_for_timeout(1100)  # the touch that began the sound is over
    page.keyboard.press("m")
    expect(page.locator("#muted")).to_have_text(re.compile(r"静音剩余 (10:00|9:5\d)"))
    page.keyboard.press("m")
    expect(page.locator("#muted")).to_have_text("")
    page.keyboard.press("n")
    page.locator(f"#row-{red.id}").click()
    selects(page, red.id)
    page.keyboard.press("a")
    page.keyboard.press("Enter")
    assert_soon(page, "ioc.sound.isAlarmed()", False)
    assert page.evaluate("ioc.sound.played.filter((one) => one === 'p2').length") == 1


def test_who_may_only_look_sees_all_and_can_press_nothing(shift, look):
    shift.at("pumps", 120.105)
    alert = shift.raises("level", "red", 30)
    page = opens(look, shift, shift.person("客人", Role.VIEWER)).page
    selects(page, alert.id)
    expect(page.locator("#detail .actions")).to_have_text("您只能查看此告警")
    expect(page.locator(".choice")).to_have_count(1)
    assert page.locator(".act").count() == 0
    page.keyboard.press("a")
    assert page.locator("dialog[open]").count() == 0


def test_a_lost_line_says_so_and_comes_back(shift, ann, look):
    shift.raises("level", "red", 30)
    screen = opens(look, shift, ann)
    shift.close()
    expect(screen.page.locator("#line")).to_have_text("与服务器断线，内容可能已变")
    shift.open(shift._build)
    screen.page.locator("main[data-link=up]").wait_for()
    expect(screen.page.locator("#line")).to_have_text("")
    screen.complaints.clear()


@pytest.mark.parametrize("size", [(1920, 1080), (1366, 768), (390, 844)], ids=str)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_axe_finds_nothing_serious_nothing_is_cut_and_english_is_english(
    shift, ann, look, language, size, tmp_path
):
    shift.at("pumps", 120.105)
    before = shift.raises("level", "yellow", 9000)
    shift.says(before, "cleared", datastream=0, domain="water")
    shift.raises("level", "red", 300)
    shift.raises("slow", "blue", 100, slot=2)
    screen = opens(look, shift, ann, f"?lang={language}", width=size[0], height=size[1])
    page = screen.page
    expect(page.locator(".choice").first).to_be_visible()
    expect(page.locator("#detail .life .step").first).to_be_visible()
    found = {}
    for what in ("page", "a", "?"):
        if what != "page":
            page.keyboard.press(what)
            expect(page.locator("dialog[open]")).to_be_visible()
        for one in Axe().run(page, options={"runOnly": RULES}).response["violations"]:
            if one["impact"] in ("serious", "critical"):
                found[f"{what} {one['id']}"] = [node["target"][0] for node in one["nodes"][:5]]
        if language == "en":
            told = page.locator("body").inner_text().replace("王磊", "").replace("中", "")
            if HAN.search(told):
                found[f"{what} Chinese"] = HAN.findall(told)
        if what != "page":
            page.keyboard.press("Escape")
    if page.evaluate("document.documentElement.scrollWidth") > size[0]:
        found["wide"] = []
    page.screenshot(path=tmp_path / f"{language}-{size[0]}.png")
    assert not found, json.dumps(found, indent=1, ensure_ascii=False)
