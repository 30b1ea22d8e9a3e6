"""A screen that nobody touches: the real page in a real browser, let in over a real database."""

import itertools

import pytest
from playwright.sync_api import expect

from tests.screen import LOOKS
from tests.small_city import city
from tests.wall.guarded import Guarded
from tests.wall.scripted import Stage, alert
from tests.wall.test_page import all_heard, assert_soon

NO_MAP = {"type": "FeatureCollection", "features": []}
MINUTE_MS = 60_000
FOUR_US = 1_795_550_400_000_000
"""2026-11-25 04:00 in Jiangyan."""


@pytest.fixture
def guarded(own_database_url):
    one = Guarded(city(), NO_MAP, own_database_url)
    yield one
    one.end()


def forgive(screen, *words):
    """Forget what the browser itself writes for an answer that was expected."""
    screen.complaints[:] = [
        one for one in screen.complaints if not any(word in one for word in words)
    ]


def reason(page, name):
    expect(page.locator(f"main[data-reason={name}]")).to_be_visible(timeout=20_000)
    assert page.locator("script").count() == 0
    assert page.evaluate(
        "[document.documentElement.scrollWidth <= innerWidth,"
        " document.documentElement.scrollHeight <= innerHeight]"
    ) == [True, True]


# -- the door -----------------------------------------------------------------------------------


def test_a_screen_without_token_gets_the_plain_page_and_with_one_the_wall(guarded, look):
    screen = look(guarded)
    page = screen.page
    page.goto(guarded.url)
    reason(page, "missing")
    page.goto(f"{guarded.url}?token=wrong")
    reason(page, "wrong")
    screen.open(f"?lang=en&token={guarded.token()}")
    assert page.url == f"{guarded.url}?lang=en"
    assert page.evaluate("document.cookie") == ""  # no script may read it
    assert_soon(page, "document.documentElement.classList.contains('kiosk')", True)
    page.reload()
    expect(page.locator("#alert-none")).to_be_visible()
    forgive(screen, "403")


def test_a_wall_that_is_revoked_says_so_and_comes_back_by_another_address(guarded, look):
    screen = look(guarded)
    page = screen.open(f"?token={guarded.token()}")
    assert_soon(page, "ioc.link.isOpen", True)
    guarded.revoke()
    reason(page, "revoked")
    screen.open(f"?token={guarded.token()}")
    assert_soon(page, "ioc.link.isOpen", True)
    forgive(screen, "403")


def test_the_older_of_two_browsers_says_that_another_one_came(guarded, look):
    token = guarded.token()
    screen = look(guarded)
    page = screen.open(f"?token={token}")
    assert_soon(page, "ioc.link.isOpen", True)
    other = look(guarded)
    newer = other.open(f"?token={token}")
    reason(page, "elsewhere")
    assert_soon(newer, "ioc.link.isOpen", True)
    forgive(screen, "403")


def test_a_door_that_shuts_again_is_not_knocked_at_for_a_minute(guarded, look):
    screen = look(guarded)
    screen.page.clock.install()
    page = screen.open(f"?token={guarded.token()}")
    assert_soon(page, "ioc.link.isOpen", True)
    page.clock.pause_at(page.evaluate("Date.now()") / 1000 + 1)
    page.clock.run_for(5_500)  # it asks who it is a second time where the line came late
    page.evaluate("sessionStorage.setItem('refusedAt', Date.now())")
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("websocket", lambda line: asked.append(line.url))
    guarded.revoke()
    assert_soon(page, "ioc.link.isOpen", False)
    page.clock.run_for(55_000)
    expect(page.locator("#banner")).to_contain_text("与服务器失去连接")
    assert asked == []
    page.clock.run_for(10_000)
    reason(page, "revoked")
    forgive(screen, "403")


def test_a_wall_lives_on_without_database_and_a_new_one_waits(guarded, look):
    screen = look(guarded)
    token = guarded.token("other")
    page = screen.open(f"?token={guarded.token()}")
    assert_soon(page, "ioc.link.isOpen", True)
    with guarded.database_away():
        page.reload()
        assert_soon(page, "window.ioc?.link?.isOpen", True)
        late = look(guarded)
        late.page.goto(f"{guarded.url}?token={token}")
        reason(late.page, "unchecked")
    expect(late.page.locator("#alert-none")).to_be_visible(timeout=30_000)
    forgive(late, "503")


# -- nothing to touch ---------------------------------------------------------------------------


def is_kiosk(page):
    assert_soon(page, "document.documentElement.classList.contains('kiosk')", True)


