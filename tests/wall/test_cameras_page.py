"""视频: states and findings against what was said, and events with their pictures on the page."""

import asyncio

import pytest
from playwright.sync_api import expect

from devices import Quality, catalogue
from ioc_dashboard.hub import Hub
from ioc_dashboard.sections.cameras import SHOWN_MOST, STATES, CamerasSection
from rules.commands import Maintenance
from storage.camera_events import CameraEvent, Seen
from storage.maintenance import Announced
from tests.small_city import TEXTS
from tests.wall.scripted import NOON_US, ScriptedWorld, Stage, heard
from tests.wall.test_sections import now_of
from tests.wall.test_snapshots import jpeg

SECOND = 1_000_000
PONDING, CROWD, SQUARE_PONDING = range(3)
VIEWS = {
    **TEXTS,
    "devices.csv": """id,gateway,place,kind,name_zh,name_en
east,gw-road,road,camera,大路摄像机,Road camera
square,gw-lock,lock,camera,船闸摄像机,Lock camera
""",
    "datastreams.csv": """slot,id,device,observed_property,period_s,physical_min,physical_max,limits
0,east/ponding,east,ponding,10,0,1,confident=0.6
1,east/crowd,east,crowd,30,0,20000,capacity=400
2,square/ponding,square,ponding,10,0,1,confident=0.6
""",
}
CITY = catalogue.build(VIEWS)
EAST, SQUARE = range(2)


def event(number, **more):
    said = {
        "id": number, "gateway": "gw-road", "device": "east", "sent_as": "east",
        "kind": "ponding", "time_us": NOON_US - (100 - number) * SECOND, "confidence": 0.93,
        "count": None, "text": "", "snapshot": None, "is_pictured": False,
    }  # fmt: skip
    return CameraEvent(**{**said, **more})


def told(rows=(), world=None, after_s=1, section=None):
    world = world or ScriptedWorld()
    hub = Hub(CITY, world, world, world, build="b", trend_hours=1, now_us=lambda: NOON_US)
    hub.take_record(heard([(slot, NOON_US, value, quality) for slot, value, quality in rows]))
    us = NOON_US + after_s * SECOND
    hub._silent = hub._state.silent_devices(us)
    section = section or CamerasSection(CITY)
    asyncio.run(section.refresh(world, NOON_US))
    return section.show(now_of(hub, us))


def states(part):
    return {
        list(CITY.devices)[device]: STATES[state]
        for town in part.towns
        for device, state in zip(town.device, town.state, strict=True)
    }


def test_a_camera_is_online_while_one_of_its_datastreams_is_heard():
    part = told([(CROWD, 12.0, 0)])
    assert states(part) == {"east": "online", "square": "silent"}
    assert part.counts == [1, 1, 0, 0]
    assert [one.town for one in part.towns] == [0, 1]


@pytest.mark.parametrize(
    ("quality", "state"),
    [(Quality.MAINTENANCE, "maintenance"), (Quality.FAULT, "fault"), (Quality.SUSPECT, "online")],
)
def test_a_camera_says_itself_that_it_is_worked_on_or_broken(quality, state):
    assert states(told([(PONDING, 0.1, quality)]))["east"] == state


@pytest.mark.parametrize(
    ("scope", "subject", "at_work"),
    [("device", "square", {"square"}), ("gateway", "gw-lock", {"square"}),
     ("place", "road", {"east"}), ("town", "south", {"east"}), ("rule", "east", set())],
)  # fmt: skip
def test_announced_maintenance_wins_over_silence(scope, subject, at_work):
    world = ScriptedWorld()
    work = Maintenance(1, scope, subject, NOON_US - SECOND, NOON_US + 60 * SECOND)
    world.announced = [Announced(work, "a", "r", NOON_US, None, None)]
    found = states(told(world=world))
    assert {name for name, state in found.items() if state == "maintenance"} == at_work
    world.announced = [Announced(work, "a", "r", NOON_US, NOON_US, "b")]
    assert "maintenance" not in states(told(world=world)).values()


