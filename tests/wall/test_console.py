"""What the console does over a real database: one wins, nothing half done, and who may what."""

from __future__ import annotations

import json
import threading
from contextlib import ExitStack

import pytest
from websockets.sync.client import connect

from dispatch import Grant, Role
from tests.wall.consoles import Shift

HANG_S = 30
"""Only ends a test that hangs."""


@pytest.fixture
def shift(own_database_url):
    one = Shift(own_database_url)
    yield one
    one.end()


@pytest.fixture
def ann(shift):
    return shift.person("王磊")


class Line:
    """A desk's socket: what it was told last, by the type of frame."""

    def __init__(self, socket):
        self._socket = socket
        self.told = {}

    def wish(self, **wanted):
        self._socket.send(json.dumps(wanted))

    def until(self, holds):
        """Return the newest frames once something holds of them."""
        for _ in range(60):
            frame = json.loads(self._socket.recv(timeout=HANG_S))
            self.told[frame["type"]] = frame
            if {"rows", "summary"} <= self.told.keys() and holds(self.told):
                return self.told
        raise AssertionError(self.told)

    def rows(self):
        return self.told["rows"]["rows"]


@pytest.fixture
def line(shift):
    with ExitStack() as sockets:

        def on(cookie):
            address = f"ws://127.0.0.1:{shift.port}/ws/console"
            return Line(
                sockets.enter_context(connect(address, additional_headers={"cookie": cookie}))
            )

        yield on


def has(total, fresh=0):
    return lambda told: (
        told["rows"]["total"] == total
        and told["summary"]["fresh"] == fresh
        and told["summary"]["connected"]
    )


def say(shift, cookie, do, *alerts, **more):
    seen = {one.id: shift.handled(one.id) for one in alerts}
    return shift.says_to(cookie, "/console/alerts", do=do, seen=seen, **more)


# -- the queue ----------------------------------------------------------------------------------


def test_the_queue_is_by_priority_then_age_and_new_ones_wait_until_they_are_asked_for(
    shift, ann, line
):
    blue = shift.raises("blue", "blue", 900)
    young, old = shift.raises("young", "red", 10), shift.raises("old", "red", 500)
    desk = line(ann)
    desk.until(has(3))
    assert [one["id"] for one in desk.rows()] == [old.id, young.id, blue.id]
    newest = shift.raises("newest", "red", 700)
    desk.until(has(3, fresh=1))
    assert [one["id"] for one in desk.rows()] == [old.id, young.id, blue.id]
    desk.wish(refresh=True, keep=blue.id)
    told = desk.until(has(4))
    assert [one["id"] for one in desk.rows()] == [newest.id, old.id, young.id, blue.id]
    assert told["rows"]["kept"] == 3


def test_what_is_over_stays_where_it_stood_and_says_so(shift, ann, line):
    one, other = shift.raises("one", "red", 20), shift.raises("other", "red", 10)
    desk = line(ann)
    desk.until(has(2))
    shift.says(one, "cleared", datastream=0, domain="water")
    desk.until(lambda told: told["rows"]["rows"][0].get("active") is False)
    assert [each["id"] for each in desk.rows()] == [one.id, other.id]
    desk.wish(refresh=True)
    desk.until(has(1))
    assert [each["id"] for each in desk.rows()] == [other.id]


def test_an_incident_stands_for_its_alerts_and_opens_where_it_stands(shift, ann, line):
    first, second = shift.raises("first", "yellow", 90), shift.raises("second", "red", 80)
    alone = shift.raises("slow", "orange", 70, slot=2)
    shift.collect()
    desk = line(ann)
    desk.until(has(2))
    incident, other = desk.rows()
    assert (incident["kind"], incident["alerts"], incident["priority"]) == ("incident", 2, 1)
    assert (other["id"], other["kind"]) == (alone.id, "alert")
    desk.wish(expand=incident["id"])
    desk.until(has(4))
    assert [one["id"] for one in desk.rows()] == [incident["id"], second.id, first.id, alone.id]
    desk.wish(expand=incident["id"])
    desk.until(has(2))


def shows(*alerts):
    return lambda told: [one["id"] for one in told["rows"]["rows"]] == [one.id for one in alerts]


