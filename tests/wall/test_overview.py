"""总览: vital signs against a count by hand, towns in their order, and the page."""

import asyncio

from playwright.sync_api import expect

from devices.calendar import HOUR_US
from ioc_dashboard.arrangements import Arrangements
from ioc_dashboard.sections import vital_signs
from ioc_dashboard.sections.overview import OverviewSection
from ioc_dashboard.sections.vital_signs import VitalSigns
from tests.small_city import BRIDGE, LOCK, PONDING, SPEED, city
from tests.wall.scripted import NOON_US, ScriptedWorld, alert
from tests.wall.test_hub import hub_at
from tests.wall.test_page import all_heard
from tests.wall.test_sections import now_of

NOW_US = NOON_US + HOUR_US // 2
"""Half past twelve: the hour from noon on is not over."""


def hours_ago(hours):
    return NOON_US - hours * HOUR_US


def signs_of(*rolled, now_us=NOW_US):
    world = ScriptedWorld()
    world.rolled = list(rolled)
    signs = VitalSigns(city())
    asyncio.run(signs.refresh(world, now_us))
    return {one.id: one for one in signs.signs}


def test_the_line_is_a_day_long_and_ends_with_the_hour_that_is_not_over():
    sign = signs_of((SPEED, hours_ago(0), 41.0, 60), (SPEED, hours_ago(23), 30.0, 60))["speed_mean"]
    assert (len(sign.value), len(sign.start_ms)) == (24, 24)
    assert sign.start_ms[-1] == NOON_US // 1000
    assert (sign.value[0], sign.value[-1]) == (30.0, 41.0)
    assert set(sign.value[1:-1]) == {None}


def test_a_level_is_held_against_its_own_warning_and_the_worst_counts():
    # Bridge warns at 3.80, lock at 2.00.
    told = signs_of((BRIDGE, hours_ago(0), 3.5, 60), (LOCK, hours_ago(0), 2.1, 60))
    assert told["level_margin"].value[-1] == 0.1


def test_yesterday_and_last_week_are_the_same_hour_of_the_day():
    told = signs_of(
        (SPEED, hours_ago(0), 40.0, 60),
        (SPEED, hours_ago(24), 50.0, 60),
        (SPEED, hours_ago(25), 99.0, 60),
        (SPEED, hours_ago(168), 20.0, 60),
        (SPEED, hours_ago(167), 99.0, 60),
    )["speed_mean"]
    assert (told.yesterday, told.last_week) == (50.0, 20.0)
    assert 99.0 not in told.value


def test_buckets_without_a_good_reading_are_no_number():
    told = signs_of((SPEED, hours_ago(0), 40.0, 0))["speed_mean"]
    assert told.value[-1] is None


def test_an_hour_that_few_stations_have_is_not_compared(monkeypatch):
    rolled = [
        (BRIDGE, hours_ago(0), 3.0, 60),
        (LOCK, hours_ago(0), 1.0, 60),
        (BRIDGE, hours_ago(1), 3.9, 60),
        (LOCK, hours_ago(2), 1.5, 60),
    ]
    # One of two is half of them, and enough.
    assert signs_of(*rolled)["level_margin"].value[-3:] == [-0.5, 0.1, -0.8]
    monkeypatch.setattr(vital_signs, "LEAST_SHARE", 0.51)
    assert signs_of(*rolled)["level_margin"].value[-3:] == [None, None, -0.8]


def test_seen_are_those_that_reach_their_own_limit():
    assert signs_of((PONDING, hours_ago(0), 0.6, 9))["ponding"].value[-1] == 1.0
    assert signs_of((PONDING, hours_ago(0), 0.59, 9))["ponding"].value[-1] == 0.0


def lines_of(*alerts):
    hub = hub_at()
    hub.take_alerts(alerts, True)
    return OverviewSection(city(), Arrangements()).show(now_of(hub, NOON_US)).towns


def test_towns_stand_by_what_is_open_in_them():
    towns = lines_of(
        alert("a", LOCK, severity="orange"),
        alert("b", BRIDGE, severity="yellow", raised_us=NOON_US - 7_000_000),
        alert("c", SPEED, severity="yellow", acknowledged=True),
        alert("d", BRIDGE, severity="red", active=False, cleared_us=NOON_US),
        alert("e", BRIDGE, severity="red", drill=True),
        alert("f", BRIDGE, severity="red", suppressed="parent"),
    )
    assert [(one.town, one.open, one.unacknowledged) for one in towns] == [
        (0, [0, 1, 0, 0], 1),
        (1, [0, 0, 2, 0], 1),
    ]
    assert towns[1].oldest_ms == (NOON_US - 7_000_000) // 1000


def test_without_alerts_the_town_with_the_larger_silent_share_stands_first():
    assert [(one.town, one.devices, one.silent) for one in lines_of()] == [(0, 1, 1), (1, 3, 3)]


def test_the_page_says_who_is_on_duty_and_nothing_where_nobody_says(district, stage, look):
    """2026-11-24 is 327 days after the cycle of four began: its fourth day, team 4 by day."""
    all_heard(district)
    page = look(district).open()
    duty = page.locator("#overview-towns .note")
    expect(duty).to_have_text("值班 白班 罗诗一")
    expect(duty).to_have_attribute("title", "唐双 · 宋初 · 至 20:00")
    stage.second()
    other = look(stage).open()
    expect(other.locator("#town-ranking .row").first).to_be_visible()
    expect(other.locator("#overview-towns .note")).to_have_text("")


def test_the_page_shows_signs_and_towns(stage, look):
    stage.world.rolled = [
        *((SPEED, hours_ago(hours), 40.0 + hours, 60) for hours in range(24)),
        (SPEED, hours_ago(24), 50.4, 60),
    ]
    stage.refresh()
    stage.second()
    page = look(stage).open()
    sign = page.locator("#sign-traffic")
    expect(sign.locator(".compared").first).to_have_text("较昨日−10 km/h")
    expect(sign.locator(".compared").last).to_have_text("较上周无数据")
    expect(sign.locator("polyline")).to_have_count(1)
    expect(page.locator("#sign-air .compared").first).to_have_text("较昨日无数据")
    stage.alerts(alert("a", LOCK, severity="red"))
    stage.second()
    first = page.locator("#town-ranking > li").first
    expect(first.locator(".name")).to_have_text("北镇")
    expect(first.locator(".level.p1")).to_have_text("1")