def test_findings_count_only_what_is_believable_and_above_its_limit():
    ponding, obstruction, crowd = told(
        [(PONDING, 0.6, 0), (SQUARE_PONDING, 0.9, 0), (CROWD, 399.0, 0)]
    ).findings
    assert (ponding.total, ponding.of) == (2, 2)
    assert [one.slot for one in ponding.found] == [SQUARE_PONDING, PONDING]
    assert (crowd.total, crowd.of, crowd.found) == (0, 1, [])
    # Nobody looks for it: that is not none.
    assert (obstruction.total, obstruction.of) == (None, 0)
    late = told([(PONDING, 0.9, 0)], after_s=600).findings[0]
    assert (late.total, late.of) == (None, 0)


def test_before_the_database_has_said_no_event_is_known():
    world = ScriptedWorld()
    hub = Hub(CITY, world, world, world, build="b", trend_hours=1, now_us=lambda: NOON_US)
    assert CamerasSection(CITY).show(now_of(hub, NOON_US)).events is None
    assert told().events == []


def test_new_events_are_asked_for_from_the_newest_and_awaited_pictures_again():
    asked = []
    answers = [
        Seen(7, [event(7, snapshot="p"), event(6)]),
        Seen(9, [event(8), event(7, snapshot="p", is_pictured=True)]),
    ]
    world = ScriptedWorld()
    world.seen_of = lambda after, again: (asked.append((after, list(again))), answers.pop(0))[1]
    section = CamerasSection(CITY)
    first = told(world=world, section=section)
    assert [(one.id, one.picture, one.is_awaited) for one in first.events] == [
        (7, None, True),
        (6, None, False),
    ]
    second = told(world=world, section=section)
    assert [(one.id, one.picture) for one in second.events] == [
        (8, None), (7, "gw-road/p"), (6, None)
    ]  # fmt: skip
    assert asked == [(0, []), (7, [7])]


def test_the_newest_are_those_that_happened_last_and_no_more_than_a_screen_shows():
    world = ScriptedWorld()
    late = event(99, time_us=NOON_US - 9000 * SECOND)
    world.seen_of = lambda *_: Seen(99, [late, *(event(one) for one in range(40))])
    part = told(world=world)
    assert len(part.events) == SHOWN_MOST
    assert [one.id for one in part.events[:2]] == [39, 38]


@pytest.fixture
def views():
    one = Stage(CITY, {"type": "FeatureCollection", "features": []})
    yield one
    one.end()


def test_the_page_shows_pictures_and_says_where_there_is_none(views, look):
    views.world.pictures = {("gw-road", "p.1"): jpeg()}
    events = [
        event(4, snapshot="p.1", is_pictured=True),
        event(3, kind="density", confidence=None, count=137),
        event(2, snapshot="p.2"),
        event(1, device="", sent_as="32120401001320000099"),
    ]
    views.world.seen_of = lambda *_: Seen(4, events)
    views.refresh()
    views.hear([(PONDING, NOON_US, 0.9, 0), (CROWD, NOON_US, 12.0, 0)])
    views.second()
    screen = look(views)
    page = screen.page
    page.goto(views.url + "?page=cameras")
    tiles = page.locator("#event-grid .event")
    expect(tiles).to_have_count(4)
    page.wait_for_function("document.querySelector('#event-grid img')?.naturalWidth === 64")
    expect(tiles.nth(0)).to_contain_text("积水识别")
    expect(tiles.nth(0)).to_contain_text("置信度 93%")
    expect(tiles.nth(0)).to_contain_text("大路摄像机")
    expect(tiles.nth(1)).to_contain_text("137 人")
    expect(tiles.nth(1)).to_contain_text("无快照")
    expect(tiles.nth(2)).to_contain_text("快照未到")
    expect(tiles.nth(3)).to_contain_text("未登记设备 32120401001320000099")
    expect(page.locator("#count-ponding")).to_have_text("1")
    expect(page.locator("#count-obstruction")).to_have_text("无数据")
    expect(page.locator('.square[data-device="square"]')).to_have_class("square silent")
    page.locator("#language").click()
    expect(tiles.nth(0)).to_contain_text("93% confident")
    # The picture comes later, and takes the place of the words.
    views.world.pictures[("gw-road", "p.2")] = jpeg()
    events[2] = event(2, snapshot="p.2", is_pictured=True)
    views.refresh()
    views.second(2)
    expect(tiles.nth(2).locator("img")).to_have_attribute("src", "/wall/snapshot/gw-road/p.2")
    expect(tiles.nth(2)).not_to_contain_text("Snapshot")