def test_filters_and_search_show_what_they_say(shift, ann, line):
    water = shift.raises("flood", "red", 50)
    road = shift.raises("slow", "blue", 40, slot=2)
    desk = line(ann)
    desk.until(has(2))
    for wanted, left in (
        ({"domain": "traffic"}, road),
        ({"text": "BRIDGE flood"}, water),
        ({"text": "大路 雷达"}, road),
    ):
        desk.wish(filter=wanted)
        desk.until(shows(left))
    say(shift, ann, "shelve", road, text="施工", minutes=60)
    desk.wish(filter={})
    desk.until(shows(water))
    desk.wish(filter={"state": "shelved"})
    desk.until(shows(road))
    (row,) = desk.rows()
    assert (row["shelved_by"], row["shelve_reason"]) == ("王磊", "施工")
    shift.says(water, "suppressed", reason="maintenance")
    desk.wish(filter={"state": "suppressed"})
    desk.until(shows(water))
    told = desk.until(lambda told: told["summary"]["suppressed"] == 1)
    assert (told["summary"]["shelved"], told["summary"]["open"]) == (1, [0, 0, 0, 0])


def test_no_more_rows_are_sent_than_a_screen_shows(shift, ann, line):
    for number in range(120):
        shift.raises(f"r{number}", "blue", number)
    desk = line(ann)
    desk.wish(window=[0, 10_000])
    told = desk.until(has(120))
    assert len(told["rows"]["rows"]) <= 100
    desk.wish(window=[110, 20])
    told = desk.until(lambda told: told["rows"]["first"] == 110)
    assert len(told["rows"]["rows"]) == 10


@pytest.mark.parametrize(
    "wrong",
    ['{"window": "x"}', "[]", "no JSON", '{"filter": {"domain": "fire"}}',
     '{"filter": {"text": "%s"}}' % ("x" * 101), '{"unknown": 1}'],
)  # fmt: skip
def test_a_desk_that_is_told_nonsense_closes(shift, ann, line, wrong):
    desk = line(ann)
    desk._socket.send(wrong)
    with pytest.raises(Exception, match="1003"):
        desk.until(lambda _: False)


# -- who was first ------------------------------------------------------------------------------


def test_of_many_at_once_one_acknowledges_and_the_others_read_who(shift, ann):
    alert = shift.raises("level", "red")
    cookies = [ann, *(shift.person(f"p{n}") for n in range(5))]
    answers = []

    def act(cookie):
        seen = {alert.id: 0}
        answers.append(shift.says_to(cookie, "/console/alerts", do="acknowledge", seen=seen))

    threads = [threading.Thread(target=act, args=(cookie,)) for cookie in cookies]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(status for status, _ in answers) == [200, *[409] * 5]
    winner = next(body[0]["acknowledged_by"] for status, body in answers if status == 200)
    for status, body in answers:
        if status == 409:
            assert (body["code"], body["by"]) == ("stale", winner)
            assert winner in body["told"][0]
            assert winner in body["told"][1]
    assert shift.handled(alert.id) == 1


def test_an_acknowledgement_tells_the_other_desk_and_can_be_undone(shift, ann, line):
    alert = shift.raises("level", "red")
    desk = line(shift.person("李娜"))
    desk.until(has(1))
    status, (row,) = say(shift, ann, "acknowledge", alert, text="已派人", owner="泵站")
    assert (status, row["acknowledged_by"], row["owner"]) == (200, "王磊", "泵站")
    desk.until(lambda told: told["summary"]["unacknowledged"] == [0, 0, 0, 0])
    assert desk.rows()[0]["acknowledged_by"] == "王磊"
    status, (row,) = say(shift, ann, "unacknowledge", alert)
    assert (status, row.get("acknowledged"), row["handled"]) == (200, None, 2)
    desk.until(lambda told: told["summary"]["unacknowledged"][0] == 1)


