"""交通: states, index and lists against numbers worked out by hand, and the page itself."""

import asyncio

import msgspec
import numpy as np
import psycopg
import pytest
from playwright.sync_api import expect

from devices import catalogue
from devices.record import columns
from ioc_dashboard.history import DatabaseHistory
from ioc_dashboard.hub import Hub
from ioc_dashboard.sections.traffic import TrafficSection
from ioc_dashboard.sections.traffic_index import WEEK_US, Segments, ratio
from storage.commit import Stretch, commit
from storage.rollups import Rollup
from tests.small_city import TEXTS
from tests.wall.scripted import NOON_US, ScriptedWorld, Stage, alert, heard
from tests.wall.test_sections import now_of

MINUTE = 60_000_000
SPEED, FLOW, OCCUPANCY, SPEED_N, FLOW_N, ARM, ARM_FLOW, ARM_OCCUPANCY, VIEW = range(9)

ROADS = {
    **TEXTS,
    "places.csv": """id,town,kind,name_zh,name_en,lon,lat
road,south,road_segment,大路,Road,120.11,32.41
lane,north,road_segment,小路,Lane,120.11,32.61
cross,south,intersection,路口,Crossing,120.12,32.42
""",
    "gateways.csv": "id,place,name_zh,name_en\ngw-road,road,大路网关,Road gateway\n",
    "devices.csv": """id,gateway,place,kind,name_zh,name_en
radar,gw-road,road,radar,大路雷达,Road radar
lane-radar,gw-road,lane,radar,小路雷达,Lane radar
arm,gw-road,cross,radar,路口雷达,Crossing radar
camera,gw-road,road,camera,大路摄像机,Road camera
""",
    "datastreams.csv": """slot,id,device,observed_property,period_s,physical_min,physical_max,limits
0,radar/speed,radar,speed,60,0,200,free_flow=60 slow=30 congested=20 jammed=15
1,radar/vehicle_flow,radar,vehicle_flow,60,0,8000,
2,radar/occupancy,radar,occupancy,60,0,100,
3,lane-radar/speed,lane-radar,speed,60,0,200,free_flow=45 slow=25 congested=15 jammed=10
4,lane-radar/vehicle_flow,lane-radar,vehicle_flow,60,0,8000,
5,arm/speed,arm,speed,60,0,200,free_flow=45 slow=25 congested=15 jammed=10
6,arm/vehicle_flow,arm,vehicle_flow,60,0,8000,
7,arm/occupancy,arm,occupancy,60,0,100,
8,camera/obstruction,camera,obstruction,20,0,1,confident=0.6
""",
}  # fmt: skip
CITY = catalogue.build(ROADS)
BUSY = [(SPEED, 30.0), (FLOW, 900.0), (SPEED_N, 45.0), (FLOW_N, 300.0)]


def rollup_from(rows):
    """Return a history's roll-up over rows (slot, start µs, mean)."""

    def rollup(slots, level, since_us, until_us):
        mine = sorted(
            one
            for one in rows
            if level == "1min" and one[0] in slots and since_us <= one[1] < until_us
        )
        slot, start, mean = zip(*mine, strict=True) if mine else ((), (), ())
        ones, means = np.ones(len(mine), np.int64), np.array(mean, float)
        return Rollup(
            np.array(slot, np.int32), np.array(start, np.int64), ones, ones,
            means, means, means, means,
        )  # fmt: skip

    return rollup


def told(rows=BUSY, past=(), alerts=(), after_s=1, times=1):
    """Return what the section says after these readings at noon, over this past."""
    world = ScriptedWorld()
    world.rollup_of = rollup_from(list(past))
    hub = Hub(CITY, world, world, world, build="b", trend_hours=1, now_us=lambda: NOON_US)
    hub.take_record(heard([(slot, NOON_US, value, 0) for slot, value in rows]))
    hub.take_alerts(list(alerts), True)
    section = TrafficSection(CITY)
    for _ in range(times):
        asyncio.run(section.refresh(world, NOON_US))
    return section.show(now_of(hub, NOON_US + after_s * 1_000_000))


def minutes(slot, value, count, until_us=NOON_US):
    return [(slot, until_us - one * MINUTE, value) for one in range(1, count + 1)]


def test_the_index_is_travel_time_over_free_flow_weighted_by_flow():
    # (900 · 60/30 + 300 · 45/45) / 1200
    index = told().index
    assert (index.value, index.of, index.segments) == (1.75, 2, 2)
    assert index.time_ms == NOON_US // 1000
    assert [(one.town, one.index.value) for one in told().towns] == [(1, 2.0), (0, 1.0)]


@pytest.mark.parametrize(
    ("speed", "flow", "index"),
    [(90.0, 900.0, 1.0), (0.0, 900.0, 10.0), (30.0, 0.0, 2.0)],
    ids=["faster_than_free_is_free", "a_standing_queue_is_ten", "an_empty_road_counts"],
)
def test_the_ends_of_the_index(speed, flow, index):
    assert told([(SPEED, speed), (FLOW, flow)]).index.value == index


