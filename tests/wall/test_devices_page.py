"""设备: counts and lists against what was said, and the page that shows them."""

import asyncio

import msgspec
import pytest
from playwright.sync_api import expect

from ioc_dashboard.sections.devices import DevicesSection
from storage.conformance import Conformance, Deviation
from tests.small_city import BRIDGE, PONDING, SPEED, city
from tests.wall.scripted import NOON_US, ScriptedWorld, heard
from tests.wall.test_hub import hub_at
from tests.wall.test_sections import now_of

SECOND = 1_000_000


def section_over(world=None, rows=(), after_s=1):
    """Return the section and the present in which these readings were heard."""
    hub = hub_at()
    hub.take_record(heard(list(rows)))
    hub._silent = hub._state.silent_devices(NOON_US + after_s * SECOND)
    section = DevicesSection(city())
    if world is not None:
        asyncio.run(section.refresh(world, NOON_US))
    return section, now_of(hub, NOON_US + after_s * SECOND)


def test_towns_and_gateways_count_who_is_heard():
    section, now = section_over(rows=[(BRIDGE, NOON_US, 3.5, 0), (SPEED, NOON_US, 40.0, 0)])
    told = section.show(now)
    # North has the lock's gauge, which was never heard; south misses its camera only.
    assert [(one.town, one.devices, one.silent) for one in told.towns] == [
        (0, [1, 0, 0, 0], [1, 0, 0, 0]),
        (1, [1, 0, 1, 1], [0, 0, 0, 1]),
    ]
    assert [(one.id, one.devices, one.silent) for one in told.gateways] == [
        ("gw-lock", 1, 1),
        ("gw-road", 2, 1),
        ("gw-bridge", 1, 0),
    ]
    assert (told.gateways_total, told.gateways_silent) == (3, 1)
    assert told.gateways[0].newest_ms is None
    assert told.gateways[2].newest_ms == NOON_US // 1000


def test_the_longest_silent_stand_first_and_never_heard_before_them():
    section, now = section_over(
        rows=[
            (SPEED, NOON_US, 40.0, 0),
            (PONDING, NOON_US - 50 * SECOND, 0.1, 0),
            (BRIDGE, NOON_US + 9000 * SECOND, 1.0, 0),
        ],
        after_s=9000,
    )
    told = section.show(now)
    names = list(city().devices)
    assert [names[one.device] for one in told.silent] == ["lock-gauge", "camera", "radar"]
    assert told.silent[0].newest_ms is None
    assert told.silent_total == 3


def test_before_the_database_has_said_nothing_is_known():
    section, now = section_over()
    told = section.show(now)
    assert (told.scores, told.strangers) == (None, None)


def test_scores_are_lowest_first_and_only_of_deviant_devices():
    world = ScriptedWorld()
    world.found = [
        Conformance("gw-road", "radar", 200, 8, {"crc-mismatch": Deviation(9, "x")}),
        Conformance("gw-road", "camera", 100, 0, {}),
        Conformance("gw-lock", "lock-gauge", 1000, 500, {"garbage": Deviation(500, "x")}),
        Conformance("gw-lock", "WX-1", 0, 3, {"truncated": Deviation(3, "x")}),
    ]
    section, now = section_over(world)
    told = section.show(now).scores
    assert [(one.id, one.score) for one in told] == [
        ("lock-gauge", 50.0),
        ("radar", 96.0),
        ("WX-1", None),
    ]
    assert told[2].zh == "船闸网关 WX-1"
    assert told[1].findings == [("crc-mismatch", 9)]


def test_who_stands_in_no_registry_is_a_stranger():
    world = ScriptedWorld()
    world.introduced = [("gw-road", "radar"), ("gw-road", "WX-1"), ("gw-new", "radar")]
    section, now = section_over(world)
    assert section.show(now).strangers == 2


def test_the_section_is_small_for_a_district(jiangyan):
    catalogue, _ = jiangyan
    hub = hub_at()
    section = DevicesSection(catalogue)
    from ioc_dashboard.state import LatestValues

    state = LatestValues(catalogue)
    now = now_of(hub, NOON_US)
    told = section.show(
        type(now)(NOON_US, state, state.believable(NOON_US), state.silent_devices(NOON_US), [])
    )
    assert told.silent_total == len(catalogue.devices)
    assert len(msgspec.json.encode(told)) < 20_000


@pytest.fixture
def page_of(look):
    def open_page(stage, query="?page=devices"):
        screen = look(stage)
        screen.page.goto(stage.url + query)
        screen.page.locator("#gateway-list > li").first.wait_for()
        return screen.page

    return open_page


def test_the_page_shows_them_and_ages_grow(district, page_of):
    quiet = list(district.city.devices)[3]
    district.world.introduced = [("gw-new", "WX-1")]
    district.hear(
        [
            (one.slot, district.now_us, 1.0, 0)
            for one in district.city.datastreams
            if one.device != quiet
        ]
    )
    district.second()
    page = page_of(district)
    total = len(district.city.devices)
    expect(page.locator("#devices-sum")).to_contain_text(f"{total - 1}/{total}")
    expect(page.locator("#silent-list > li")).to_have_count(1)
    expect(page.locator("#silent-list .name")).to_have_text(district.city.devices[quiet].name[0])
    expect(page.locator("#silent-list .age")).to_have_text("无数据")
    expect(page.locator("#town-devices .missing")).to_have_count(1)
    expect(page.locator("#score-list")).to_be_hidden()
    district.hear(
        [
            (one.slot, district.now_us, 1.0, 0)
            for one in district.city.datastreams
            if one.device == quiet
        ]
    )
    for _ in range(3):
        district.second()
    expect(page.locator("#devices-silent .empty")).to_have_text("全部设备有数据")


def test_turning_to_a_page_loads_nothing_and_is_in_the_address(stage, look):
    stage.second()
    page = look(stage).open()
    requests = []
    page.on("request", lambda one: requests.append(one.url))
    page.locator(".tab[data-page=devices]").click()
    expect(page.locator("#devices-towns")).to_be_visible()
    expect(page.locator(".summary")).to_be_hidden()
    assert "page=devices" in page.url
    # Chromium asks for the icon again whenever the address changes.
    assert [one for one in requests if not one.endswith("/icon.svg")] == []
    page.locator("#language").click()
    expect(page.locator("#devices-towns h2")).to_have_text("Online by town")
