"""What is behind a number and behind an alert, from a real database, for whoever clicks."""

import json
import time

import psycopg
import pytest
from playwright.sync_api import expect

from devices.record import columns
from ioc_dashboard.history import DatabaseHistory
from storage import handling
from storage.commit import Stretch, commit
from storage.queries import alerts_by_id
from tests.small_city import BRIDGE, city
from tests.storage.episodes import Episode
from tests.wall.scripted import Stage
from tests.wall.test_server import get

NO_MAP = {"type": "FeatureCollection", "features": []}
SECOND = 1_000_000


class Remembering(Stage):
    """A wall whose charts and dialogs ask a real database."""

    def __init__(self, url):
        self.url_of_past = url
        super().__init__(city(), NO_MAP, past=DatabaseHistory(url))
        self.now_us = time.time_ns() // 1000

    def tell(self, work):
        async def run():
            async with await psycopg.AsyncConnection.connect(
                self.url_of_past, autocommit=True
            ) as connection:
                return await work(connection)

        return self._await(run())

    def store(self, *rows, transitions=()):
        stretch = Stretch([], columns(list(rows)), transitions=transitions)
        self.tell(lambda connection: commit(connection, stretch))

    def ask(self, path):
        status, _, body = get(self, path)
        return status, json.loads(body)


@pytest.fixture
def past(own_database_url):
    one = Remembering(own_database_url)
    yield one
    one.end()


