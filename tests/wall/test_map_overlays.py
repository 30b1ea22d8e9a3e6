"""What lies over the ground of the map: heat, low places, states of road segments."""

import math
import re

import pytest
from playwright.sync_api import expect

from devices import Quality
from devices.geo import distance_km
from tests.wall.test_page import all_heard, assert_soon, slots_of

HAN = re.compile(r"[\u3400-\u9fff]")
SHOWN = "Object.keys(ioc.mapState().overlays)"


def opened(district, look, query="", **options):
    all_heard(district)
    return look(district, **options).open_map(query)


def seconds(stage, page):
    """Let a second pass and wait until the page has it."""
    stage.second()
    seen = stage.now_us // 1000
    assert_soon(page, f"ioc.now() >= {seen}", True)


# -- which


@pytest.mark.parametrize(
    ("page_name", "overlays"),
    [("overview", []), ("flood", ["rain", "catchment"]), ("air", ["pm25"]),
     ("traffic", ["traffic"]), ("devices", [])],
)  # fmt: skip
def test_each_page_has_its_own(district, look, page_name, overlays):
    page = opened(district, look)
    page.evaluate(f"ioc.showPage('{page_name}')")
    assert page.evaluate(SHOWN) == overlays
    legends = page.locator(".overlay-legend")
    # In the order of their keys.
    assert sorted(legends.evaluate_all("all => all.map(one => one.dataset.overlay)")) == sorted(
        overlays
    )


def test_keys_and_buttons_switch_and_the_choice_stays_with_its_page(district, look):
    page = opened(district, look, "?page=flood")
    page.keyboard.press("c")
    assert page.evaluate(SHOWN) == ["rain"]
    page.keyboard.press("m")  # one heat takes the other's place
    assert page.evaluate(SHOWN) == ["pm25"]
    page.locator("#map-overlays [data-overlay=catchment]").click()
    assert page.evaluate(SHOWN) == ["pm25", "catchment"]
    pressed = page.locator("#map-overlays [aria-pressed=true]")
    assert pressed.evaluate_all("all => all.map(one => one.dataset.overlay)") == [
        "pm25", "catchment",
    ]  # fmt: skip
    page.evaluate("ioc.showPage('air')")
    assert page.evaluate(SHOWN) == ["pm25"]
    page.evaluate("ioc.showPage('flood')")
    assert page.evaluate(SHOWN) == ["pm25", "catchment"]


def test_keys_do_nothing_where_there_is_no_map(district, look):
    page = opened(district, look, "?page=cameras")
    page.keyboard.press("r")
    assert page.evaluate(SHOWN) == []


@pytest.mark.parametrize(("asked", "overlays"), [("pm25", ["pm25"]), ("none", [])])
def test_the_address_says_it_for_a_screen_that_nobody_touches(district, look, asked, overlays):
    page = opened(district, look, f"?page=flood&overlay={asked}")
    assert page.evaluate(SHOWN) == overlays


# -- heat


def heat_at(page, lat, lon):
    return page.evaluate(f"ioc.heatAt('rain', {lat}, {lon})")


def by_hand(city, values, lat, lon):
    """Return Shepard's mean over the ground, in the obvious way; None where no station is near."""
    terms = []
    for slot, value in values.items():
        place = city.place_of(slot)
        km = float(distance_km(lon, lat, place.lon, place.lat))
        if km <= 8:
            terms.append((1 / max(km, 0.3) ** 2, value))
    return sum(w * v for w, v in terms) / sum(w for w, _ in terms) if terms else None


def test_rain_between_stations_is_their_mean_by_inverse_distance(district, look):
    rain = slots_of(district, "rain_1h")
    values = {slot: 2.0 + 3 * math.sin(at) for at, slot in enumerate(rain)}
    all_heard(district)
    district.hear([(slot, district.now_us, value, 0) for slot, value in values.items()])
    district.second()
    page = look(district).open_map("?page=flood")
    values = {slot: round(value, 2) for slot, value in values.items()}  # as frames have it
    for lat, lon in [(32.5, 120.15), (32.6, 120.05), (32.42, 120.2)]:
        # Flat on the map and round on the globe differ by a few metres in a kilometre.
        expected = by_hand(district.city, values, lat, lon)
        assert heat_at(page, lat, lon) == pytest.approx(expected, rel=0.01)
    # At a station its own value weighs most.
    at = district.city.place_of(rain[0])
    assert heat_at(page, at.lat, at.lon) == pytest.approx(
        by_hand(district.city, values, at.lat, at.lon), rel=0.01
    )