# -- nothing half done --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wanted", "status", "code", "zh", "en"),
    [
        ({"do": "shelve", "minutes": 30}, 422, "no_reason", "须说明原因", "a reason is needed"),
        ({"do": "shelve", "minutes": 61, "text": "x"}, 422, "shelved_too_long",
         "红色告警最多搁置 1 小时", "red alerts can be shelved for 1 h at most"),
        ({"do": "shelve", "minutes": 0, "text": "x"}, 422, "past", "将来", "time to come"),
        ({"do": "comment"}, 422, "no_comment", "须填写备注", "a comment is needed"),
        ({"do": "comment", "text": "长" * 501}, 422, "too_long", "501 字，最多 500 字",
         "501 characters, at most 500"),
        ({"do": "acknowledge", "owner": "长" * 101}, 422, "too_long", "最多 100 字", "at most 100"),
        ({"do": "verdict", "text": "x"}, 422, "no_verdict", "真警或误报", "true or false"),
        ({"do": "unshelve"}, 422, "not_shelved", "未搁置", "not shelved"),
        ({"do": "unacknowledge"}, 422, "not_acknowledged", "尚未确认", "not acknowledged"),
        ({"do": "reset"}, 422, "not_latched", "闭锁", "latched"),
        ({"do": "burn"}, 400, "malformed", "格式", "malformed"),
        ({"do": "comment", "text": "x", "more": 1}, 400, "malformed", "格式", "malformed"),
    ],
    ids=lambda one: one["do"] + one.get("owner", "")[:1] if isinstance(one, dict) else "",
)  # fmt: skip
def test_what_cannot_be_is_refused_in_both_languages_and_changes_nothing(
    shift, ann, wanted, status, code, zh, en
):
    alert = shift.raises("level", "red")
    given, body = shift.says_to(ann, "/console/alerts", seen={alert.id: 0}, **wanted)
    assert (given, body["code"]) == (status, code)
    assert zh in body["told"][0]
    assert en in body["told"][1]
    assert shift.handled(alert.id) == 0


def test_a_stale_version_an_unknown_alert_and_a_huge_body_are_refused(shift, ann):
    alert = shift.raises("level", "red")
    say(shift, ann, "comment", alert, text="看过")
    given = shift.says_to(
        shift.person("李娜"), "/console/alerts", do="acknowledge", seen={alert.id: 0}
    )
    assert (given[0], given[1]["code"], given[1]["by"]) == (409, "stale", "王磊")
    assert "备注" in given[1]["told"][0]
    unknown = {"0" * 8 + "-0000-0000-0000-" + "0" * 12: 0}
    assert shift.says_to(ann, "/console/alerts", do="acknowledge", seen=unknown)[0] == 404
    body = {"do": "comment", "seen": {alert.id: 1}, "text": "x" * 70_000}
    assert shift.says_to(ann, "/console/alerts", **body)[1]["code"] == "too_large"
    assert shift.handled(alert.id) == 1


def test_several_are_acknowledged_together_only_within_one_incident(shift, ann):
    one, two = shift.raises("one", "red", 50), shift.raises("two", "red", 40)
    road = shift.raises("slow", "blue", 30, slot=2)
    shift.collect()
    _, context = shift.reads(ann, f"/console/alert?id={one.id}")
    incident = context["incident"]["id"]
    status, body = say(shift, ann, "acknowledge", one, road, incident=incident)
    assert (status, body["code"]) == (422, "not_together")
    assert say(shift, ann, "acknowledge", one, two)[1]["code"] == "not_together"
    assert [shift.handled(each.id) for each in (one, two, road)] == [0, 0, 0]
    status, rows = say(shift, ann, "acknowledge", one, two, incident=incident)
    assert status == 200
    assert {row["acknowledged_by"] for row in rows} == {"王磊"}


# -- who may what -------------------------------------------------------------------------------


def test_a_grant_for_another_town_or_department_does_not_reach(shift):
    alert = shift.raises("level", "red")
    north = shift.account("north", Grant(Role.DISPATCHER, town="north"))
    south = shift.account("south", Grant(Role.DISPATCHER, town="south"))
    air = shift.account("air", Grant(Role.DISPATCHER, department="air"))
    for cookie in (north, air):
        status, body = say(shift, cookie, "acknowledge", alert)
        assert (status, body["code"]) == (403, "forbidden")
    _, context = shift.reads(north, f"/console/alert?id={alert.id}")
    assert context["rights"] == {"handle": False, "dispatch": False}
    assert say(shift, south, "acknowledge", alert)[0] == 200


def test_a_viewer_sees_and_cannot_act_nor_can_a_page_of_another_origin(shift, ann):
    alert = shift.raises("level", "red")
    viewer = shift.person("客人", Role.VIEWER)
    status, context = shift.reads(viewer, f"/console/alert?id={alert.id}")
    assert (status, context["rights"]) == (200, {"handle": False, "dispatch": False})
    given, _ = say(shift, viewer, "acknowledge", alert)
    assert given == 403
    body = json.dumps({"do": "acknowledge", "seen": {alert.id: 0}})
    for origin in ({"origin": "http://elsewhere.example"}, {}):
        assert shift.ask("/console/alerts", ann, "POST", body, **origin).status == 403
    assert shift.handled(alert.id) == 0