def test_no_cursor_no_scrollbar_no_selection_no_menu(stage, look):
    stage.second()
    page = look(stage).open("?kiosk=1")
    is_kiosk(page)
    assert page.evaluate(
        "[...new Set([...document.querySelectorAll('*')].map(e => getComputedStyle(e).cursor))]"
    ) == ["none"]
    page.keyboard.press("Control+A")
    assert page.evaluate("getSelection().toString()") == ""
    assert page.evaluate(
        "document.body.dispatchEvent("
        "new MouseEvent('contextmenu', {bubbles: true, cancelable: true}))"
    ) is False  # fmt: skip
    page.set_viewport_size({"width": 900, "height": 1200})
    assert page.evaluate(
        "[document.documentElement, document.body].map(e => e.offsetWidth)"
    ) == [900, 900]  # fmt: skip


def test_without_token_or_wish_a_page_is_no_kiosk(stage, look):
    stage.second()
    page = look(stage).open()
    assert_soon(page, "ioc.build", "build-1")
    assert page.evaluate("document.documentElement.className") == ""
    assert page.evaluate("getComputedStyle(document.body).cursor") == "auto"


# -- burn-in ------------------------------------------------------------------------------------

PLACE = (
    "(() => { const b = document.getElementById('wall').getBoundingClientRect();"
    " return [b.left, b.top, innerWidth - b.right, innerHeight - b.bottom]; })()"
)


@pytest.mark.parametrize("motion", ["no-preference", "reduce"])
def test_the_picture_wanders_by_single_pixels_and_stays_within_its_margin(stage, look, motion):
    screen = look(stage, reduced_motion=motion)
    screen.page.clock.install()
    stage.second()
    page = screen.open("?kiosk=1")
    page.clock.pause_at(page.evaluate("Date.now()") / 1000 + 1)
    stage.close()  # no frame sets its clock; a wall that lost its server must not burn in either
    places = []
    for _ in range(60):
        page.clock.fast_forward(MINUTE_MS)
        places.append(page.evaluate(PLACE))
    assert min(min(place) for place in places) >= 0
    assert {(left + right, top + bottom) for left, top, right, bottom in places} == {(12, 12)}
    assert max(place[0] for place in places) == 12
    assert min(place[0] for place in places) == 0
    assert max(place[1] for place in places) - min(place[1] for place in places) >= 6
    moves = [
        max(abs(after[0] - before[0]), abs(after[1] - before[1]))
        for before, after in itertools.pairwise(places)
    ]
    assert max(moves) <= 2  # a minute's step, and a timer that came late once
    assert sum(moves) >= 50
    assert page.evaluate("document.getAnimations().length") == 0
    stage.open("build-1")
    forgive(screen, "WebSocket", "ERR_CONNECTION_REFUSED")


@pytest.mark.parametrize(
    ("width", "height"),
    [(1920, 1080), (3840, 2160), (5760, 1080), (7680, 1080), (1366, 768)],
)
def test_the_smaller_picture_cuts_nothing_off(district, look, width, height):
    all_heard(district)
    page = look(district, width, height).open("?kiosk=1")
    is_kiosk(page)
    assert page.evaluate(
        "[document.documentElement.scrollWidth, document.documentElement.scrollHeight]"
    ) == [width, height]
    assert (
        page.evaluate(
            "[...document.querySelectorAll('.panel, .domain-figures, .bar, .open, .keys')]"
            ".filter(e => e.scrollWidth > e.clientWidth + 1 || e.scrollHeight > e.clientHeight + 1)"
            ".map(e => e.id || e.className)"
        )
        == []
    )
    assert page.evaluate(f"{PLACE}.every(free => free >= 0)")


# -- a fresh page each night --------------------------------------------------------------------


HOUR_US = 3_600_000_000
DAY_US = 24 * HOUR_US


