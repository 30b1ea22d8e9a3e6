"""Alerts put together by hand: what may be done, and what always holds."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch import Priority
from dispatch.incidents import (
    Add,
    Close,
    Event,
    EventKind,
    Incident,
    Member,
    Merge,
    Open,
    Refusal,
    Remove,
    SetParent,
    Settings,
    Split,
    decide,
    evolve,
    evolve_all,
    words,
)
from dispatch.incidents.commands import MOST_TEXT

MINUTE = 60_000_000
NOON = 1_790_000_000_000_000
WHO = {"actor": "ben", "at_us": NOON, "reason": "the same water"}


def alert(name, severity="yellow", minute=0, *, active=True, place="bridge"):
    return Member(name, severity, active, NOON + minute * MINUTE, place)


def incident(name, *members, version=1, **more):
    return Incident(
        name, version, "bridge", "", {one.alert: one for one in members}, opened_us=NOON,
        changed_by="ann", changed_how="added", **more,
    )  # fmt: skip


def known(*incidents):
    return {one.id: one for one in incidents}


ONE = incident("one", alert("a"), alert("b", "red", 10))
TWO = incident("two", alert("c", "blue", 20, place="lock"))
CHILD = incident("child", alert("d"), parent="one")
ENDED = incident("ended", closed_us=NOON)
GONE = incident("gone", closed_us=NOON, merged_into="one")
SOON = incident("ended-soon", alert("s", active=False))
EVERY = known(ONE, TWO, CHILD, ENDED, GONE, SOON)


def done(command, standing=EVERY, settings=Settings()):  # noqa: B008 # frozen
    events = decide(standing, command, settings)
    assert not isinstance(events, Refusal), words.refusal(events)
    return evolve_all(standing, events)


def test_an_incident_is_opened_with_alerts_at_the_place_of_the_first():
    new = done(Open(incident="new", members=(alert("x"), alert("y", place="lock")), **WHO))["new"]
    assert (new.version, sorted(new.members), new.place) == (1, ["x", "y"], "bridge")
    assert new.places == {"bridge", "lock"}


def test_an_incident_of_a_telephone_call_has_a_title_and_no_alert():
    new = done(Open(incident="new", title="路面塌陷", place="road", **WHO))["new"]
    assert (new.title, new.place, new.priority) == ("路面塌陷", "road", None)


def test_alerts_come_and_go():
    more = done(Add(incident="one", seen=1, members=(alert("x", minute=5),), **WHO))["one"]
    assert (sorted(more.members), more.version, more.changed_by) == (["a", "b", "x"], 2, "ben")
    less = done(Remove(incident="one", seen=1, alerts=("b",), **WHO))["one"]
    assert sorted(less.members) == ["a"]


def test_merging_moves_all_members_and_closes_the_other():
    after = done(Merge(into="two", seen=1, other="one", seen_other=1, **WHO))
    assert sorted(after["two"].members) == ["a", "b", "c"]
    assert after["two"].places == {"bridge", "lock"}
    assert (after["one"].members, after["one"].is_open, after["one"].merged_into) == (
        {}, False, "two",
    )  # fmt: skip
    assert after["child"].parent == "two"


def test_merging_a_parent_into_its_part_makes_the_part_the_parent():
    sister = incident("sister", alert("e"), parent="one")
    after = done(
        Merge(into="child", seen=1, other="one", seen_other=1, **WHO), {**EVERY, "sister": sister}
    )
    assert (after["child"].parent, after["sister"].parent) == ("", "child")
    assert after["child"].version == 3


def test_merging_a_parent_into_the_part_of_another_gives_its_parts_to_that_other():
    part = incident("part", alert("e"), parent="two")
    after = done(
        Merge(into="part", seen=1, other="one", seen_other=1, **WHO), {**EVERY, "part": part}
    )
    assert (after["part"].parent, after["child"].parent) == ("two", "two")


def test_splitting_moves_some_members_into_a_new_one():
    after = done(Split(incident="one", seen=1, alerts=("b",), new="new", **WHO))
    assert (sorted(after["one"].members), sorted(after["new"].members)) == (["a"], ["b"])
    assert after["new"].priority is Priority.P1
    assert after["one"].priority is Priority.P3


def test_an_incident_becomes_a_part_and_is_none_again():
    part = done(SetParent(incident="two", seen=1, parent="one", **WHO))
    assert part["two"].parent == "one"
    free = done(SetParent(incident="two", seen=2, parent="", **WHO), part)
    assert free["two"].parent == ""


def test_an_incident_ends_when_none_of_its_alerts_is_active():
    quiet = incident("quiet", alert("q", active=False))
    assert not done(Close(incident="quiet", seen=1, **WHO), known(quiet))["quiet"].is_open


@pytest.mark.parametrize(
    ("members", "priority"),
    [
        pytest.param([], None, id="none"),
        pytest.param([alert("a", "blue"), alert("b", "orange")], Priority.P2, id="the_worst"),
        pytest.param(
            [alert("a", "blue"), alert("b", "red", active=False)], Priority.P4,
            id="a_cleared_one_counts_for_nothing",
        ),
        pytest.param([alert("a", "red", active=False)], None, id="all_cleared"),
    ],
)  # fmt: skip
def test_priority_is_that_of_the_worst_active_member(members, priority):
    assert incident("x", *members).priority is priority


FAR = alert("far", minute=12 * 60 + 1)


@pytest.mark.parametrize(
    ("command", "code", "zh", "en"),
    [
        pytest.param(
            Add(incident="one", seen=0, members=(alert("x"),), **WHO), "stale",
            "事件 one 已由 ann 并入告警（版本 1，所见为 0），请重新查看",
            "incident one was extended by ann (version 1, you saw 0)", id="stale",
        ),
        pytest.param(
            Merge(into="two", seen=1, other="one", seen_other=0, **WHO), "stale",
            "事件 one", "incident one was", id="stale_other",
        ),
        pytest.param(
            Close(incident="none", seen=1, **WHO), "unknown", "没有事件 none",
            "there is no incident none", id="unknown",
        ),
        pytest.param(
            Close(incident="ended", seen=1, **WHO), "closed", "已由 ann 关闭",
            "was closed by ann", id="closed",
        ),
        pytest.param(
            Add(incident="gone", seen=1, members=(alert("x"),), **WHO), "merged", "并入 one",
            "was merged into one by ann; use that", id="merged",
        ),
        pytest.param(
            SetParent(incident="two", seen=1, parent="gone", **WHO), "merged", "", "",
            id="merged_parent",
        ),
        pytest.param(
            Add(incident="one", seen=1, members=(alert("a"),), **WHO), "already_member",
            "告警 a 已在事件 one 中", "alert a is in incident one already", id="already",
        ),
        pytest.param(
            Open(incident="new", members=(alert("x"), alert("x")), **WHO), "already_member",
            "", "", id="twice_in_one_command",
        ),
        pytest.param(
            Add(incident="one", seen=1, members=(alert("c"),), **WHO), "elsewhere",
            "告警 c 已在事件 two 中", "remove it there first", id="elsewhere",
        ),
        pytest.param(
            Open(incident="new", members=(alert("c"),), **WHO), "elsewhere", "", "", id="open_with",
        ),
        pytest.param(
            Add(incident="one", seen=1, members=(FAR,), **WHO), "outside_window",
            "时间跨度 721 分钟，超过 720 分钟", "would span 721 min, at most 720", id="window",
        ),
        pytest.param(
            Add(incident="one", seen=1, members=(), **WHO), "nothing", "须指明告警",
            "name at least", id="nothing",
        ),
        pytest.param(Open(incident="new", **WHO), "nothing", "", "", id="open_nothing"),
        pytest.param(
            Open(incident="one", title="x", **WHO), "exists", "事件 one 已存在", "exists already",
            id="exists",
        ),
        pytest.param(
            Split(incident="one", seen=1, alerts=("a",), new="two", **WHO), "exists", "", "",
            id="split_into_a_known_one",
        ),
        pytest.param(
            Split(incident="one", seen=1, alerts=("a", "b", "a"), new="n", **WHO), "all_of_it",
            "不能拆出全部 2 条", "all 2 alerts would go", id="split_all",
        ),
        pytest.param(
            Split(incident="one", seen=1, alerts=("c",), new="n", **WHO), "not_member",
            "告警 c 不在事件 one 中", "alert c is not in incident one", id="not_member",
        ),
        pytest.param(
            Remove(incident="one", seen=1, alerts=(), **WHO), "nothing", "", "",
            id="remove_nothing",
        ),
        pytest.param(
            Merge(into="one", seen=1, other="one", seen_other=1, **WHO), "itself",
            "不能与自身操作", "is the same", id="merge_itself",
        ),
        pytest.param(
            SetParent(incident="two", seen=1, parent="two", **WHO), "itself", "", "",
            id="own_parent",
        ),
        pytest.param(
            SetParent(incident="two", seen=1, parent="child", **WHO), "parent_is_part",
            "自身是 one 的下级", "choose one", id="grandchild",
        ),
        pytest.param(
            SetParent(incident="one", seen=1, parent="two", **WHO), "has_parts",
            "有 1 个下级（child …）", "has 1 open parts (child …)", id="a_parent_as_part",
        ),
        pytest.param(
            SetParent(incident="child", seen=1, parent="one", **WHO), "same_parent", "未变",
            "already", id="same_parent",
        ),
        pytest.param(
            Close(incident="two", seen=1, **WHO), "still_active", "尚有 1 条活动告警（c …）",
            "has 1 active alerts (c …)", id="still_active",
        ),
        pytest.param(
            Close(incident="ended-soon", seen=1, at_work=("pumps", "eyes"), **WHO), "at_work",
            "pumps, eyes", "crews pumps, eyes are still at incident ended-soon", id="at_work",
        ),
        pytest.param(
            Close(incident="two", seen=1, actor="ben", at_us=NOON, reason=" "), "no_reason",
            "须说明原因", "a reason is needed", id="no_reason",
        ),
        pytest.param(
            Close(incident="two", seen=1, actor="", at_us=NOON, reason="x"), "no_actor",
            "须说明操作人", "an actor is needed", id="no_actor",
        ),
        pytest.param(
            Open(incident="n", title="x" * (MOST_TEXT + 1), **WHO), "too_long", "文字 501 字",
            "has 501 characters of 500", id="too_long",
        ),
    ],
)  # fmt: skip
def test_a_refusal_says_what_and_what_would_be_right(command, code, zh, en):
    refused = decide(EVERY, command)
    assert isinstance(refused, Refusal)
    assert refused.code == code
    said = words.refusal(refused)
    assert zh in said[0]
    assert en in said[1]


def test_a_parent_ends_after_its_parts():
    quiet = known(incident("top", alert("q", active=False)), replace(CHILD, parent="top"))
    refused = decide(quiet, Close(incident="top", seen=1, **WHO))
    assert isinstance(refused, Refusal)
    assert refused.code == "has_parts"


def test_there_is_room_for_the_most_members_and_no_more():
    settings = Settings(most=3)
    assert len(done(Add(incident="one", seen=1, members=(alert("x"),), **WHO), EVERY, settings)
               ["one"].members) == 3  # fmt: skip
    refused = decide(
        EVERY, Add(incident="one", seen=1, members=(alert("x"), alert("y")), **WHO), settings
    )
    assert isinstance(refused, Refusal)
    assert words.refusal(refused) == (
        "事件将有 4 条告警，最多 3 条", "it would have 4 alerts, at most 3",
    )  # fmt: skip


def test_the_longest_span_is_inclusive():
    edge = alert("edge", minute=12 * 60)
    assert "edge" in done(Add(incident="one", seen=1, members=(edge,), **WHO))["one"].members


@pytest.mark.parametrize(
    ("change", "why"),
    [
        pytest.param({"window_us": -1}, "window_us: -1", id="window"),
        pytest.param({"window_us": 2, "longest_us": 1}, "from 0 to longest_us 1", id="longer"),
        pytest.param({"window_us": 0, "longest_us": 0}, "longest_us: 0", id="longest"),
        pytest.param({"most": 0}, "most: 0; it must be from 1", id="most"),
    ],
)
def test_settings_that_cannot_be_are_refused(change, why):
    with pytest.raises(ValueError, match=why):
        Settings(**change)


@pytest.mark.parametrize("change", [{"version": 3}, {"version": 1}, {"incident": "two"}])
def test_an_event_that_is_not_the_next_one_is_a_broken_assumption(change):
    event = Event("one", 2, EventKind.CLOSED, NOON, "ann")
    with pytest.raises(ValueError, match="does not follow version 1 of one"):
        evolve(ONE, replace(event, **change))


ALERTS = [
    alert(name, severity, minute, place=place, active=active)
    for name, severity, minute, place, active in zip(
        "abcdefgh",
        itertools.cycle(["red", "yellow", "blue"]),
        [0, 5, 9, 30, 60, 400, 719, 900],
        itertools.cycle(["bridge", "lock"]),
        itertools.cycle([True, False, True, True, False]),
        strict=False,
    )
]
NAMES = ["i1", "i2", "i3", "i4"]
some_alerts = st.lists(st.sampled_from(ALERTS), max_size=4).map(tuple)
some_names = some_alerts.map(lambda them: tuple(one.alert for one in them))
name = st.sampled_from(NAMES)
maybe = st.sampled_from([*NAMES, ""])
SEEN = st.just(0)  # taken from the standing below
BY = {key: st.just(value) for key, value in WHO.items()}
commands = st.lists(
    st.one_of(
        st.builds(Open, incident=name, members=some_alerts, **BY),
        st.builds(Add, incident=name, seen=SEEN, members=some_alerts,
                  **BY),
        st.builds(Remove, incident=name, seen=SEEN, alerts=some_names,
                  **BY),
        st.builds(Merge, into=name, seen=SEEN, other=name, seen_other=SEEN,
                  **BY),
        st.builds(Split, incident=name, seen=SEEN, alerts=some_names, new=name,
                  **BY),
        st.builds(SetParent, incident=name, seen=SEEN, parent=maybe,
                  **BY),
        st.builds(Close, incident=name, seen=SEEN, **BY),
    ),
    max_size=25,
)  # fmt: skip


def seeing(command, standing):
    """Return a command whose actor saw everything as it is."""
    version = {one.id: one.version for one in standing.values()}
    if isinstance(command, Merge):
        return replace(
            command, seen=version.get(command.into, 0), seen_other=version.get(command.other, 0)
        )
    if isinstance(command, Open):
        return command
    return replace(command, seen=version.get(command.incident, 0))


@given(commands)
def test_whatever_people_do_each_alert_is_in_one_incident_and_no_part_has_parts(wanted):
    standing, log = {}, []
    for command in wanted:
        before = dict(standing)
        outcome = decide(standing, seeing(command, standing))
        assert standing == before
        if isinstance(outcome, Refusal):
            assert all(words.refusal(outcome))
            continue
        log += outcome
        standing = evolve_all(standing, outcome)
        is_open = [one for one in standing.values() if one.is_open]
        members = [each for one in is_open for each in one.members]
        assert len(members) == len(set(members))
        for one in is_open:
            first_us, last_us = one.span_us
            assert last_us - first_us <= Settings().longest_us
            if one.parent:
                assert standing[one.parent].is_open
                assert standing[one.parent].parent == ""
        for one in standing.values():
            assert one.is_open or not one.merged_into or not one.members
    assert evolve_all({}, log) == standing
    for one in standing.values():
        versions = [event.version for event in log if event.incident == one.id]
        assert versions == list(range(1, one.version + 1))
