"""事件与调度: what the section makes of a picture of the database, and the page that shows it."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest
from playwright.sync_api import expect

from devices.calendar import HOUR_US, MINUTE_US
from devices.crew import Crew, Roster, Shift, Step
from dispatch.crews import CrewState, Pending, Position, Status, Task
from ioc_dashboard.arrangements import Arrangements
from ioc_dashboard.movers import movers
from ioc_dashboard.sections.dispatch import DispatchSection
from ioc_dashboard.sections.overview import OverviewSection
from storage.case_lists import StageCount
from storage.dispatch_picture import Picture
from tests.small_city import city
from tests.wall.scripted import NOON_US
from tests.wall.shift import incident, member, picture
from tests.wall.test_hub import hub_at
from tests.wall.test_page import assert_soon
from tests.wall.test_sections import now_of

SECOND = 1_000_000
CHAIN = (
    Step("leader", ("队长", "Leader"), 3 * MINUTE_US),
    Step("duty", ("值班长", "Duty leader"), 5 * MINUTE_US),
)


def crew(name, *shifts):
    return Crew(
        name, (f"{name}队", f"Crew {name}"), "water", "bridge", (), ("drainage",),
        shifts or (Shift(("all",), 0, 86400),), CHAIN,
    )  # fmt: skip


def arranged(*crews):
    return Arrangements(Roster({one.id: one for one in crews}))


def seen(*incidents, crews=(), waiting=(), **more):
    told = {
        "at_us": NOON_US, "incidents": list(incidents), "incidents_total": len(incidents),
        "parts": {}, "messages": {}, "crews": {one.crew: one for one in crews},
        "waiting": list(waiting), "stages": [], "due": [], "ran_out": 0, "news": [],
    }  # fmt: skip
    return Picture(**{**told, **more})


def now_with(told, us=NOON_US, hub=None):
    now = now_of(hub or hub_at(), us)
    return replace(now, dispatch=told, dispatch_us=NOON_US)


def shown(told, *crews, us=NOON_US):
    return DispatchSection(city(), arranged(*crews)).show(now_with(told, us))


def at(one, name="pumps", status=Status.EN_ROUTE):
    return CrewState(name, 1, status, Task("x", one.id, NOON_US, "ann"))


def test_before_the_database_has_said_nothing_is_known():
    told = DispatchSection(city(), arranged()).show(now_of(hub_at(), NOON_US))
    assert (told.read_ms, told.standing) == (None, None)


def test_an_incident_tells_its_alerts_its_place_and_who_is_sent():
    one = incident("a", "bridge", member("x", "red", 9, "bridge"),
                   member("y", "yellow", 30, "bridge", active=False))  # fmt: skip
    told = shown(
        seen(one, crews=[at(one), CrewState("other")], messages={one.id: ("水位高", "High")}),
        crew("pumps"), crew("other"),
    ).standing  # fmt: skip
    (line,) = told.incidents
    assert (line.priority, line.active, line.members) == (1, 1, 2)
    assert (line.title.name, line.title.is_written) == (("水位高", "High"), False)
    assert (line.where.place, line.where.town) == (("大桥站", "Bridge"), 1)
    assert line.began_ms == (NOON_US - 30 * MINUTE_US) // 1000
    assert [(sent.name[1], sent.state) for sent in line.crews] == [("Crew pumps", 3)]


def test_what_somebody_wrote_is_the_title_and_without_an_active_alert_there_is_no_priority():
    one = incident("a", "", member("x", "red", 9, "", active=False), title="路面塌陷")
    (line,) = shown(seen(one, messages={one.id: ("甲", "A")})).standing.incidents
    assert (line.title.name, line.title.is_written) == (("路面塌陷", "路面塌陷"), True)
    assert (line.priority, line.where.place, line.where.town) == (None, None, None)


def test_a_crew_that_waits_is_off_shift_outside_its_shifts_and_at_work_whatever_the_hour():
    night = Shift(("all",), 20 * 3600, 8 * 3600)
    one = incident("a", "bridge", title="x")
    told = shown(
        seen(one, crews=[CrewState("day"), CrewState("night"), at(one, "late", Status.HANDLING)]),
        crew("day"), crew("night", night), crew("late", night),
    )  # fmt: skip
    states = {line.id: told.states[line.state] for line in told.standing.crews}
    assert states == {"late": "handling", "day": "idle", "night": "off_shift"}
    at_night = shown(
        seen(crews=[CrewState("night")]), crew("night", night), us=NOON_US + 9 * HOUR_US
    )
    assert told.states[at_night.standing.crews[0].state] == "idle"


def test_a_crew_of_no_file_that_is_at_work_is_shown_without_a_name():
    one = incident("a", "bridge", title="x")
    told = shown(seen(one, crews=[at(one, "gone")])).standing
    assert [(line.name, line.task.name) for line in told.crews] == [(None, ("x", "x"))]
    assert [sent.name for sent in told.incidents[0].crews] == [None]


def test_a_task_at_an_incident_that_is_over_still_has_its_name():
    one = incident("a", "bridge", title="路面塌陷")
    told = shown(seen(crews=[at(one, status=Status.DONE)], parts={one.id: one}), crew("pumps"))
    assert told.standing.crews[0].task.name == ("路面塌陷", "路面塌陷")


@pytest.mark.parametrize(
    ("told", "posts", "following", "minutes"),
    [
        (0, [], "Leader", 3),
        (1, ["Leader"], "Duty leader", 5),
        (2, ["Leader", "Duty leader"], None, None),
    ],
    ids=["nobody-yet", "one", "all"],
)  # fmt: skip
def test_who_was_told_that_nobody_accepts_and_who_is_next(told, posts, following, minutes):
    one = incident("a", "bridge", title="x")
    pending = Pending("p", "pumps", one.id, NOON_US, CHAIN, told)
    (line,) = shown(seen(one, waiting=[pending]), crew("pumps")).standing.told
    assert [post[1] for post in line.posts] == posts
    assert (line.following and line.following[1]) == following
    assert line.following_ms == (minutes and (NOON_US + minutes * MINUTE_US) // 1000)


def test_those_of_whom_more_posts_were_told_stand_first():
    one = incident("a", "bridge", title="x")
    waiting = [
        Pending(name, name, one.id, NOON_US - age * SECOND, CHAIN, told)
        for name, age, told in (("new", 1, 0), ("old", 9, 0), ("escalated", 5, 1))
    ]
    lines = shown(seen(one, waiting=waiting)).standing.told
    assert [line.id for line in lines] == ["escalated", "old", "new"]


def test_every_stage_in_which_a_case_is_open_has_its_line():
    told = shown(seen(stages=[StageCount("handling", 5, 2, 1, 1)])).standing.stages
    assert [(one.stage, one.open, one.amber, one.red, one.paused) for one in told] == [
        ("collection", 0, 0, 0, 0), ("filing", 0, 0, 0, 0), ("dispatch", 0, 0, 0, 0),
        ("handling", 5, 2, 1, 1), ("feedback", 0, 0, 0, 0), ("verification", 0, 0, 0, 0),
    ]  # fmt: skip


@pytest.fixture
def noon(district):
    towns = {one.id: one.town for one in district.city.places.values()}
    return picture(district.arrangements, towns)


def test_the_light_of_a_case_is_that_of_now_not_of_when_it_was_read(district, noon):
    section = DispatchSection(district.city, district.arrangements)
    first = noon.due[0]

    def light(us):
        return section.show(now_with(noon, us)).standing.due[0].light

    assert first.clock.due_us < NOON_US
    assert light(first.clock.due_us) == "amber"
    assert light(first.clock.due_us + 1) == "red"


def test_the_overview_has_the_newest_changes_and_crews_with_a_position(district, noon):
    section = OverviewSection(district.city, district.arrangements)
    told = section.show(now_with(noon, hub=district.hub))
    changed = [one.changed_ms for one in told.cases]
    assert changed == sorted(changed, reverse=True)
    assert [one.outcome for one in told.cases if one.outcome] == ["closed"]
    placed = movers(noon, district.arrangements.roster)
    assert len(placed.id) == len(noon.crews) - 1  # nobody knows where instruments-1 is
    unknown = section.show(now_of(district.hub, NOON_US))
    assert (unknown.read_ms, unknown.cases) == (None, [])


def test_the_part_is_small_for_a_busy_noon(district, noon):
    told = DispatchSection(district.city, district.arrangements).show(now_with(noon))
    assert len(msgspec.json.encode(told)) < 20_000


@pytest.fixture
def page_of(look):
    """Open the page with a clock of its own that stands: it is as late as the newest frame says."""

    def open_page(stage, query="?page=dispatch"):
        screen = look(stage)
        screen.page.clock.set_fixed_time(NOON_US / 1e6)
        screen.page.goto(stage.url + query)
        screen.page.locator("#dispatch-incidents .note:not(:empty)").wait_for()
        return screen.page

    return open_page


def test_the_page_shows_incidents_crews_cases_and_who_does_not_answer(district, noon, page_of):
    district.dispatch(noon)
    district.second()
    page = page_of(district)
    rows = page.locator("#dispatch-incidents-list > .row")
    expect(rows).to_have_count(6)
    expect(rows.nth(0)).to_contain_text("特别严重")
    expect(rows.nth(0)).to_contain_text("老通扬运河东桥站水位 4.71 m")
    expect(rows.nth(0)).to_contain_text("告警 2/3")
    expect(rows.nth(0)).to_contain_text("通南防汛队 已派")
    expect(rows.nth(0).locator(".age")).to_have_text("44:01 前")
    expect(rows.nth(4)).to_contain_text("未派队伍")
    expect(rows.nth(5)).to_contain_text("已平息")
    crews = page.locator("#dispatch-crews-list > .row")
    expect(crews).to_have_count(12)
    expect(crews.nth(0)).to_contain_text("通南防汛队")
    expect(page.locator("#crew-counts > div").nth(1)).to_have_text("2已派")
    due = page.locator("#dispatch-due-list > .row").first
    expect(due).to_contain_text("超期")
    expect(due.locator(".age")).to_have_text("超 1:53:01")
    expect(page.locator("#dispatch-ran-out")).to_have_text("3")
    handling = page.locator("#dispatch-stages-list > .row").nth(3)
    expect(handling.locator(".count")).to_have_text(["4", "3", "0", "0"])
    told = page.locator("#dispatch-told-list > .row").first
    expect(told).to_contain_text("已告知 队长、值班长")
    expect(told.locator(".next")).to_have_text("中心主任")
    expect(told.locator(".in")).to_have_text("剩 3:59")
    page.locator("#language").click()
    expect(told.locator(".in")).to_have_text("3:59 left")
    expect(rows.nth(2).locator(".name")).to_have_attribute("lang", "zh-CN")


def test_no_id_is_to_be_read_on_the_page(district, noon, page_of):
    district.dispatch(noon)
    district.second()
    page = page_of(district)
    page.locator("#dispatch-told-list > .row").first.wait_for()
    text = page.locator(".stage").inner_text()
    ids = [one.id for one in noon.incidents] + list(noon.crews)
    ids += [one.report.category for one in noon.due] + [one.report.place for one in noon.due]
    assert [one for one in ids if one in text or one[:8] in text] == []


def test_a_database_that_is_lost_shows_as_an_age_and_never_as_a_blank(district, noon, page_of):
    district.dispatch(noon)
    district.second()
    page = page_of(district)
    note = page.locator("#dispatch-incidents .note")
    expect(note).to_have_text("共 6 · 1 秒 前")
    district.world.connected = False
    for _ in range(3):
        district.second()
    expect(note).to_have_class("note stale")
    expect(note).to_have_text("共 6 · 4 秒 前")
    expect(page.locator("#dispatch-incidents-list > .row")).to_have_count(6)
    district.world.connected = True
    district.dispatch(noon)
    district.second()
    expect(note).to_have_class("note")


def test_a_picture_that_does_not_come_again_is_of_the_past(district, noon, page_of):
    district.dispatch(noon)
    district.second()
    page = page_of(district)
    district.second(30)
    expect(page.locator("#dispatch-crews .note")).to_have_class("note stale")


def test_before_the_database_has_said_the_page_says_that(stage, page_of):
    stage.second()
    page = page_of(stage)
    for name in ("incidents", "crews", "stages", "due", "told"):
        expect(page.locator(f"#dispatch-{name} .empty")).to_have_text("无数据")
    expect(page.locator("#dispatch-ran-out")).to_have_text("无数据")
    stage.dispatch(seen())
    stage.second()
    expect(page.locator("#dispatch-incidents .empty")).to_have_text("当前无未结事件")
    expect(page.locator("#dispatch-told .empty")).to_have_text("全部派遣已接单")
    expect(page.locator("#dispatch-ran-out")).to_have_text("0")


def test_an_old_position_of_a_crew_at_work_stands_out(stage, page_of):
    one = incident("a", "bridge", title="x")
    near = Position(120.1, 32.4, NOON_US - 3 * MINUTE_US)
    states = [
        replace(at(one, "new"), position=near),
        replace(at(one, "old"), position=replace(near, at_us=NOON_US - 11 * MINUTE_US)),
    ]
    stage.dispatch(seen(one, crews=states))
    stage.second()
    page = page_of(stage)
    expect(page.locator("#dispatch-crews-list .missing")).to_have_count(1)
    expect(page.locator("#dispatch-crews-list .missing")).to_have_text("11:01 前")


def test_the_overview_lists_what_cases_do(district, noon, look):
    district.dispatch(noon)
    district.second()
    screen = look(district)
    screen.page.clock.set_fixed_time(NOON_US / 1e6)
    page = screen.open()
    first = page.locator("#case-news > .row").first
    expect(first).to_contain_text("占道经营")
    expect(first.locator(".did")).to_have_text("立案")
    expect(first.locator(".mark")).to_have_text("超期")
    expect(first.locator(".age")).to_have_text("1:04:01 前")


def test_a_wall_that_turns_has_the_page_among_its_pages(stage, look):
    stage.second()
    screen = look(stage)
    screen.page.clock.install()
    page = screen.open("?turn=overview,dispatch&every=30")
    page.clock.pause_at(page.evaluate("Date.now()") / 1000 + 1)
    page.clock.run_for(31_000)
    assert page.evaluate("ioc.page") == "dispatch"
    screen.complaints[:] = [one for one in screen.complaints if "WebSocket" not in one]


def test_crews_stand_on_the_map_where_they_were_seen_last(district, noon, look):
    district.dispatch(noon)
    district.second()
    page = look(district).open()
    known = [one.crew for one in noon.crews.values() if one.position is not None]
    assert_soon(page, "ioc.mapState().movers.map((one) => one.id)", known)