class Night:
    """A kiosk and its wall, whose clocks stand still and are put forward together."""

    def __init__(self, stage, screen):
        self.stage, self.page = stage, screen.page
        stage.now_us = FOUR_US - 8 * HOUR_US
        self.page.add_init_script("Math.random = () => 0")  # the first moment of the window
        self.page.clock.install(time=stage.now_us / 1e6)
        stage.second()
        screen.open("?kiosk=1")
        assert_soon(self.page, "ioc.link.isOpen", True)
        self.page.clock.pause_at(self.page.evaluate("Date.now()") / 1000 + 1)
        self.draw()
        self.asked = []
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.evaluate("window.before = true")

    def draw(self):
        """Let the charts find their library; they ask for it by timers."""
        for _ in range(LOOKS):
            self.page.clock.run_for(50)
            if self.page.evaluate("document.querySelectorAll('.graph .main-svg').length >= 4"):
                return
            self.page.wait_for_timeout(20)
        pytest.fail("the charts are not drawn")

    def come_to(self, time_us):
        """Put both clocks forward, and let the page find its line again."""
        self.page.clock.fast_forward(time_us // 1000 - self.page.evaluate("Date.now()"))
        self.stage.now_us = time_us - 1_000_000
        for _ in range(LOOKS):
            self.page.clock.run_for(200)
            self.stage.second(0.2)
            if self.page.evaluate("ioc.link.isOpen && ioc.link.lastFrameMs() > Date.now() - 1000"):
                return
            self.page.wait_for_timeout(10)  # its time must not outrun the line it tries
        pytest.fail("the line did not come back")

    def tick(self):
        self.stage.second()
        self.page.clock.run_for(1000)

    def is_loaded_anew(self):
        self.asked.clear()
        self.tick()
        for _ in range(LOOKS):
            try:
                if self.page.evaluate("window.before === undefined && !!window.ioc?.link?.isOpen"):
                    self.page.evaluate("window.before = true")
                    self.draw()
                    return True
                if self.stage.url + "?kiosk=1" not in self.asked:
                    return False
            except Exception:
                pass  # the page is on its way
            self.page.wait_for_timeout(25)
        pytest.fail("it asked for the page and did not load it")


@pytest.fixture
def night(look):
    stages = []

    def begin(from_min, until_min):
        stage = Stage(city(), NO_MAP, reload_minutes=(from_min, until_min))
        stages.append(stage)
        return Night(stage, look(stage))

    yield begin
    for stage in stages:
        stage.end()


def test_the_page_is_loaded_anew_once_each_night(night):
    one = night(240, 600)
    one.come_to(FOUR_US - 60_000_000)
    assert not one.is_loaded_anew()
    one.come_to(FOUR_US + 1_000_000)
    assert one.is_loaded_anew()
    one.come_to(FOUR_US + 2 * HOUR_US)  # still within, and the page is old enough
    assert not one.is_loaded_anew()
    one.come_to(FOUR_US + DAY_US - 60_000_000)
    assert not one.is_loaded_anew()
    one.come_to(FOUR_US + DAY_US + 60_000_000)
    assert one.is_loaded_anew()


def test_a_quiet_hour_over_midnight_is_one_night(night):
    one = night(23 * 60 + 30, 120)
    midnight_us = FOUR_US - 4 * HOUR_US
    one.come_to(midnight_us - HOUR_US)
    assert not one.is_loaded_anew()
    one.come_to(midnight_us - 60_000_000)
    assert one.is_loaded_anew()
    one.come_to(midnight_us + 90 * 60_000_000)  # another date, the same night
    assert not one.is_loaded_anew()


def test_no_page_is_loaded_anew_while_a_p1_waits(night):
    one = night(240, 270)
    one.stage.alerts(alert("grave", 0, severity="red"), alert("lighter", 0, severity="orange"))
    one.come_to(FOUR_US + 60_000_000)
    assert not one.is_loaded_anew()
    one.stage.alerts(
        alert("grave", 0, severity="red", acknowledged=True, handled=1),
        alert("drilled", 0, severity="red", drill=True),
    )
    assert one.is_loaded_anew()


def test_no_page_is_loaded_anew_where_that_is_switched_off(night):
    one = night(240, 240)
    one.come_to(FOUR_US + 60_000_000)
    assert not one.is_loaded_anew()


def test_no_page_is_loaded_anew_while_nothing_is_heard(night):
    one = night(240, 270)
    one.come_to(FOUR_US - 5_000_000)
    one.asked.clear()
    one.page.clock.run_for(6500)  # past four, and no frame came for six seconds
    assert one.asked == []
    assert one.is_loaded_anew()


# -- for ever -----------------------------------------------------------------------------------


def test_sixty_failures_in_a_row_is_survived(stage, look):
    screen = look(stage)
    screen.page.clock.install()
    all_heard(stage)
    page = screen.open("?kiosk=1")
    assert_soon(page, "ioc.link.isOpen", True)
    page.clock.pause_at(page.evaluate("Date.now()") / 1000 + 1)
    tries = []
    page.on("websocket", lambda line: tries.append(line.url))
    stage.close()
    for _ in range(2000):
        page.clock.run_for(1000)
        page.wait_for_timeout(5)  # lets the refusals come in
        if len(tries) >= 60:
            break
    assert len(tries) >= 60
    expect(page.locator("#banner")).to_contain_text("与服务器失去连接")
    stage.open("build-1")
    all_heard(stage)
    for _ in range(100):
        page.clock.run_for(1000)
        if page.evaluate("ioc.link.isOpen"):
            break
        page.wait_for_timeout(500)  # its time must not outrun the line it tries
    stage.second()
    page.clock.run_for(1000)
    expect(page.locator("#banner")).to_be_empty()
    forgive(screen, "WebSocket", "ERR_CONNECTION_REFUSED")