def test_far_from_all_stations_nothing_is_known(district, look):
    page = opened(district, look, "?page=flood")
    assert heat_at(page, 33.2, 120.1) is None


def test_what_is_doubtful_or_silent_counts_for_nothing(district, look):
    rain = slots_of(district, "rain_1h")
    good, suspect, *_ = rain
    district.hear([(good, district.now_us, 7.0, 0), (suspect, district.now_us, 90.0,
                                                     Quality.SUSPECT)])  # fmt: skip
    district.second()
    page = look(district).open_map("?page=flood")
    place = district.city.place_of(suspect)
    assert heat_at(page, place.lat, place.lon) == pytest.approx(7.0)
    assert_soon(page, "ioc.mapState().overlays.rain.stations", 1)
    note = page.locator(".overlay-legend[data-overlay=rain] .note")
    expect(note).to_have_text(re.compile(r"^1 站反距离加权（示意），最新 .+ 前$"))
    district.second(10 * 60)
    assert_soon(page, "ioc.mapState().overlays.rain.stations", 0)
    expect(note).to_have_text("无可信数据")
    assert heat_at(page, place.lat, place.lon) is None


def test_heat_is_computed_only_when_a_value_has_changed(district, look):
    rain = slots_of(district, "rain_1h")[0]
    page = opened(district, look, "?page=flood")
    computed = "ioc.mapState().overlays.rain.computed"
    assert_soon(page, f"{computed} > 0", True)
    before = page.evaluate(computed)
    for _ in range(3):
        district.hear([(rain, district.now_us, 1.0, 0)])  # says the same again
        seconds(district, page)
    assert page.evaluate(computed) == before
    district.hear([(rain, district.now_us, 33.0, 0)])
    seconds(district, page)
    assert_soon(page, computed, before + 1)


# -- low places


def low(page, name):
    told = page.evaluate("ioc.mapState().overlays.catchment")
    return next(one for one in told if one["name"] == name)


UNDERPASS = "Renmin Road Railway Underpass"


@pytest.mark.parametrize(
    ("depth_m", "quality", "state"),
    [(0.14, 0, "dry"), (0.15, 0, "caution"), (0.26, 0, "caution"), (0.27, 0, "closed"),
     (0.9, Quality.SUSPECT, "unknown")],
    ids=["below-caution", "at-caution", "below-closed", "at-closed", "suspect"],
)  # fmt: skip
def test_a_low_place_has_the_state_of_its_deepest_gauge(district, look, depth_m, quality, state):
    mine = [
        slot
        for slot in slots_of(district, "water_depth")
        if district.city.place_of(slot).name[1] == UNDERPASS
    ]
    shallow = 0.02 if quality == 0 else depth_m
    all_heard(district)
    district.hear(
        [(slot, district.now_us, depth_m if at == 0 else shallow, quality)
         for at, slot in enumerate(mine)]
    )  # fmt: skip
    district.second()
    page = look(district).open_map("?page=flood")
    assert_soon(page, "Boolean(ioc.mapState().overlays.catchment)", True)
    found = low(page, UNDERPASS)
    assert found["state"] == state
    assert found["depth_m"] == (None if state == "unknown" else depth_m)
    labels = page.evaluate("ioc.lowLabels().map((one) => one.said)")
    mine = [one for one in labels if one.startswith("人民路铁路下穿立交")]
    if state in ("caution", "closed"):
        assert re.fullmatch(rf"人民路铁路下穿立交 {depth_m:.2f} m · .+ 前", mine[0])
    else:
        assert mine == []


def test_a_low_place_counts_the_pumps_that_run_of_those_that_are_known(district, look):
    all_heard(district)
    pumps = [slot for slot in slots_of(district, "pump_power")
             if district.city.place_of(slot).name[1] == "Tanghe Pump Station"]  # fmt: skip
    powers = [5.0, 4.9, 80.0, 80.0]
    qualities = [0, 0, 0, Quality.FAULT]
    district.hear(
        [
            (slot, district.now_us, power, quality)
            for slot, power, quality in zip(pumps, powers, qualities, strict=True)
        ]
    )
    district.second()
    page = look(district).open_map("?page=flood")
    assert_soon(page, "Boolean(ioc.mapState().overlays.catchment)", True)
    found = low(page, UNDERPASS)["pumps"]
    assert (found["name"], found["running"], found["known"], found["sets"]) == (
        "Tanghe Pump Station", 2, 3, 4,
    )  # fmt: skip
    page.evaluate("ioc.openCard({ low: 0 }, 'click')")
    card = page.locator("#map-card")
    expect(card.locator(".pumps")).to_have_text(
        re.compile(r"汤河排涝站 · 运行 2/3 台（共 4 台） · .+ 前")
    )
    expect(card.locator("tr")).to_have_count(4)  # two gauges, level, rain