def test_a_datastream_tells_where_it_is_its_limits_and_its_newest_readings(past):
    rows = [(BRIDGE, past.now_us - one * 20 * SECOND, 3.0 + one / 100, 0) for one in range(30)]
    rows[3] = (BRIDGE, rows[3][1], float("nan"), 4)
    past.store(*rows)
    status, told = past.ask(f"/wall/datastream?slot={BRIDGE}")
    assert status == 200
    assert {name: told[name] for name in ("id", "device", "town", "gateway", "limits")} == {
        "id": "bridge-gauge/water_level", "device": ["大桥水位计", "Bridge gauge"],
        "town": ["南镇", "South"], "gateway": "gw-bridge",
        "limits": {"warning": 3.8, "guaranteed": 4.6},
    }  # fmt: skip
    assert told["readings"]["time_ms"] == [one[1] // 1000 for one in rows[:12]]
    assert told["readings"]["result"][:5] == [3.0, 3.01, 3.02, None, 3.04]
    assert told["readings"]["quality"][:5] == [0, 0, 0, 4, 0]


def test_what_the_city_knows_is_told_without_a_database(monkeypatch):
    monkeypatch.setattr("ioc_dashboard.behind._ANSWER_WITHIN_S", 0.1)
    one = Remembering("postgresql://nobody@127.0.0.1:1/none")
    try:
        status, told = one.ask("/wall/datastream?slot=0")
        assert (status, told["readings"], told["limits"]["warning"]) == (200, None, 3.8)
        episode = Episode()
        status, told = one.ask(f"/wall/alert?id={episode.id}")
        assert status == 503
        assert "the database did not answer" in told["error"]
    finally:
        one.end()


@pytest.mark.parametrize(
    ("path", "status", "message"),
    [
        ("/wall/datastream", 400, "slot is ''; it must be the number of a datastream, 0 to 4"),
        ("/wall/datastream?slot=5", 400, "slot is '5'"),
        ("/wall/datastream?slot=-1", 400, "slot is '-1'"),
        ("/wall/alert", 400, "id is ''; it must be the id of an alert, a UUID"),
        ("/wall/alert?id=7d0c2f1a", 400, "id is '7d0c2f1a'"),
        (f"/wall/alert?id={Episode().id}", 404, f"there is no alert {Episode().id}"),
    ],
)
def test_what_cannot_be_is_told(past, path, status, message):
    answered, told = past.ask(path)
    assert answered == status
    assert message in told["error"]


def acknowledged(stage, episode):
    async def act(connection):
        (row,) = await alerts_by_id(connection, [episode.id])
        await handling.acknowledge(
            connection, {row.id: row.handled}, "王磊", owner="李娜", comment="已派人"
        )
        return (await alerts_by_id(connection, [episode.id]))[0]

    return stage.tell(act)


def test_an_alert_tells_its_life(past):
    episode = Episode()
    past.store(transitions=[episode.tell("raised", "yellow"), episode.tell("escalated", "red", 60)])
    acknowledged(past, episode)
    status, told = past.ask(f"/wall/alert?id={episode.id}")
    assert status == 200
    assert (told["rule"], told["rule_version"], told["owner"]) == ("level", 3, "李娜")
    assert [(one["kind"], one.get("severity"), one.get("actor")) for one in told["life"]] == [
        ("raised", "yellow", None), ("escalated", "red", None), ("acknowledge", None, "王磊"),
    ]  # fmt: skip
    assert told["life"][0]["evidence"]["limit_name"] == "warning"
    assert told["life"][2]["reason"] == "已派人"


def test_who_clicks_on_an_alert_reads_its_life_and_the_course_of_its_readings(past, look, tmp_path):
    episode = Episode()
    rows = [(BRIDGE, past.now_us - one * 60 * SECOND, 3.9 - one / 1000, 0) for one in range(300)]
    rows[2] = (BRIDGE, rows[2][1], 3.88, 1)
    past.store(
        *rows, transitions=[episode.tell("raised", "yellow"), episode.tell("escalated", "red", 60)]
    )
    row = acknowledged(past, episode)
    past.hear([(BRIDGE, past.now_us, 3.9, 0)])
    past.second()
    screen = look(past)
    page = screen.open()
    past.alerts(row)
    page.locator(f"[data-alert-id='{row.id}']").focus()
    page.keyboard.press("Enter")
    box = page.locator("dialog.behind")
    expect(box.locator("h2").first).to_have_text("大桥站水位3.9m")
    steps = box.locator(".life .step")
    expect(steps).to_have_count(3)
    expect(steps.first).to_contain_text("确认")
    expect(steps.nth(1)).to_contain_text("限值 3.8 m (警戒)")
    expect(box.locator("h2").nth(1)).to_have_text("大桥水位计 · 水位")
    expect(box.locator(".result")).to_contain_text("3.90 m")
    expect(box.locator(".limits")).to_contain_text("警戒3.80 m")
    expect(box.locator(".course .main-svg").first).to_be_visible()
    expect(box.locator(".raw tr").nth(2)).to_contain_text("存疑")
    expect(box.locator(".raw tr").nth(2)).to_have_attribute("data-good", "false")
    page.screenshot(path=tmp_path / "alert.png")
    drawn = "document.querySelector('.behind .course').data.map((one) => one.x.length)"
    assert page.evaluate(drawn) == [300, 300, 300] or page.evaluate(drawn)[0] >= 299
    box.locator("[data-range=quarter]").click()
    expect(box.locator("[data-range=quarter]")).to_have_attribute("aria-pressed", "true")
    expect(box).to_contain_text("逐条读数")
    before = page.evaluate(drawn)
    past.hear([(BRIDGE, past.now_us + 30 * SECOND, 3.95, 0)])
    past.second(30)
    expect(box.locator(".result")).to_contain_text("3.95 m")
    for _ in range(400):
        if page.evaluate(drawn) == [before[0] + 1]:
            break
        page.wait_for_timeout(25)
    assert page.evaluate(drawn) == [before[0] + 1]  # one point more, no other chart
    page.evaluate("ioc.switchLanguage()")
    expect(box.locator(".limits")).to_contain_text("warning3.80 m")
    expect(box).to_contain_text("single readings")
    page.screenshot(path=tmp_path / "alert-en.png")
    page.keyboard.press("Escape")
    expect(box).to_be_hidden()
    page.locator(f"[data-alert-id='{row.id}']").click()
    expect(box.locator(".life .step")).to_have_count(3)
    page.mouse.click(5, 5)
    expect(box).to_be_hidden()
    assert page.evaluate("document.querySelectorAll('.behind .main-svg').length") == 0
