"""大气: a scripted day whose indices were computed by hand from the tables of the standards."""

import asyncio
from types import SimpleNamespace

import numpy as np
import pytest

from devices import Quality
from ioc_dashboard.hub import Hub
from ioc_dashboard.sections import Now
from ioc_dashboard.sections.air import AirSection
from ioc_dashboard.sections.air_sites import limit_at
from ioc_dashboard.sections.air_wind import vector_mean
from rules.indices import Report
from tests.wall.airs import CLEAN, HOUR, Minutes, air_city, at
from tests.wall.scripted import ScriptedWorld, heard

CITY = air_city()


def slot(name):
    return CITY.slot_of[name]


def asked(memory, moment):
    """Return a section that read the database at a moment."""
    section = AirSection(CITY)
    asyncio.run(section.refresh(memory, at(moment)))
    return section


def now(moment, rows=()):
    """Return the present with some readings: (datastream, µs before, value, quality)."""
    world = ScriptedWorld()
    hub = Hub(CITY, world, world, world, build="b", trend_hours=1, now_us=lambda: at(moment))
    hub.take_record(
        heard([(slot(name), at(moment) - before, value, quality)
               for name, before, value, quality in rows])
    )  # fmt: skip
    us = at(moment)
    return Now(us, hub._state, hub._state.believable(us), hub._state.silent_devices(us), [])


def part(memory, moment, rows=()):
    return asked(memory, moment).show(now(moment, rows))


def station(shown, name):
    device = list(CITY.devices).index(name)
    return next(one for one in shown.stations if one.device == device)


def scripted_day():
    """PM2.5 at the official station: 35 until noon of 28 February, then 75; in March 61."""
    memory = Minutes(CITY)
    memory.write_hours("official", "2026-02-26T23:00", 49, **CLEAN)
    memory.write_hours("official", "2026-02-26T23:00", 37, pm25=35)
    memory.write_hours("official", "2026-02-28T12:00", 12, pm25=75)
    memory.write_hours("official", "2026-03-01T00:00", 1, **{**CLEAN, "pm25": 61})
    return memory


BY_HAND = [
    # 24 hours of 35 → the breakpoint itself: 50.
    ("HJ633-2012-表1-PM2.5-24h-35", "2026-02-28T12:00:30", 50, 1, [], "HJ 633-2012"),
    # (23 × 35 + 75) ÷ 24 = 36.67 → 50 ÷ 40 × 1.67 + 50 = 52.08 ↑ 53.
    ("HJ633-2012-4.2-PM2.5-24h-36.67", "2026-02-28T13:00:30", 53, 2, ["pm25"], "HJ 633-2012"),
    # (12 × 35 + 12 × 75) ÷ 24 = 55 → 50 ÷ 40 × 20 + 50 = 75, although the hour itself has 75.
    ("HJ633-2012-5-PM2.5-24h-55", "2026-03-01T00:00:30", 75, 2, ["pm25"], "HJ 633-2012"),
    # The hour alone: 61 → (150 - 100) ÷ (115 - 60) × 1 + 100 = 100.91 ↑ 101.
    ("HJ633-2026-表3-PM2.5-1h-61", "2026-03-01T01:00:30", 101, 3, ["pm25"], "HJ 633-2026"),
]


@pytest.mark.parametrize(
    ("moment", "aqi", "level", "primary", "edition"),
    [row[1:] for row in BY_HAND],
    ids=[row[0] for row in BY_HAND],
)
def test_each_hour_is_judged_by_the_edition_of_its_own_time(moment, aqi, level, primary, edition):
    shown = part(scripted_day(), moment)
    found = station(shown, "official").quality
    assert (found.aqi, found.level, found.primary, shown.edition) == (aqi, level, primary, edition)
    assert shown.hour_ms == (at(moment[:13] + ":00") - HOUR) // 1000


