"""A new P1 takes the map there, shows its card, and lets it go again."""

import pytest
from playwright.sync_api import expect

from tests.small_city import BRIDGE, LOCK, SPEED
from tests.wall.scripted import alert
from tests.wall.test_page import all_heard, assert_soon

PLACES = {"bridge": (32.40, 120.10), "lock": (32.60, 120.10)}


@pytest.fixture
def still(stage, look):
    """Open a wall whose clock passes as the test says."""
    screens = []

    def open_page(query="", **options):
        all_heard(stage)
        screen = look(stage, **options)
        screens.append(screen)
        screen.page.clock.install()
        page = screen.open_map(query)
        page.clock.pause_at(page.evaluate("Date.now()") / 1000 + 1)
        # On a busy machine the line was taken for dead while the page opened: it comes again.
        for _ in range(80):
            if page.evaluate("ioc.link.isOpen"):
                break
            page.clock.run_for(250)
        stage.second(60)  # a minute of theirs, more than the page took
        return page

    yield open_page
    # While its clock runs a minute in a moment the page takes the line for dead, and comes again.
    for screen in screens:
        screen.complaints[:] = [one for one in screen.complaints if "WebSocket" not in one]


def view(page):
    return page.evaluate("ioc.mapState().view")


def focus(page):
    return page.evaluate("ioc.mapState().focus?.alert ?? null")


def told(page, name):
    expect(page.locator(f"[data-alert-id={name}]")).to_be_visible()
    page.clock.run_for(50)


def test_the_map_flies_there_shows_the_card_and_goes_back(stage, still):
    page = still()
    home = view(page)
    assert home["isHome"]
    stage.alerts(alert("a", BRIDGE, severity="red"))
    told(page, "a")
    assert view(page)["isMoving"]
    assert focus(page) == "a"
    card = page.locator("#map-card")
    expect(card.locator("h2")).to_have_text("大桥水位计")
    page.clock.run_for(5_000)
    there = view(page)
    assert not there["isMoving"]
    assert there["zoom"] > home["zoom"] + 1
    assert there["centre"] == pytest.approx(PLACES["bridge"], abs=0.005)
    page.clock.run_for(25_000)
    assert focus(page) is None
    expect(card).to_be_hidden()
    assert view(page) == {
        **home,
        "centre": pytest.approx(home["centre"], abs=1e-3),
        "zoom": pytest.approx(home["zoom"], abs=1e-3),
    }


def test_with_reduced_motion_it_jumps(stage, still):
    page = still(reduced_motion="reduce")
    home = view(page)
    stage.alerts(alert("a", BRIDGE, severity="red"))
    told(page, "a")
    there = view(page)
    assert not there["isMoving"]
    assert there["zoom"] > home["zoom"] + 1
    assert there["centre"] == pytest.approx(PLACES["bridge"], abs=0.005)


def test_a_pinned_page_stays(stage, still):
    page = still("?pin=1")
    home = view(page)
    stage.alerts(alert("a", BRIDGE, severity="red"))
    told(page, "a")
    assert (view(page), focus(page)) == (home, None)


@pytest.mark.parametrize(
    "more",
    [
        {"severity": "orange"},
        {"severity": "red", "acknowledged": True},
        {"severity": "red", "drill": True},
    ],
    ids=["P2", "acknowledged", "drill"],
)
def test_only_a_p1_that_waits_moves_the_map(stage, still, more):
    page = still()
    stage.alerts(alert("a", BRIDGE, **more))
    told(page, "a")
    assert (view(page)["isHome"], focus(page)) == (True, None)


def test_what_was_there_when_the_page_began_is_not_new(stage, still):
    stage.alerts(alert("a", BRIDGE, severity="red"))
    page = still()
    told(page, "a")
    assert focus(page) is None


def test_a_second_one_waits_for_its_turn(stage, still):
    page = still(reduced_motion="reduce")
    stage.alerts(alert("a", BRIDGE, severity="red"))
    told(page, "a")
    stage.alerts(alert("b", LOCK, severity="red"))
    told(page, "b")
    assert focus(page) == "a"
    page.clock.run_for(21_000)
    assert focus(page) == "b"
    assert view(page)["centre"] == pytest.approx(PLACES["lock"], abs=0.005)


def test_one_that_waits_and_is_acknowledged_is_passed_over(stage, still):
    page = still(reduced_motion="reduce")
    stage.alerts(alert("a", BRIDGE, severity="red"))
    told(page, "a")
    stage.alerts(alert("b", LOCK, severity="red"))
    told(page, "b")
    stage.alerts(alert("b", LOCK, severity="red", acknowledged=True, handled=1))
    expect(page.locator("[data-alert-id=b] .state")).to_have_text("已确认")
    page.clock.run_for(21_000)
    assert (focus(page), view(page)["isHome"]) == (None, True)


def test_when_it_is_everywhere_the_whole_district_is_shown(stage, still):
    page = still(reduced_motion="reduce")
    stage.alerts(*(alert(f"a{n}", SPEED, severity="red", domain="traffic") for n in range(5)))
    told(page, "a0")
    assert (focus(page), view(page)["isHome"]) == (None, True)


def test_who_has_the_map_in_hand_keeps_it(stage, still):
    page = still(reduced_motion="reduce")
    page.locator("#map").click(position={"x": 300, "y": 20})
    stage.alerts(alert("a", BRIDGE, severity="red"))
    told(page, "a")
    assert (focus(page), view(page)["isHome"]) == (None, True)


def test_a_page_without_a_map_is_left_alone(stage, still):
    page = still("?page=cameras", reduced_motion="reduce")
    stage.alerts(alert("a", BRIDGE, severity="red"))
    # Its list takes the row when it is shown.
    assert_soon(page, "ioc.mapState().marks.length", 1)
    page.clock.run_for(1_000)
    assert focus(page) is None


def test_turning_to_its_page_keeps_the_map_on_it(stage, still):
    page = still("?turn=overview,devices&every=30", reduced_motion="reduce")
    stage.alerts(alert("a", BRIDGE, severity="red"))
    expect(page.locator(".tab[data-page=flood]")).to_have_attribute("aria-pressed", "true")
    page.clock.run_for(1_000)
    assert focus(page) == "a"
    assert view(page)["centre"] == pytest.approx(PLACES["bridge"], abs=0.005)
