"""防汛: lists against numbers worked out by hand, and the page that shows them."""

import asyncio

import msgspec
import numpy as np
import pytest
from playwright.sync_api import expect

from devices.calendar import HOUR_US, MINUTE_US
from ioc_dashboard.sections.flood import FloodSection
from ioc_dashboard.sections.flood_past import rates, warning_reached
from tests.small_city import BRIDGE, LOCK, RAIN, city
from tests.wall.scripted import NOON_US, ScriptedWorld, alert, heard
from tests.wall.test_hub import hub_at
from tests.wall.test_sections import now_of


def told_of(rows=(), rolled=()):
    hub = hub_at()
    hub.take_record(heard(list(rows)))
    world = ScriptedWorld()
    world.rolled = list(rolled)
    section = FloodSection(city())
    asyncio.run(section.refresh(world, NOON_US))
    return section.show(now_of(hub, NOON_US))


def rate_of(*rolled):
    world = ScriptedWorld()
    world.rolled = list(rolled)
    found = asyncio.run(world.rollup([BRIDGE], "1min", NOON_US - HOUR_US, NOON_US))
    return rates(found, NOON_US).get(BRIDGE)


def test_the_most_over_its_own_warning_is_first_and_the_unknown_last():
    told = told_of([(BRIDGE, NOON_US, 3.9, 0), (LOCK, NOON_US, 2.3, 0)]).levels
    # 2.30 over 2.00 is worse than 3.90 over 3.80.
    assert [(one.slot, one.level_m, one.regime) for one in told] == [
        (LOCK, 2.3, "lixiahe"),
        (BRIDGE, 3.9, "tongnan"),
    ]
    unknown = told_of([(BRIDGE, NOON_US, 3.0, 0)]).levels[-1]
    assert (unknown.slot, unknown.level_m, unknown.newest_ms) == (LOCK, None, None)


def test_a_level_of_bad_quality_is_no_number():
    assert told_of([(BRIDGE, NOON_US, 9.0, 2)]).levels[-1].level_m is None


def test_a_rate_is_the_slope_over_good_minutes_only():
    minutes = [(BRIDGE, NOON_US - n * MINUTE_US, 3.6 - 0.01 * n, 1) for n in range(1, 41)]
    assert rate_of(*minutes) == pytest.approx(0.6)
    minutes.append((BRIDGE, NOON_US - 45 * MINUTE_US, 90.0, 0))
    assert rate_of(*minutes) == pytest.approx(0.6)


@pytest.mark.parametrize(
    ("first", "last", "is_told"), [(31, 1, True), (30, 1, False), (50, 15, True), (50, 16, False)]
)
def test_a_rate_needs_half_an_hour_and_a_fresh_end(first, last, is_told):
    minutes = [(BRIDGE, NOON_US - n * MINUTE_US, 3.0, 1) for n in range(last, first + 1)]
    assert (rate_of(*minutes) is not None) == is_told


def test_rain_is_the_sum_of_whole_hours_and_a_gap_is_no_sum():
    hours = [(RAIN, NOON_US - n * HOUR_US, 10.0 + n, 60) for n in range(1, 7) if n != 5]
    told = told_of([(RAIN, NOON_US, 7.5, 0)], hours).rain[0]
    # 11 + 12 + 13; of six hours one is missing.
    assert (told.hour_mm, told.sums_mm) == (7.5, [36.0, None, None, None])
    # 44 of 60 readings are under three quarters, 45 are not.
    assert (
        told_of(rolled=[*hours, (RAIN, NOON_US - 5 * HOUR_US, 15.0, 44)]).rain[0].sums_mm[1] is None
    )
    assert (
        told_of(rolled=[*hours, (RAIN, NOON_US - 5 * HOUR_US, 15.0, 45)]).rain[0].sums_mm[1] == 81.0
    )


@pytest.mark.parametrize(
    ("sums", "colour"),
    [
        ((100.0, 100.0, 100.0, 100.0), "red"),
        ((99.9, 99.9, 99.9, 99.9), "orange"),
        ((49.9, 50.0, 50.0, 50.0), "yellow"),
        ((0.0, 49.9, 50.0, 50.0), "blue"),
        ((0.0, 0.0, 49.9, 500.0), None),
        ((None, None, None, None), None),
    ],
)
def test_a_colour_is_reached_at_its_rain(sums, colour):
    assert warning_reached(sums) == colour


