"""The seven stages and their side branches: who may do what, when, and what the clock does."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.cases import (
    Case,
    CaseEvent,
    ClockName,
    CommandKind,
    EventError,
    EventKind,
    Light,
    Outcome,
    Refusal,
    RefusalCode,
    Role,
    Stage,
    Who,
    apply,
    collect,
    parse_limit,
    possible,
)
from tests.dispatch.case_desk import (
    DISPATCHER,
    GARBAGE,
    INSPECTOR,
    NINE,
    OFFICE,
    POLICY,
    ROADS,
    SANITATION,
    Desk,
    local,
    us,
)


def at(time_us):
    """Return a time without its year."""
    return time_us and local(time_us).removeprefix("2026-")


def refusal(desk, *words, **given):
    """Return why a command is refused; nothing of it is done."""
    before = desk.case
    found = desk.tries(*words, **given)
    assert isinstance(found, Refusal), found
    assert desk.case == before
    return found


def test_a_case_goes_through_the_seven_stages():
    desk = Desk()
    seen = [(desk.case.stage, desk.case.clock.name, at(desk.case.clock.due_us))]
    for who, kind, time, fields in (
        (INSPECTOR, "file", "2026-03-02T09:30", {}),
        (DISPATCHER, "dispatch", "2026-03-02T10:00", {}),
        (SANITATION, "accept", "2026-03-02T10:10", {}),
        (SANITATION, "report-back", "2026-03-02T15:00", {"text": "已清理"}),
        (INSPECTOR, "verify", "2026-03-02T16:00", {"text": "现场已干净"}),
        (INSPECTOR, "close", "2026-03-02T16:05", {}),
        (INSPECTOR, "evaluate", "2026-03-03T09:00", {"mark": 5}),
    ):
        case = desk.does(who, kind, time, **fields)
        clock = case.clock
        seen.append((case.stage, clock and clock.name, clock and at(clock.due_us)))
    assert seen == [
        (Stage.COLLECTION, "filing", "03-02T10:00"),
        (Stage.FILING, "dispatch", "03-02T11:30"),
        (Stage.DISPATCH, "handling", "03-03T10:00"),
        (Stage.HANDLING, "handling", "03-03T10:00"),  # taking it starts no new limit
        (Stage.FEEDBACK, "verification", "03-03T15:00"),
        (Stage.VERIFICATION, "verification", "03-03T15:00"),
        (Stage.VERIFICATION, None, None),
        (Stage.EVALUATION, None, None),
    ]
    case = desk.case
    assert (case.outcome, case.mark, case.late, case.version) == (Outcome.CLOSED, 5, (), 8)
    assert (at(case.ended_us), at(case.handling_due_us)) == ("03-02T16:05", "03-03T10:00")
    assert [one.version for one in desk.events] == list(range(1, 9))


ALL = frozenset(CommandKind)
EVERYBODY = {
    "supervision": INSPECTOR, "command": DISPATCHER, "handling": SANITATION, "other": ROADS,
}  # fmt: skip
CAN = {
    "collection": {
        "supervision": "file reject supervise urge void", "command": "urge", "handling": "",
    },
    "filing": {
        "supervision": "supervise urge void", "command": "dispatch return urge", "handling": "",
    },
    "dispatch": {
        "supervision": "supervise urge void", "command": "suspend urge",
        "handling": "accept return ask-extension",
    },
    "handling": {
        "supervision": "supervise urge void", "command": "suspend urge",
        "handling": "return report-back ask-extension",
    },
    "asked": {
        "supervision": "supervise urge void",
        "command": "grant-extension deny-extension suspend urge",
        "handling": "return report-back",
    },
    "suspended": {
        "supervision": "supervise void", "command": "resume", "handling": "",
    },
    "feedback": {
        "supervision": "verify send-back supervise urge void", "command": "urge", "handling": "",
    },
    "verification": {
        "supervision": "send-back close supervise urge void", "command": "urge", "handling": "",
    },
    "closed": {"supervision": "evaluate", "command": "", "handling": ""},
    "rejected": {"supervision": "", "command": "", "handling": ""},
    "voided": {"supervision": "", "command": "", "handling": ""},
    "evaluated": {"supervision": "", "command": "", "handling": ""},
}  # fmt: skip
FULL = {
    "text": "为什么", "limit": "2 工作时", "mark": 3, "department": "roads",
}  # fmt: skip
USES = {
    "dispatch": ("text", "department"), "ask-extension": ("text", "limit"),
    "evaluate": ("text", "mark"),
}  # fmt: skip


def standing(state):
    desk = Desk()
    if state == "rejected":
        desk.does(INSPECTOR, "reject", text="不属城管")
    elif state == "voided":
        desk.does(INSPECTOR, "void", text="误报")
    elif state in ("suspended", "asked"):
        desk.brought_to("handling")
        if state == "asked":
            desk.does(SANITATION, "ask-extension", text="车坏", limit="2 工作时")
        else:
            desk.does(DISPATCHER, "suspend", text="等开挖许可")
    elif state == "evaluated":
        desk.brought_to("closed")
        desk.does(INSPECTOR, "evaluate", mark=4)
    else:
        desk.brought_to(state)
    return desk


@pytest.mark.parametrize("role", EVERYBODY)
@pytest.mark.parametrize("state", CAN)
def test_of_all_commands_just_these_can_be_given(state, role):
    desk, who = standing(state), EVERYBODY[role]
    can = set(CAN[state].get(role, "").split())
    for kind in ALL:
        given = {name: FULL[name] for name in USES.get(kind, ("text",))}
        found = desk.tries(who, kind, **given)
        assert isinstance(found, Refusal) is (kind not in can), (kind, found)
    assert {str(one) for one in possible(desk.case, who)} == can


def test_a_refusal_tells_the_stages_at_which_it_would_be_right():
    desk = Desk()
    assert refusal(desk, DISPATCHER, "dispatch") == Refusal(
        RefusalCode.WRONG_STAGE, "", {"stage": "collection", "right": ["filing"]}
    )
    assert refusal(desk, SANITATION, "return", text="非本单位").facts["right"] == [
        "dispatch", "handling",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("who", "kind", "right"),
    [
        pytest.param(DISPATCHER, "file", ["supervision"], id="command_does_not_file"),
        pytest.param(DISPATCHER, "close", ["supervision"], id="command_does_not_close"),
        pytest.param(SANITATION, "verify", ["supervision"], id="nobody_verifies_their_own_work"),
        pytest.param(INSPECTOR, "dispatch", ["command"], id="supervision_does_not_dispatch"),
        pytest.param(INSPECTOR, "report-back", ["handling"], id="supervision_does_not_handle"),
        pytest.param(INSPECTOR, "return", ["command", "handling"], id="two_roles_return"),
        pytest.param(SANITATION, "grant-extension", ["command"], id="nobody_grants_themselves"),
    ],
)
def test_roles_are_separated_at_every_stage(who, kind, right):
    for state in CAN:
        found = refusal(standing(state), who, kind, text="x")
        assert (found.code, found.field) == (RefusalCode.WRONG_ROLE, "who.role")
        assert found.facts == {"role": who.role, "right": right}


def test_who_saw_an_older_version_is_told_who_was_first():
    desk = Desk()
    desk.does(INSPECTOR, "file", "2026-03-02T09:30")
    found = refusal(desk, Who("陈监督", Role.SUPERVISION), "reject", text="重复", version=1)
    assert found == Refusal(
        RefusalCode.STALE_VERSION, "version",
        {"seen": 1, "version": 2, "by": "李监督", "role": "supervision", "done": "filed",
         "at_us": us("2026-03-02T09:30")},
    )  # fmt: skip
    assert refusal(desk, DISPATCHER, "dispatch", version=3).code is RefusalCode.STALE_VERSION


@pytest.mark.parametrize(
    ("kind", "who", "stage"),
    [
        ("reject", INSPECTOR, "collection"),
        ("return", DISPATCHER, "filing"),
        ("return", SANITATION, "handling"),
        ("report-back", SANITATION, "handling"),
        ("send-back", INSPECTOR, "feedback"),
        ("suspend", DISPATCHER, "handling"),
        ("supervise", INSPECTOR, "handling"),
        ("void", INSPECTOR, "filing"),
    ],
)
def test_a_reason_is_needed_and_not_endless(kind, who, stage):
    desk = standing(stage)
    assert refusal(desk, who, kind, text=" \n") == Refusal(RefusalCode.MISSING, "text")
    assert refusal(desk, who, kind, text="长" * 501) == Refusal(
        RefusalCode.TOO_LONG, "text", {"length": 501, "most": 500}
    )
    assert desk.does(who, kind, text="长" * 500).version == len(desk.events)


@pytest.mark.parametrize(
    ("state", "who", "kind", "given", "code", "field"),
    [
        pytest.param("filing", DISPATCHER, "dispatch", {"department": "road"},
                     "unknown_word", "department", id="no_such_department"),
        pytest.param("filing", DISPATCHER, "dispatch", {"mark": 3}, "unused", "mark",
                     id="field_of_another_command"),
        pytest.param("handling", SANITATION, "ask-extension", {"text": "车坏"},
                     "missing", "limit", id="extension_without_a_limit"),
        pytest.param("handling", SANITATION, "ask-extension",
                     {"text": "车坏", "limit": "2 紧急工作时"},
                     "other_time", "limit", id="extension_in_another_time"),
        pytest.param("closed", INSPECTOR, "evaluate", {}, "missing", "mark", id="no_mark"),
        pytest.param("closed", INSPECTOR, "evaluate", {"mark": 6}, "out_of_range", "mark",
                     id="mark_too_high"),
        pytest.param("verification", INSPECTOR, "evaluate", {"mark": 3}, "not_closed", "",
                     id="mark_of_an_open_case"),
        pytest.param("dispatch", ROADS, "accept", {}, "other_department", "who.department",
                     id="another_department"),
        pytest.param("dispatch", Who("x", Role.HANDLING), "accept", {}, "missing",
                     "who.department", id="handling_for_nobody"),
        pytest.param("dispatch", Who("x", Role.HANDLING, "parks"), "accept", {}, "unknown_word",
                     "who.department", id="handling_for_an_unknown_department"),
        pytest.param("filing", Who(" ", Role.COMMAND), "dispatch", {}, "missing", "who",
                     id="nobody"),
        pytest.param("filing", Who("x" * 101, Role.COMMAND), "dispatch", {}, "too_long", "who",
                     id="endless_name"),
        pytest.param("suspended", SANITATION, "report-back", {"text": "x"}, "suspended", "",
                     id="suspended"),
        pytest.param("handling", DISPATCHER, "resume", {}, "not_suspended", "",
                     id="not_suspended"),
        pytest.param("asked", SANITATION, "ask-extension", {"text": "x", "limit": "1 工作时"},
                     "extension_asked", "", id="asked_twice"),
        pytest.param("handling", DISPATCHER, "grant-extension", {}, "no_extension_asked", "",
                     id="granted_unasked"),
        pytest.param("voided", INSPECTOR, "file", {}, "ended", "", id="ended"),
    ],
)  # fmt: skip
def test_a_refusal_says_what_and_where(state, who, kind, given, code, field):
    found = refusal(standing(state), who, kind, **given)
    assert (found.code, found.field) == (code, field)


def test_an_unknown_word_comes_with_the_nearest():
    found = refusal(standing("filing"), DISPATCHER, "dispatch", department="road")
    assert found.facts == {"word": "road", "near": "roads", "right": ["roads", "sanitation"]}


@pytest.mark.parametrize(
    ("changes", "who", "code", "field"),
    [
        pytest.param({"description": " "}, INSPECTOR, "missing", "description", id="says_nothing"),
        pytest.param({"description": "长" * 2001}, INSPECTOR, "too_long", "description", id="long"),
        pytest.param({"category": "garbge"}, INSPECTOR, "unknown_word", "category", id="category"),
        pytest.param({"place": "x" * 101}, INSPECTOR, "too_long", "place", id="endless_place"),
        pytest.param({"lat": None}, INSPECTOR, "missing", "lat", id="half_a_position"),
        pytest.param({"lon": 181.0}, INSPECTOR, "out_of_range", "lon", id="off_the_globe"),
        pytest.param({"lat": float("nan")}, INSPECTOR, "out_of_range", "lat", id="nan"),
        pytest.param({}, DISPATCHER, "wrong_role", "who.role", id="command_does_not_collect"),
    ],
)
def test_a_report_that_is_none_begins_nothing(changes, who, code, field):
    report = msgspec.structs.replace(GARBAGE, **changes)
    found = collect(1, "n", report, NINE, who, POLICY)
    assert isinstance(found, Refusal)
    assert (found.code, found.field) == (code, field)


def test_a_case_is_dispatched_to_the_category_s_department_or_another():
    assert standing("dispatch").case.department == "sanitation"
    desk = standing("filing")
    assert desk.does(DISPATCHER, "dispatch", department="roads").department == "roads"
    assert refusal(desk, SANITATION, "accept").code is RefusalCode.OTHER_DEPARTMENT
    desk.does(ROADS, "return", text="属环卫")
    assert desk.does(DISPATCHER, "dispatch").department == "sanitation"


def test_what_is_returned_goes_back_one_side_and_its_limit_begins_anew():
    desk = standing("handling")
    case = desk.does(SANITATION, "return", "2026-03-02T11:00", text="非本单位")
    assert (case.stage, case.clock.name, at(case.clock.due_us)) == (
        Stage.FILING, "dispatch", "03-02T15:00",
    )  # fmt: skip
    assert (case.returned, case.handling_due_us) == (1, None)
    case = desk.does(DISPATCHER, "return", "2026-03-02T11:30", text="位置不清")
    assert (case.stage, case.clock.name, at(case.clock.due_us)) == (
        Stage.COLLECTION, "filing", "03-02T14:30",
    )  # fmt: skip
    assert case.returned == 1
    case = desk.does(INSPECTOR, "file", "2026-03-02T14:10")
    assert at(case.filed_us) == "03-02T10:00"  # it was filed first then


def test_rework_has_a_limit_of_its_own_and_is_counted():
    desk = standing("feedback")
    case = desk.does(INSPECTOR, "send-back", "2026-03-02T15:00", text="还有残留")
    assert (case.stage, case.sent_back, case.department) == (Stage.HANDLING, 1, "sanitation")
    assert (case.clock.name, at(case.clock.due_us)) == ("handling", "03-02T17:00")
    desk.does(SANITATION, "report-back", "2026-03-02T17:01", text="已清理")
    assert desk.case.late == (ClockName.HANDLING,)
    case = desk.does(INSPECTOR, "send-back", "2026-03-03T09:00", text="仍有残留")
    desk.does(SANITATION, "report-back", "2026-03-04T17:01", text="已清理")
    assert (desk.case.sent_back, desk.case.late) == (2, (ClockName.HANDLING,))


def test_suspension_stops_the_clock_and_what_is_left_goes_on():
    desk = standing("handling")
    assert at(desk.case.clock.due_us) == "03-03T10:00"
    case = desk.does(DISPATCHER, "suspend", "2026-03-02T11:00", text="等开挖许可")
    assert (case.is_suspended, case.clock.due_us, case.handling_due_us) == (True, None, None)
    assert case.clock.light(us("2026-05-01T00:00")) is Light.PAUSED
    case = desk.does(DISPATCHER, "resume", "2026-03-09T17:00")
    # 1 h of 7.5 h was used: 1 h on Monday, 5.5 h on Tuesday.
    assert (case.is_suspended, at(case.clock.due_us)) == (False, "03-10T16:00")
    assert at(case.handling_due_us) == "03-10T16:00"


def test_an_extension_is_asked_for_and_granted_or_denied():
    desk = standing("handling")
    case = desk.does(SANITATION, "ask-extension", text="车坏", limit="2 工作时")
    assert (case.extension, at(case.clock.due_us)) == (parse_limit("2 工作时"), "03-03T10:00")
    case = desk.does(DISPATCHER, "deny-extension", text="另派车")
    assert (case.extension, case.extended, at(case.clock.due_us)) == (None, 0, "03-03T10:00")
    desk.does(SANITATION, "ask-extension", text="车坏", limit="1 工作日")
    case = desk.does(DISPATCHER, "grant-extension")
    assert (case.extension, case.extended, at(case.clock.due_us)) == (None, 1, "03-04T10:00")
    assert desk.events[-1].limit == parse_limit("1 工作日")
    assert at(case.handling_due_us) == "03-04T10:00"


def test_an_extension_nobody_answered_is_gone_with_the_report():
    desk = standing("asked")
    assert desk.does(SANITATION, "report-back", text="已清理").extension is None


def test_supervising_and_urging_change_no_stage_and_no_clock():
    desk = standing("handling")
    before = desk.case
    desk.does(INSPECTOR, "supervise", text="群众反复反映")
    desk.does(DISPATCHER, "urge")
    desk.does(INSPECTOR, "urge", text="快点")
    after = desk.case
    assert (after.is_supervised, after.urged) == (True, 2)
    assert (after.stage, after.clock, after.department) == (
        before.stage, before.clock, before.department,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("time", "late"),
    [
        pytest.param("2026-03-03T10:00", (), id="at_that_very_minute"),
        pytest.param("2026-03-03T10:00:00.000001", (ClockName.HANDLING,), id="just_after"),
    ],
)
def test_done_at_the_very_end_is_in_time(time, late):
    desk = standing("handling")
    assert desk.does(SANITATION, "report-back", time, text="已清理").late == late


def test_each_side_is_late_for_itself():
    desk = Desk()
    desk.does(INSPECTOR, "file", "2026-03-02T11:00")
    desk.does(DISPATCHER, "dispatch", "2026-03-03T11:00")
    desk.does(SANITATION, "return", "2026-03-03T11:30", text="非本单位")
    desk.does(DISPATCHER, "dispatch", "2026-03-03T11:40")
    desk.does(SANITATION, "accept", "2026-03-03T11:45")
    desk.does(SANITATION, "report-back", "2026-03-03T11:50", text="已清理")
    desk.does(INSPECTOR, "verify", "2026-03-10T11:00")
    desk.does(INSPECTOR, "close", "2026-03-10T11:00")
    assert desk.case.late == ("filing", "dispatch", "verification")


def test_a_department_is_not_late_for_the_one_before_it():
    desk = standing("handling")
    assert desk.does(SANITATION, "return", "2026-03-05T10:00", text="属市政").late == ("handling",)
    desk.does(DISPATCHER, "dispatch", "2026-03-05T10:00")
    assert desk.case.late == ("handling",)
    desk.does(SANITATION, "return", "2026-03-05T10:30", text="属市政")
    desk.does(DISPATCHER, "dispatch", "2026-03-05T17:00", department="roads")
    assert desk.case.late == ("dispatch",)


def test_what_is_voided_is_late_for_nobody():
    desk = standing("handling")
    case = desk.does(INSPECTOR, "void", "2026-03-20T10:00", text="误报")
    assert (case.outcome, case.late, case.clock) == (Outcome.VOIDED, (), None)


def test_a_category_may_have_stages_without_a_limit():
    desk = Desk(msgspec.structs.replace(GARBAGE, category="cover"))
    assert (desk.case.clock, desk.case.department) == (None, "roads")
    case = desk.does(INSPECTOR, "file", "2026-03-02T20:00")
    assert at(case.clock.due_us) == "03-02T21:00"


def test_a_category_that_was_given_up_is_named():
    desk = standing("filing")
    gone = type(POLICY)(
        POLICY.departments, {"cover": POLICY.categories["cover"]}, POLICY.hours, POLICY.numbering,
        POLICY.sameness,
    )  # fmt: skip
    found = refusal(desk, DISPATCHER, "dispatch", policy=gone)
    assert (found.code, found.field) == (RefusalCode.UNKNOWN_WORD, "category")
    assert not isinstance(desk.tries(INSPECTOR, "void", text="误报", policy=gone), Refusal)


def test_a_clock_that_was_put_back_stands_still():
    desk = standing("handling")
    case = desk.does(SANITATION, "report-back", "2026-03-01T00:00", text="已清理")
    assert at(case.changed_us) == "03-02T10:00"


@pytest.mark.parametrize(
    "changes", [{"version": 4}, {"version": 2}, {"case": 8}], ids=["gap", "again", "other"]
)
def test_an_event_that_does_not_follow_is_a_broken_assumption(changes):
    desk = standing("filing")
    (event,) = desk.tries(DISPATCHER, "dispatch")
    with pytest.raises(EventError, match="version 3 of case 7 comes next"):
        apply(desk.case, msgspec.structs.replace(event, **changes))
    with pytest.raises(EventError, match="nothing was before it"):
        apply(None, event)


STEPS = st.tuples(
    st.sampled_from([INSPECTOR, DISPATCHER, SANITATION, ROADS]),
    st.integers(0, 17),
    st.integers(0, 3 * 1440),
    st.sampled_from(["", "roads", "sanitation"]),
    st.sampled_from(["1 工作时", "2 工作日"]),
)


@given(st.lists(STEPS, max_size=30))
def test_whatever_is_tried_a_case_is_what_its_events_made_of_it(tried):
    desk = Desk()
    now = datetime(2026, 3, 2, 9)  # noqa: DTZ001 (its text is of Beijing)
    for who, number, minutes, department, limit in tried:
        now += timedelta(minutes=minutes)
        can = possible(desk.case, who)
        if not can:
            continue
        kind = can[number % len(can)]
        given_all = {"text": "x", "limit": limit, "mark": 2, "department": department}
        names = USES.get(kind, ("text",))
        before = desk.case
        desk.does(who, kind, now.isoformat(), **{name: given_all[name] for name in names})
        event = desk.events[-1]
        assert desk.case.version == before.version + 1
        assert event.at_us >= before.changed_us
        if before.clock and event.late:
            assert event.at_us > before.clock.due_us
        assert desk.case.is_suspended <= (desk.case.stage in (Stage.DISPATCH, Stage.HANDLING))
        assert (desk.case.ended_us is None) is desk.case.is_open
        if desk.case.clock is not None:
            assert desk.case.is_open
            assert desk.case.clock.left_us(event.at_us, OFFICE) <= desk.case.clock.length_us
    stored = msgspec.json.decode(msgspec.json.encode(desk.events), type=list[CaseEvent])
    again = None
    for event in stored:
        again = apply(again, event)
    assert again == desk.case
    assert msgspec.json.decode(msgspec.json.encode(again), type=Case) == desk.case


def test_every_event_can_come_about():
    """Of each command one event, and the other way round."""
    assert len(EventKind) == len(CommandKind) + 1
