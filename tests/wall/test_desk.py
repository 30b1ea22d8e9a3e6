"""The queue and the desks on it, without a database: what stands where, and what is new."""

import pytest

from dispatch.incidents import Incident, Member
from ioc_dashboard.console.desk import Desk, Filter, State, Wish
from ioc_dashboard.console.lines import Writer
from ioc_dashboard.console.queue import Queue
from tests.small_city import city
from tests.wall.scripted import NOON_US, alert

MINUTE = 60_000_000


@pytest.fixture
def queue():
    one = Queue(city())
    one.is_known = True
    return one


def desk_on(queue, **wanted):
    one = Desk(queue, Writer(city(), {}), NOON_US)
    if wanted:
        one.do(Wish(filter=Filter(**wanted)), NOON_US)
    return one


def take(queue, *rows, desk=None, now_us=NOON_US):
    changed = queue.take(rows, now_us)
    if desk is not None:
        desk.notice(changed, now_us)
    return changed


def shown(desk, now_us=NOON_US):
    return [one.id for one in desk.rows(now_us).rows]


def raised(name, severity="yellow", minutes=0, **more):
    return alert(name, 0, severity=severity, raised_us=NOON_US - minutes * MINUTE, **more)


def test_graver_ones_first_then_those_that_wait_then_the_oldest(queue):
    take(
        queue,
        raised("yellow", "yellow", 90), raised("young", "red", 1), raised("old", "red", 9),
        raised("taken", "red", 30, acknowledged=True),
    )  # fmt: skip
    assert shown(desk_on(queue)) == ["old", "young", "taken", "yellow"]


def test_what_changes_stays_where_it_stands(queue):
    take(queue, raised("a", "orange"), raised("b", "yellow"))
    desk = desk_on(queue)
    take(queue, raised("b", "red", version=2), desk=desk)
    take(queue, raised("a", "orange", acknowledged=True, handled=1), desk=desk)
    assert shown(desk) == ["a", "b"]
    assert desk.fresh == 0
    desk.do(Wish(refresh=True), NOON_US)
    assert shown(desk) == ["b", "a"]


def test_an_empty_list_takes_up_what_comes_by_itself(queue):
    desk = desk_on(queue)
    take(queue, raised("a"), desk=desk)
    assert (shown(desk), desk.fresh) == (["a"], 0)


def test_what_was_new_and_is_over_is_new_no_more(queue):
    take(queue, raised("a"))
    desk = desk_on(queue)
    take(queue, raised("b"), desk=desk)
    assert desk.fresh == 1
    over = raised("b", active=False, cleared_us=NOON_US, version=2)
    take(queue, over, desk=desk)
    assert desk.fresh == 0


def test_an_older_version_changes_nothing(queue):
    take(queue, raised("a", version=2, handled=3))
    assert take(queue, raised("a", version=1, handled=3)) == set()
    assert take(queue, raised("a", version=2, handled=2)) == set()


def test_shelving_ends_by_itself(queue):
    until_us = NOON_US + MINUTE
    row = raised("a", shelved_until_us=until_us, shelved_by="ann", shelve_reason="x")
    take(queue, row, raised("b"))
    desk = desk_on(queue)
    assert shown(desk) == ["b"]
    assert shown(desk_on(queue, state=State.SHELVED)) == ["a"]
    assert queue.counts(NOON_US).shelved == 1
    desk.notice(queue.pass_time(until_us - 1), until_us - 1)
    assert desk.fresh == 0
    desk.notice(queue.pass_time(until_us), until_us)
    assert desk.fresh == 1
    assert queue.counts(until_us).shelved == 0


@pytest.mark.parametrize(
    ("before", "after", "chimes"),
    [
        (None, {"severity": "orange"}, 1),
        (None, {"severity": "red"}, 0),
        (None, {"severity": "yellow"}, 0),
        (None, {"severity": "orange", "suppressed": "maintenance"}, 0),
        ({"severity": "yellow"}, {"severity": "orange"}, 1),
        ({"severity": "orange"}, {"severity": "orange"}, 0),
        ({"severity": "orange", "acknowledged": True}, {"severity": "orange"}, 1),
        ({"severity": "orange"}, {"severity": "orange", "acknowledged": True}, 0),
    ],
    ids=["new", "p1", "p3", "suppressed", "escalated", "still", "told-anew", "acknowledged"],
)
def test_a_p2_chimes_once_when_it_comes(queue, before, after, chimes):
    if before is not None:
        queue.is_known = False
        take(queue, raised("a", **before))
        queue.is_known = True
    take(queue, raised("a", version=2, **after))
    assert queue.chimes == chimes


def test_an_incident_stands_where_its_worst_alert_would(queue):
    take(queue, raised("a", "yellow", 50), raised("b", "red", 10), raised("c", "orange", 99))
    members = {one: Member(one, "red", True, NOON_US, "bridge") for one in ("a", "b")}
    queue.take_incidents([Incident("i", 1, "bridge", "", members)])
    desk = desk_on(queue)
    assert shown(desk) == ["i", "c"]
    desk.do(Wish(expand="i"), NOON_US)
    assert shown(desk) == ["i", "b", "a", "c"]
    (line, *_) = desk.rows(NOON_US).rows
    assert (line.alerts, line.unacknowledged, line.priority, line.zh) == (2, 2, 1, "告警 b")
    desk.do(Wish(expand="i"), NOON_US)
    assert shown(desk) == ["i", "c"]


def test_an_incident_that_is_over_leaves_its_place_and_no_name(queue):
    take(queue, raised("a"), raised("b"))
    members = {one: Member(one, "yellow", True, NOON_US, "bridge") for one in ("a", "b")}
    queue.take_incidents([Incident("i", 1, "bridge", "", members)])
    desk = desk_on(queue)
    queue.take_incidents([], complete=True)
    (line,) = desk.rows(NOON_US).rows
    assert type(line).__name__ == "GoneLine"


@pytest.mark.parametrize(
    ("text", "found"),
    [("大桥", ["a"]), ("BRIDGE", ["a"]), ("告警 a 大桥", ["a"]), ("告警", ["a", "b"]), ("云", [])],
)
def test_all_words_of_a_search_must_stand_somewhere(queue, text, found):
    take(queue, alert("a", 0), alert("b", 1))
    assert shown(desk_on(queue, text=text)) == found


def test_a_window_is_bounded_and_may_lie_beyond_the_end(queue):
    take(queue, *(raised(f"a{n:03}") for n in range(300)))
    desk = desk_on(queue)
    desk.do(Wish(window=(0, 10_000)), NOON_US)
    assert len(shown(desk)) == 100
    desk.do(Wish(window=(295, 20)), NOON_US)
    assert len(shown(desk)) == 5
    desk.do(Wish(window=(-5, 0)), NOON_US)
    assert len(shown(desk)) == 1
    desk.do(Wish(window=(900, 20)), NOON_US)
    assert shown(desk) == []


def test_drills_and_slots_that_the_city_does_not_have_are_left_out(queue):
    assert take(queue, raised("a", drill=True), alert("b", 99)) == set()
    assert len(queue) == 0
