"""A wall that turns its pages by itself, and what a new P1 does to it."""

import pytest
from playwright.sync_api import expect

from tests.small_city import BRIDGE, SPEED
from tests.wall.scripted import alert


@pytest.fixture
def turning(stage, look):
    """Open a wall whose clock passes as the test says."""
    screen = look(stage)

    def open_page(query="?turn=overview,devices&every=30"):
        stage.second()
        screen.page.clock.install()
        page = screen.open(query)
        page.clock.pause_at(page.evaluate("Date.now()") / 1000 + 1)
        return page

    yield open_page
    # While its clock runs a minute in a moment the page takes the line for dead, and comes again.
    screen.complaints[:] = [one for one in screen.complaints if "WebSocket" not in one]


def shown(page):
    return page.evaluate("ioc.page")


def test_pages_take_turns(turning):
    page = turning()
    assert shown(page) == "overview"
    page.clock.run_for(31_000)
    assert shown(page) == "devices"
    page.clock.run_for(31_000)
    assert shown(page) == "overview"


def test_a_new_p1_brings_its_page_and_lets_it_go_again(stage, turning):
    page = turning()
    stage.alerts(alert("old", SPEED, severity="orange", domain="traffic"))
    expect(page.locator("[data-alert-id=old]")).to_be_visible()
    assert shown(page) == "overview"
    stage.alerts(alert("a", BRIDGE, severity="red"))
    expect(page.locator(".tab[data-page=flood]")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#turning")).to_contain_text("新告警")
    page.clock.run_for(21_000)
    assert shown(page) == "overview"
    # It is not new any more.
    stage.alerts(alert("a", BRIDGE, severity="red", version=2, flapping=True))
    page.clock.run_for(1_000)
    assert shown(page) == "overview"


def test_what_is_acknowledged_or_a_drill_moves_nothing(stage, turning):
    page = turning()
    stage.alerts(
        alert("a", BRIDGE, severity="red", acknowledged=True),
        alert("b", BRIDGE, severity="red", drill=True),
    )
    expect(page.locator("[data-alert-id=b]")).to_be_visible()
    assert shown(page) == "overview"


def test_a_pinned_page_stays(stage, turning):
    page = turning()
    page.keyboard.press("p")
    expect(page.locator("#turning")).to_have_text("已固定")
    stage.alerts(alert("a", BRIDGE, severity="red"))
    expect(page.locator("[data-alert-id=a]")).to_be_visible()
    page.clock.run_for(120_000)
    assert shown(page) == "overview"
    page.keyboard.press("p")
    page.clock.run_for(31_000)
    assert shown(page) == "devices"


def test_a_page_that_somebody_chose_is_left_to_them(turning):
    page = turning()
    page.locator(".tab[data-page=air]").click()
    page.clock.run_for(60_000)
    assert shown(page) == "air"
    page.clock.run_for(61_000)
    assert shown(page) == "overview"


def test_a_wall_that_does_not_turn_keeps_its_page(stage, turning):
    page = turning("")
    stage.alerts(alert("a", BRIDGE, severity="red"))
    expect(page.locator("[data-alert-id=a]")).to_be_visible()
    assert shown(page) == "overview"
    expect(page.locator("#turning")).to_be_empty()