def test_rivers_run_downstream_and_the_section_is_small(district):
    district.hear([(one.slot, district.now_us, 1.0, 0) for one in district.city.datastreams])
    section = FloodSection(district.city)
    now = now_of(district.hub, district.now_us)
    told = section.show(now)
    courses = [[told.levels[at].place for at in one.stations] for one in told.rivers]
    assert ["tianmushan-river-1", "luotang-river-1", "baimi-river-1"] in courses
    assert np.all(np.diff([one.margin_m for one in told.rivers]) <= 0)
    assert len(msgspec.json.encode(told)) < 40_000


def test_the_page_shows_the_worst_and_rearranges_in_a_flood(district, look):
    slot = next(
        one.slot
        for one in district.city.datastreams
        if one.id == "luotang-river-1-gauge/water_level"
    )
    district.hear(
        [(one.slot, district.now_us, 0.1, 0) for one in district.city.datastreams]
        + [(slot, district.now_us + 1, 4.1, 0)]
    )
    district.alerts(alert("a", slot, severity="orange"))
    district.second()
    screen = look(district)
    screen.page.goto(district.url + "?page=flood")
    first = screen.page.locator("#flood-tongnan-list > li").first
    expect(first).to_contain_text("老通扬运河东桥站")
    expect(first).to_contain_text("超警戒 +0.30")
    expect(screen.page.locator("#flood-pumps")).to_be_visible()
    expect(screen.page.locator("#flood-alerts")).to_be_hidden()
    district.alerts(alert("b", slot, severity="red"))
    district.second()
    expect(screen.page.locator("#flood-alerts-list > li")).to_have_count(2)
    expect(screen.page.locator("#flood-pumps")).to_be_hidden()
    # It goes back ten minutes after its reason has gone.
    for name in ("a", "b"):
        district.alerts(alert(name, slot, active=False, cleared_us=district.now_us, version=2))
    district.second(601)
    district.second()
    expect(screen.page.locator("#flood-pumps")).to_be_visible()
    expect(screen.page.locator("#flood-alerts")).to_be_hidden()


def shown(district, values):
    """Return the section's part when only these datastreams were heard: value by id."""
    slots = district.city.slot_of
    district.hear([(slots[name], district.now_us, value, 0) for name, value in values.items()])
    return FloodSection(district.city).show(now_of(district.hub, district.now_us))


def test_the_deepest_gauge_tells_how_an_underpass_is(district):
    place = "luotang-underpass-1"
    told = shown(
        district,
        {
            f"{place}-depth-1/water_depth": 0.02,
            f"{place}-depth-2/water_depth": 0.27,
            f"{place}-camera-1/ponding": 0.6,
            f"{place}-camera-2/ponding": 0.59,
        },
    ).underpasses
    name = district.city.places[place].name[0]
    assert (told[0].zh, told[0].state, told[0].depth_m, told[0].seeing) == (name, "closed", 0.27, 1)
    assert {one.state for one in told[1:]} == {"unknown"}
    assert {one.depth_m for one in told[1:]} == {None}


def test_power_of_some_sets_is_not_that_of_the_station(district):
    sets = [f"luotang-pump-1-pump-{number}/pump_power" for number in (1, 2, 3, 4)]
    (some, *_) = shown(district, {sets[0]: 120.0, sets[1]: 0.4}).pumps
    assert (some.sets, some.known, some.running, some.power_kw) == (4, 2, 1, None)
    (whole, *_) = shown(district, {sets[2]: 5.0, sets[3]: 4.9}).pumps
    assert (whole.known, whole.running, whole.power_kw) == (4, 2, 130.0)


def test_a_sluice_is_told_by_the_water_on_both_sides(district):
    told = shown(
        district,
        {
            "luotang-sluice-up/water_level": 3.456,
            "luotang-sluice-down/water_level": 2.1,
            "baimi-sluice-up/water_level": 3.0,
        },
    ).sluices
    both = {one.place: (one.up_m, one.down_m) for one in told}
    assert both["luotang-sluice"] == (3.46, 2.1)
    assert both["baimi-sluice"] == (3.0, None)