def test_the_index_over_many_segments_is_that_of_a_loop_over_them():
    rng = np.random.default_rng(7)
    own = Segments(CITY)
    speed, flow = rng.uniform(0, 90, (2, 500)), rng.uniform(0, 2000, (2, 500))
    speed[rng.random(speed.shape) < 0.2] = np.nan
    flow[rng.random(flow.shape) < 0.2] = np.nan
    found = ratio(own.terms(speed, flow))[0]
    for at in range(500):
        above = below = 0.0
        for v, q, free in zip(speed[:, at], flow[:, at], (60.0, 45.0), strict=True):
            if v == v and q == q:
                above += max(q, 1.0) * max(1.0, free / max(v, free / 10))
                below += max(q, 1.0)
        assert found[at] == pytest.approx(above / below if below else np.nan, nan_ok=True)


def test_without_a_believable_flow_a_segment_is_not_in_the_index():
    index = told([(SPEED, 30.0), (SPEED_N, 45.0), (FLOW_N, 300.0)]).index
    assert (index.value, index.of) == (1.0, 1)


def test_readings_that_are_too_old_give_no_index():
    late = told(after_s=600)
    assert (late.index.value, late.index.of, late.index.time_ms) == (None, 0, None)
    assert (late.states, late.unknown) == ([0, 0, 0, 0], 2)


@pytest.mark.parametrize(
    ("speed", "state"),
    [(30.1, 0), (30.0, 1), (20.1, 1), (20.0, 2), (15.1, 2), (15.0, 3), (0.0, 3)],
)
def test_upper_bounds_of_the_classes_are_inclusive(speed, state):
    found = told([(SPEED, speed)])
    assert found.states.index(1) == state
    assert found.unknown == 1
    assert [one.state for one in found.worst] == ([state] if state else [])


def test_the_map_is_told_the_class_of_every_road_segment_and_how_old_it_is():
    found = told([(SPEED, 20.0), (SPEED_N, 45.0), (ARM, 1.0)]).segments
    assert (found.slot, found.state) == ([SPEED, SPEED_N], [2, 0])  # arms are no segments
    assert found.newest_ms == NOON_US // 1000
    late = told([(SPEED, 20.0)], after_s=600).segments
    assert (late.state, late.newest_ms) == ([-1, -1], None)