def test_a_click_on_a_low_place_tells_of_it_only_while_it_is_shown(district, look):
    page = opened(district, look, "?page=flood")
    x, y = page.evaluate("(({ x, y }) => [x, y])(ioc.lowPlace(9))")
    page.locator("#map").click(position={"x": x, "y": y})
    assert page.evaluate("ioc.mapState().card") == {"low": 9, "by": "click"}
    page.keyboard.press("Escape")
    page.keyboard.press("c")
    page.locator("#map").click(position={"x": x, "y": y})
    assert "device" in page.evaluate("ioc.mapState().card")


# -- traffic


def test_road_segments_have_the_classes_of_the_page_traffic(district, look):
    city = district.city
    segments = [
        slot for slot in slots_of(district, "speed") if city.place_of(slot).kind == "road_segment"
    ]
    limits = city.datastreams[segments[1]].limits
    all_heard(district)
    free = [(slot, district.now_us, 90.0, 0) for slot in segments]
    district.hear(free)
    district.hear([
        (segments[1], district.now_us, limits["slow"], 0),
        (segments[2], district.now_us, city.datastreams[segments[2]].limits["jammed"], 0),
        (segments[3], district.now_us, 9.0, Quality.SUSPECT),
    ])  # fmt: skip
    district.second()
    page = look(district).open_map("?page=traffic")
    assert_soon(page, f"ioc.mapState().overlays.traffic.states.length === {len(segments)}", True)
    states = page.evaluate("ioc.mapState().overlays.traffic.states")
    told = {one["slot"]: one["state"] for one in states}
    assert [told[slot] for slot in segments[:4]] == [0, 1, 3, -1]
    note = page.locator(".overlay-legend[data-overlay=traffic] .note")
    expect(note).to_have_text(re.compile(r"路段位置示意，最新 .+ 前"))


# -- words


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("?page=flood", ["1 小时雨量 mm", "低洼与排涝", "封闭", "慢行", "可通行", "无数据",
                         "排涝泵站", "水位站", "雨量", "归属按同镇就近（示意）"]),
        ("?page=flood&lang=en", ["Rain of 1 h, mm", "Low places and drainage", "closed", "caution",
                                 "open", "no data", "Pump station", "Level gauge", "Rain",
                                 "Belonging: nearest in the same town, schematic"]),
        ("?page=air", ["PM2.5 µg/m³"]),
        ("?page=air&lang=en", ["PM2.5, µg/m³"]),
        ("?page=traffic", ["路段路况", "畅通", "缓行", "拥堵", "严重拥堵"]),
        ("?page=traffic&lang=en", ["Road segments", "Free", "Slow", "Congested", "Jammed"]),
    ],
)  # fmt: skip
def test_the_legend_of_an_overlay_says_every_sign(district, look, query, said):
    page = opened(district, look, query)
    legends = page.locator("#map-overlay-legends")
    for one in said:
        expect(legends).to_contain_text(one)
    if "lang=en" in query:
        assert not HAN.search(legends.inner_text())
        assert not HAN.search(page.locator("#map-overlays").inner_text())


CORNERS = [
    "#legend", "#map-overlays", "#map-overlay-legends", "#map-note", ".leaflet-control-scale",
]  # fmt: skip


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize(
    ("width", "height"),
    [(1366, 768), (1920, 1080), (3840, 2160), (3840, 1080), (5760, 1080), (7680, 1080), (390, 844)],
)
def test_what_stands_in_the_corners_covers_nothing(district, look, width, height, language):
    district.move([("c1", 120.1, 32.5, "idle", district.now_us)])
    page = opened(district, look, f"?page=flood&lang={language}", width=width, height=height)
    expect(page.locator("#legend")).to_contain_text("队伍" if language == "zh" else "Crew")
    boxes = page.evaluate(
        """(names) => names.map((name) => {
            const box = document.querySelector(name).getBoundingClientRect();
            return [name, box.left, box.top, box.right, box.bottom];
        })""",
        [*CORNERS, ".map-panel"],
    )
    *corners, (_, left, top, right, bottom) = boxes
    out = [
        one[0]
        for one in corners
        if one[1] < left or one[2] < top or one[3] > right or one[4] > bottom
    ]
    covered = [
        (a[0], b[0])
        for at, a in enumerate(corners)
        for b in corners[at + 1 :]
        if a[1] < b[3] and b[1] < a[3] and a[2] < b[4] and b[2] < a[4]
    ]
    assert (out, covered) == ([], [])