# -- crews --------------------------------------------------------------------------------------


def test_a_crew_is_advised_with_reasons_sent_at_once_and_an_incident_opened_for_it(shift, ann):
    shift.at("pumps", 120.105)
    alert = shift.raises("level", "red")
    _, advised = shift.reads(ann, f"/console/advice?alert={alert.id}")
    assert [one["crew"] for one in advised["choices"]] == ["pumps"]
    assert any("分钟" in zh for zh, _ in advised["choices"][0]["reasons"])
    assert advised["rejections"][0]["reasons"] == [["位置未知", "no known position"]]
    wanted = {"do": "dispatch", "crew": "pumps", "seen": 0, "alert": alert.id}
    status, done = shift.says_to(ann, "/console/crews", **wanted)
    assert (status, done["status"]) == (200, ["已派", "assigned"])
    _, advised = shift.reads(ann, f"/console/advice?alert={alert.id}")
    assert [(one["crew"], one["assigned_by"]) for one in advised["sent"]] == [("pumps", "王磊")]
    status, body = shift.says_to(shift.person("李娜"), "/console/crews", **wanted)
    assert (status, body["code"], body["by"]) == (409, "busy", "王磊")


def test_a_refused_dispatch_leaves_no_incident_behind(shift, ann):
    alert = shift.raises("level", "red")
    wanted = {"do": "dispatch", "crew": "pumps", "seen": 7, "alert": alert.id}
    assert shift.says_to(ann, "/console/crews", **wanted)[0] == 409
    assert shift.says_to(ann, "/console/crews", **{**wanted, "crew": "nobody"})[0] == 422

    async def count(own):
        return (await (await own.execute("SELECT count(*) FROM incident")).fetchone())[0]

    assert shift.tell(count) == 0


def test_a_task_is_taken_back_with_a_reason_only(shift, ann):
    alert = shift.raises("level", "red")
    shift.says_to(ann, "/console/crews", do="dispatch", crew="pumps", seen=0, alert=alert.id)
    status, body = shift.says_to(ann, "/console/crews", do="recall", crew="pumps", seen=1)
    assert (status, body["code"]) == (422, "no_reason")
    status, _ = shift.says_to(ann, "/console/crews", do="recall", crew="pumps", seen=1, text="误派")
    assert status == 200


# -- beside -------------------------------------------------------------------------------------


def test_beside_an_alert_stand_those_before_it_with_their_verdicts_and_what_is_measured_around(
    shift, ann
):
    before = shift.raises("level", "yellow", 9000)
    shift.says(before, "cleared", datastream=0, domain="water")
    say(shift, ann, "verdict", before, text="蜘蛛", is_true=False)
    alert = shift.raises("level", "red", 60)
    status, context = shift.reads(ann, f"/console/alert?id={alert.id}")
    assert status == 200
    record = context["record"]
    assert (record["total"], record["true"], record["false"]) == (1, 0, 1)
    assert (record["before"][0]["verdict_by"], record["before"][0]["verdict_reason"]) == (
        "王磊", "蜘蛛",
    )  # fmt: skip
    assert [(one["slot"], one["km"]) for one in context["neighbours"]] == [(4, 0.0)]


def test_an_incident_is_shown_with_its_alerts_and_closed_with_a_reason(shift, ann):
    one, two = shift.raises("one", "red", 50), shift.raises("two", "red", 40)
    shift.collect()
    incident = shift.reads(ann, f"/console/alert?id={one.id}")[1]["incident"]
    told = shift.reads(ann, f"/console/incident?id={incident['id']}")[1]
    assert [each["id"] for each in told["members"]] == [one.id, two.id]
    wanted = {"do": "close", "incident": incident["id"], "seen": incident["version"]}
    assert shift.says_to(ann, "/console/incidents", **wanted)[1]["code"] == "no_reason"
    status, body = shift.says_to(ann, "/console/incidents", **wanted, text="完成")
    assert (status, body["code"]) == (422, "still_active")
    for each in (one, two):
        shift.says(each, "cleared", datastream=0, domain="water")
    assert shift.says_to(ann, "/console/incidents", **wanted, text="完成")[0] == 200


def test_without_database_nothing_is_claimed(shift, ann):
    alert = shift.raises("level", "red")
    with shift.database_away():
        status, body = shift.says_to(ann, "/console/alerts", do="acknowledge", seen={alert.id: 0})
        assert (status, body["code"]) == (503, "away")
    assert shift.handled(alert.id) == 0