def test_the_last_24_hours_pass_from_one_edition_to_the_other_at_midnight():
    shown = part(scripted_day(), "2026-03-01T01:00:30")
    north = next(one for one in shown.towns if one.index == "aqi:town:north")
    # 01:00 to 11:00 are 24 hours of 35; then one hour of 75 more each time, at 1.25 × 40 ÷ 24 each.
    rising = [-(-(50 * 24 + 50 * n) // 24) for n in range(1, 13)]
    assert north.hours == [50] * 11 + rising + [101]
    assert rising[0] == 53
    assert rising[-1] == 75
    assert shown.changed_ms == at("2026-03-01T00:00") // 1000
    assert shown.hours_ms[-1] == shown.hour_ms


def test_yesterday_has_its_daily_report_by_its_own_edition():
    """HJ 633-2012, 表1: PM2.5 24 h (12 × 35 + 12 × 75) ÷ 24 = 55 → 75; the others are below 50."""
    shown = part(scripted_day(), "2026-03-01T01:00:30")
    north = next(one for one in shown.towns if one.index == "aqi:town:north")
    assert (north.yesterday.quality.aqi, north.yesterday.hours) == (75, 24)
    assert (north.today.quality.aqi, north.today.hours) == (None, 1)


@pytest.mark.parametrize(
    ("minutes", "pm25", "aqi", "verdict"),
    [(45, 60, 100, "published"), (44, 60, None, "incomplete"), (44, 61, 101, "published")],
    ids=["GB3095-2026-45min-valid", "HJ633-2026-5.3.1-O3-missing-100-is-NA",
         "HJ633-2026-5.3.1-O3-missing-101-is-published"],
)  # fmt: skip
def test_an_hour_with_too_few_minutes_has_no_mean(minutes, pm25, aqi, verdict):
    memory = Minutes(CITY)
    memory.write("official", "2026-04-01T09:00", **{**CLEAN, "pm25": pm25})
    memory.write("official", "2026-04-01T09:00", 60, Quality.CALIBRATING, o3=400)
    memory.write("official", "2026-04-01T09:00", minutes, o3=60)
    found = station(part(memory, "2026-04-01T10:00:20"), "official")
    assert (found.quality.aqi, found.quality.verdict) == (aqi, verdict)
    assert found.quality.missing == ([] if minutes == 45 else ["o3"])
    assert found.values == [pm25, 40, 10, 20, 0.5, 60 if minutes == 45 else None]
    assert found.minutes == [60, 60, 60, 60, 60, minutes]


@pytest.mark.parametrize(
    ("hours", "aqi"), [(19, None), (20, 101)],
    ids=["GB3095-2026-19h-is-NA", "GB3095-2026-20h-is-a-day"],
)  # fmt: skip
def test_the_day_so_far_has_a_report_from_20_hours_on(hours, aqi):
    memory = Minutes(CITY)
    memory.write_hours("official", "2026-04-01T00:00", hours, **{**CLEAN, "pm25": 61})
    shown = part(memory, f"2026-04-01T{hours}:00:20")
    assert (shown.district.today.quality.aqi, shown.district.today.hours) == (aqi, hours)


def test_readings_of_bad_quality_enter_no_mean():
    memory = Minutes(CITY)
    memory.write("official", "2026-04-01T09:00", **CLEAN)
    memory.write("official", "2026-04-01T09:00", 15, Quality.FAULT, pm25=4000)
    assert station(part(memory, "2026-04-01T10:00:20"), "official").values[0] == 20


def test_a_town_is_the_mean_of_its_stations_and_says_when_they_are_micro():
    """(50 + 70) ÷ 2 = 60 → 100, by HJ 633-2026 表3; an official station is not mixed with them."""
    memory = Minutes(CITY)
    memory.write("official", "2026-04-01T09:00", **CLEAN)
    memory.write("micro-1", "2026-04-01T09:00", **{**CLEAN, "pm25": 50})
    memory.write("micro-2", "2026-04-01T09:00", **{**CLEAN, "pm25": 70})
    memory.write("micro-3", "2026-04-01T09:00", pm25=900)
    shown = part(memory, "2026-04-01T10:00:20")
    towns = [(one.index, one.quality.aqi, one.of, one.is_reference) for one in shown.towns]
    # PM10 40 and O3 60 of the north: 40 and 18.75 ↑ 19.
    assert towns == [("aqi:town:south", 100, 2, True), ("aqi:town:north", 40, 1, False)]
    assert (shown.district.quality.aqi, shown.district.of) == (40, 1)
    order = [list(CITY.devices)[one.device] for one in shown.stations]
    assert order == ["official", "micro-3", "micro-2", "micro-1"]
    assert [one.is_reference for one in shown.stations] == [False, True, True, True]


def test_before_the_database_has_spoken_nothing_is_known():
    shown = AirSection(CITY).show(now("2026-04-01T10:00:20"))
    assert (shown.as_of_ms, shown.hour_ms, shown.district) == (None, None, None)
    assert (shown.towns, shown.stations, shown.is_stale) == ([], [], False)


def test_an_hour_that_is_over_for_long_is_not_the_present():
    section = asked(scripted_day(), "2026-03-01T01:00:30")
    assert not section.show(now("2026-03-01T02:15")).is_stale
    assert section.show(now("2026-03-01T02:15:01")).is_stale


def test_a_later_look_sees_what_came_late_and_the_next_hour():
    memory = Minutes(CITY)
    memory.write("official", "2026-04-01T09:00", 30, **CLEAN)
    section = asked(memory, "2026-04-01T10:00:20")
    assert section.show(now("2026-04-01T10:01")).district.quality.verdict == "empty"
    memory.write("official", "2026-04-01T09:00", 60, **CLEAN)
    asyncio.run(section.refresh(memory, at("2026-04-01T10:01:20")))
    assert section.show(now("2026-04-01T10:02")).district.quality.aqi == 40
    memory.write("official", "2026-04-01T10:00", 60, **{**CLEAN, "pm10": 121})
    asyncio.run(section.refresh(memory, at("2026-04-01T11:00:20")))
    shown = section.show(now("2026-04-01T11:01"))
    assert shown.district.quality.aqi == 101
    assert shown.district.hours[-2:] == [40, 101]


@pytest.mark.parametrize(
    ("winds", "speed", "direction"),
    [
        ([(2, 350), (2, 10)], 1.97, 0),
        ([(3, 90), (1, 270)], 1, 90),
        ([(4, 45)], 4, 45),
        ([(2, 0), (2, 180)], 0, None),
    ],
    ids=["across-north", "opposite", "one", "they-cancel"],
)
def test_wind_is_the_mean_of_vectors(winds, speed, direction):
    found = vector_mean(*np.array(winds, dtype=float).T)
    assert found[0] == pytest.approx(speed, abs=0.005)
    if direction is not None:
        assert (found[1] + 180) % 360 == pytest.approx(direction + 180, abs=1e-6)


def test_wind_needs_both_readings_of_a_station_and_calm_has_no_direction():
    rows = [
        ("official/wind_speed", 0, 0.2, 0), ("official/wind_direction", 0, 90, 0),
        ("micro-1/wind_speed", 0, 3.0, 0), ("micro-1/wind_direction", 0, 200, Quality.FAULT),
    ]  # fmt: skip
    winds = AirSection(CITY).show(now("2026-04-01T10:00", rows)).winds
    assert (winds[0].speed, winds[0].direction, winds[0].of) == (0.2, None, 1)
    assert winds[1] is None


def test_sites_show_newest_readings_the_highest_first_and_no_old_number():
    rows = [
        ("dust/pm10", 0, 121, 0), ("dust/noise", 0, 60, 0),
        ("dust-2/pm10", HOUR, 800, 0), ("loud/noise", 0, 55.0, 0), ("verge/no2", 0, 33, 0),
    ]  # fmt: skip
    sites = AirSection(CITY).show(now("2026-04-01T22:00", rows)).sites
    first, second = sites["dust"]
    assert [(one.property, one.value, one.is_over) for one in first.readings] == [
        ("pm10", 121, True), ("noise", 60, True),
    ]  # fmt: skip
    assert [one.value for one in second.readings] == [None, None]
    assert second.time_ms == (at("2026-04-01T22:00") - HOUR) // 1000
    assert second.is_silent
    assert [one.value for one in sites["roadside"][0].readings] == [33, None]
    assert not sites["noise"][0].readings[0].is_over


@pytest.mark.parametrize(
    ("moment", "limit"),
    [("05:59", 55), ("06:00", 70), ("21:59", 70), ("22:00", 55)],
    ids=lambda one: f"GB3096-2008-3.4-{one}",
)
def test_noise_has_a_limit_by_day_and_one_by_night(moment, limit):
    one = SimpleNamespace(limits={"day": 70.0, "night": 55.0})
    assert limit_at(one, at(f"2026-04-01T{moment}")) == limit


@pytest.mark.parametrize(
    ("values", "number", "deciding", "complies"),
    [
        ({"ph": 7, "dissolved_oxygen": 7.5, "ammonia_nitrogen": 0.15}, 1, [], True),
        ({"ph": 7, "dissolved_oxygen": 5, "ammonia_nitrogen": 0.2}, 3, ["dissolved_oxygen"], True),
        ({"dissolved_oxygen": 4.9, "ammonia_nitrogen": 1.5}, 4,
         ["dissolved_oxygen", "ammonia_nitrogen"], False),
        ({"ammonia_nitrogen": 2.001}, 6, ["ammonia_nitrogen"], False),
        ({"ph": 5.9, "dissolved_oxygen": 9}, 6, ["ph"], False),
        # 90 % of 468 ÷ (31.6 + 22) = 7.86 is more than 7.5; warm water at 33 ℃ needs 6.52 alone.
        ({"dissolved_oxygen": 6.6, "water_temperature": 33}, 1, [], True),
        ({"water_temperature": 20}, 0, [], None),
        ({}, 0, [], None),
    ],
    ids=["GB3838-表1-Ⅰ", "GB3838-表1-序号3-Ⅲ", "GB3838-表1-Ⅳ-tie", "GB3838-表1-序号7-劣Ⅴ",
         "GB3838-表1-序号2-pH", "GB3838-表1-序号3-saturation", "temperature-has-no-class", "NA"],
)  # fmt: skip
def test_the_worst_item_is_the_class_of_a_water(values, number, deciding, complies):
    rows = [(f"canal/{name}", 0, value, 0) for name, value in values.items()]
    waters = AirSection(CITY).show(now("2026-04-01T10:00", rows)).waters
    canal = next(one for one in waters if one.target)
    assert (canal.number, [one.property for one in canal.deciding], canal.complies) == (
        number, deciding, complies,
    )  # fmt: skip
    brook = next(one for one in waters if not one.target)
    assert (brook.number, brook.complies, brook.missing) == (0, None, ["ph", "total_phosphorus"])


def test_an_old_reading_has_no_class_but_says_how_old_it_is():
    shown = AirSection(CITY).show(now("2026-04-01T10:00", [("brook/ph", HOUR, 7.0, 0)]))
    brook = next(one for one in shown.waters if not one.target)
    assert (brook.number, brook.judged, brook.time_ms) == (0, 0, at("2026-04-01T09:00") // 1000)


def test_an_index_explains_itself_with_every_clause():
    section = asked(scripted_day(), "2026-03-01T01:00:30")
    found = section.explain("aqi:official", now("2026-03-01T01:01"))
    assert (found.standard, found.result, found.level) == (
        "HJ 633-2026", 101, ("轻度污染", "lightly polluted"),
    )  # fmt: skip
    step = next(one for one in found.reasons if one.decides)
    assert (step.property, step.result, step.concentration) == ("pm25", 101, 61)
    assert "(150 − 100) ÷ (115 − 60) × (61 − 60) + 100" in step.told[0]
    assert step.clause == "表3, 式(1)"
    assert any("首要污染物：PM2.5（§4.3）" in zh for zh, _ in found.lines)
    assert (found.from_ms, found.until_ms) == (
        at("2026-03-01T00:00") // 1000, at("2026-03-01T01:00") // 1000,
    )  # fmt: skip


def test_a_rolling_mean_says_how_many_hours_it_has():
    memory = Minutes(CITY)
    memory.write_hours("official", "2026-02-28T00:00", 19, **CLEAN)
    section = asked(memory, "2026-02-28T19:00:30")
    found = section.explain("aqi:official", now("2026-02-28T19:01"))
    dust = next(one for one in found.reasons if one.property == "pm25")
    assert (dust.hours, dust.concentration, dust.result) == ((19, 24, 20), None, None)
    assert "GB 3095-2012 表4" in found.validity[0]


def test_towns_days_and_waters_are_explained_too_and_nothing_else():
    section = asked(scripted_day(), "2026-03-01T01:00:30")
    present = now("2026-03-01T01:01", [("canal/ammonia_nitrogen", 0, 1.6, 0)])
    town = section.explain("aqi:town:north", present)
    assert (town.result, town.name) == (101, ("北镇", "North"))
    day = section.explain("aqi:district", present, Report.DAILY)
    assert (day.result, day.until_ms - day.from_ms) == (None, 86_400_000)
    water = section.explain("gb3838:canal", present)
    assert (water.result, water.standard) == (5, "GB 3838-2002")
    assert [one.property for one in water.reasons if one.decides] == ["ammonia_nitrogen"]
    assert section.explain("aqi:nobody", present) is None
    assert section.explain("gb3838:official", present) is None
    assert AirSection(CITY).explain("aqi:official", present) is None