def test_the_worst_segments_stand_first_with_flow_occupancy_and_how_long():
    rows = [(SPEED, 18.0), (FLOW, 700.0), (OCCUPANCY, 44.0), (SPEED_N, 9.0)]
    past = minutes(SPEED, 19.0, 12) + minutes(SPEED, 40.0, 30, NOON_US - 12 * MINUTE)
    found = told(rows, past)
    assert [one.slot for one in found.worst] == [SPEED_N, SPEED]
    second = found.worst[1]
    assert (second.speed, second.flow, second.occupancy) == (18.0, 700.0, 44.0)
    assert (second.since_ms, second.is_at_least) == ((NOON_US - 12 * MINUTE) // 1000, False)
    first = found.worst[0]
    assert (first.flow, first.since_ms) == (None, None)


def test_a_jam_older_than_what_is_looked_at_is_at_least_so_long():
    found = told([(SPEED, 12.0)], minutes(SPEED, 12.0, 600))
    (one,) = found.worst
    assert one.is_at_least
    # The present hour has just begun: two whole hours before it are looked at.
    assert one.since_ms == (NOON_US - 120 * MINUTE) // 1000


def test_last_week_is_the_same_sixty_minutes():
    past = []
    for week, speed in ((0, 30.0), (WEEK_US, 40.0)):
        past += minutes(SPEED, speed, 60, NOON_US - week) + minutes(FLOW, 600.0, 60, NOON_US - week)
    index = told(past=past, times=4).index
    assert (index.hour, index.last_week) == (2.0, 1.5)


def test_less_than_half_an_hour_of_last_week_is_none():
    past = minutes(SPEED, 40.0, 29, NOON_US - WEEK_US) + minutes(FLOW, 9.0, 60, NOON_US - WEEK_US)
    assert told(past=past).index.last_week is None
    assert told().index.hour is None


def test_the_lines_have_each_minute_of_two_hours_and_five_of_a_day():
    past = []
    for speed, until_us in ((30.0, NOON_US), (20.0, NOON_US - WEEK_US)):
        past += minutes(SPEED, speed, 3, until_us) + minutes(FLOW, 100.0, 3, until_us)
    found = told(past=past, times=4)
    assert found.hours.start_ms == (NOON_US - 120 * MINUTE) // 1000
    assert found.hours.value == [None] * 117 + [2.0] * 3
    assert found.hours.last_week == [None] * 117 + [3.0] * 3
    assert found.day.step_ms == 300_000
    assert found.day.value == [None] * 287 + [2.0]


def test_a_day_is_asked_for_in_parts_and_what_is_complete_only_once():
    asked = []
    world = ScriptedWorld()
    empty = rollup_from([])
    world.rollup_of = lambda *one: (asked.append(one[2]), empty(*one))[1]
    section = TrafficSection(CITY)
    counts = []
    for minute in range(6):
        before = len(asked)
        asyncio.run(section.refresh(world, NOON_US + 20 * MINUTE + minute * MINUTE))
        counts.append(len(asked) - before)
    assert max(counts) == 14
    assert counts[-1] == 1
    assert len(set(asked)) == 50
    assert asked[-1] == NOON_US


def test_incidents_are_active_traffic_alerts_and_what_blocks_the_road():
    alerts = [
        alert("a", SPEED, domain="traffic", severity="blue", raised_us=NOON_US - 9),
        alert("b", SPEED_N, domain="traffic", severity="yellow"),
        alert("gone", SPEED, domain="traffic", active=False, cleared_us=NOON_US),
        alert("exercise", SPEED, domain="traffic", severity="red", drill=True),
        alert("other", SPEED, domain="water", severity="red"),
    ]
    found = told([*BUSY, (VIEW, 0.8)], alerts=alerts)
    assert [(one.key, one.kind, one.priority) for one in found.incidents] == [
        ("b", "alert", 3),
        ("a", "alert", 4),
        (f"s{VIEW}", "obstruction", 0),
    ]
    assert found.incidents[-1].value == 0.8
    seen = alert("c", VIEW, domain="camera", severity="blue")
    found = told([*BUSY, (VIEW, 0.8)], alerts=[seen])
    assert [(one.key, one.kind, one.priority) for one in found.incidents] == [
        ("c", "obstruction", 4)
    ]
    assert told([*BUSY, (VIEW, 0.59)]).incidents == []


def test_an_intersection_is_as_bad_as_its_worst_arm():
    (one,) = told([(ARM, 9.0), (ARM_FLOW, 400.0), (ARM_OCCUPANCY, 61.0)]).crossings
    assert (one.id, one.state, one.flow, one.occupancy) == ("cross", 3, 400.0, 61.0)
    (one,) = told().crossings
    assert (one.state, one.known, one.arms, one.flow) == (None, 0, 1, None)


def test_readings_in_the_database_become_the_line(own_database_url):
    rows = [
        (slot, NOON_US - one * MINUTE, value, 0)
        for one in range(1, 41)
        for slot, value in ((SPEED, 30.0), (FLOW, 900.0), (SPEED_N, 45.0), (FLOW_N, 300.0))
    ]

    async def run():
        async with await psycopg.AsyncConnection.connect(
            own_database_url, autocommit=True
        ) as connection:
            await commit(connection, Stretch([], columns(rows)))
        section = TrafficSection(CITY)
        await section.refresh(DatabaseHistory(own_database_url), NOON_US)
        world = ScriptedWorld()
        hub = Hub(CITY, world, world, world, build="b", trend_hours=1, now_us=lambda: NOON_US)
        return section.show(now_of(hub, NOON_US))

    found = asyncio.run(run())
    assert found.hours.value == [None] * 80 + [1.75] * 40
    assert (found.index.hour, found.index.last_week) == (1.75, None)


def test_the_part_of_the_district_is_small(district):
    speeds = [one for one in district.city.datastreams if one.observed_property == "speed"]
    district.hear([(one.slot, NOON_US, 5.0, 0) for one in speeds])
    district.second()
    section = TrafficSection(district.city)
    part = msgspec.json.encode(section.show(now_of(district.hub, NOON_US)))
    assert len(part) < 40_000


@pytest.fixture
def roads():
    one = Stage(CITY, {"type": "FeatureCollection", "features": []})
    yield one
    one.end()


def test_the_page_shows_index_states_and_lists(roads, look):
    roads.world.rollup_of = rollup_from(minutes(SPEED, 12.0, 9) + minutes(FLOW, 900.0, 9))
    roads.refresh()
    rows = [*BUSY, (SPEED, 12.0), (OCCUPANCY, 50.0), (ARM, 40.0), (VIEW, 0.8)]
    roads.hear([(slot, NOON_US, value, 0) for slot, value in rows])
    roads.second()
    screen = look(roads)
    page = screen.page
    page.goto(roads.url + "?page=traffic")
    # (900 · 60/12 + 300 · 45/45) / 1200
    expect(page.locator("#tti")).to_have_text("4.00")
    expect(page.locator("#tti-week")).to_have_text("无上周数据")
    worst = page.locator("#worst-list .row")
    expect(worst).to_have_count(1)
    expect(worst).to_contain_text("严重拥堵")
    expect(worst).to_contain_text("大路雷达")
    expect(worst.locator(".since")).to_have_text("≥9 分")
    expect(page.locator("#incident-list .row")).to_contain_text("视频识别占道 80%")
    expect(page.locator("#crossing-list .row")).to_contain_text("畅通")
    expect(page.locator("#traffic-hours-graph .scatterlayer .js-line").first).to_be_attached()
    page.locator("#language").click()
    expect(page.locator("#tti-week")).to_have_text("no data of last week")
    expect(worst).to_contain_text("Jammed")
    # What is not heard any more is no number.
    roads.second(900)
    expect(page.locator("#tti")).to_have_text("no data")
    expect(worst).to_be_hidden()
