"""A handover from the draft to the second signature."""

from __future__ import annotations

import msgspec
import pytest

from devices.calendar import HOUR_US, MINUTE_US
from dispatch.cases import Case, collect
from dispatch.cases import apply as apply_case
from dispatch.handover import (
    Content,
    Draft,
    Edit,
    EventKind,
    Facts,
    RefusalCode,
    Reopen,
    Sign,
    apply,
    decide,
    digest,
    sealed,
)
from dispatch.handover.drafting import MOST
from dispatch.handover.facts import DeviceLine, MaintenanceLine
from dispatch.handover.handover import Section, Side
from dispatch.handover.machine import EARLY_US, FRESH_US, MOST_TEXT
from dispatch.handover.words import refusal
from tests.dispatch.case_desk import GARBAGE, INSPECTOR, POLICY
from tests.dispatch.shifts import (
    DAY,
    END,
    FULL,
    done,
    drafted,
    facts,
    live,
    refused,
    us,
)

OUT, IN = Side.OUTGOING, Side.INCOMING


def signed(before, side, by, at_us=END):
    return done(before, Sign(before.version, side), by, at_us)


# What the draft says


def test_a_draft_names_the_most_urgent_first():
    found = facts(**FULL)
    assert [one.id for one in found.unacknowledged] == ["p1"]
    assert [one.id for one in found.shelved] == ["soon", "late"]
    assert found.expiring == 1
    assert (found.shelved[0].by, found.shelved[0].reason) == ("Ben", "检修")


def test_acknowledged_and_suppressed_alerts_do_not_wait_for_anybody():
    found = facts(alerts=(
        live("taken", acknowledged=True), live("quiet", suppressed=True), live("blue", "blue"),
        live("red"), live("back", shelved="2026-03-02T19:59"),
    ))  # fmt: skip
    assert [one.id for one in found.unacknowledged] == ["back", "red", "blue"]
    assert found.shelved == ()


def case(number, due_h):
    """Return a case whose limit is over so many hours after the shift."""
    (event,) = collect(1, number, GARBAGE, us("2026-03-02T09:00"), INSPECTOR, POLICY)
    one = apply_case(None, event)
    assert one.clock is not None
    clock = msgspec.structs.replace(
        one.clock, due_us=None if due_h is None else END + due_h * HOUR_US
    )  # fmt: skip
    return msgspec.structs.replace(one, clock=clock)


def test_cases_are_named_that_are_late_or_will_be_before_the_next_shift_ends():
    cases: tuple[Case, ...] = (
        case("later", 13), case("in the night", 12), case("late", -1), case("paused", None),
    )  # fmt: skip
    found = facts(cases=cases, categories={"garbage": ("暴露垃圾", "Garbage")})
    assert [(one.number, one.is_late) for one in found.cases] == [
        ("late", True), ("in the night", False),
    ]  # fmt: skip
    assert found.cases[0].category == ("暴露垃圾", "Garbage")


def test_of_many_silent_devices_the_longest_silent_are_named_and_all_are_counted():
    devices = [DeviceLine(f"d{n}", ("", ""), n or None) for n in range(MOST + 5, -1, -1)]
    found = facts(devices=devices)
    assert (len(found.devices), found.offline) == (MOST, MOST + 6)
    assert [one.id for one in found.devices[:3]] == ["d0", "d1", "d2"]


def test_maintenance_is_named_that_goes_on_or_begins_in_the_next_shift():
    def at(number, from_h, until_h):
        return MaintenanceLine(
            number, "device", "d", END + from_h * HOUR_US, END + until_h * HOUR_US, "a", "r"
        )

    found = facts(maintenance=(at(1, 12, 14), at(2, 11, 14), at(3, -2, 1), at(4, -2, 0)))
    assert [one.id for one in found.maintenance] == [3, 2]


# From the draft to the second signature


def test_a_handover_goes_its_way():
    one = drafted(**FULL)
    assert (one.key, one.version, one.status) == ("2026-03-02-day", 1, "draft")
    one = done(one, Edit(1, "tasks", " 02:00 复测水位 "))
    one = signed(one, OUT, "Ann")
    assert one.status == "outgoing"
    one = signed(one, IN, "Ben", END + MINUTE_US)
    assert (one.version, one.status, one.is_signed) == (4, "signed", True)
    assert one.outgoing
    assert one.incoming
    assert one.outgoing.sha256 == one.incoming.sha256 == digest(one.content)
    assert one.content.notes == {Section.TASKS: "02:00 复测水位"}
    assert one.incoming.at_us == END + MINUTE_US


def test_what_people_wrote_stays_when_it_is_drafted_anew():
    one = done(drafted(), Edit(1, "summary", "平稳"))
    one = done(one, Draft(2, facts(END + MINUTE_US, **FULL)), at_us=END + MINUTE_US)
    assert one.content.notes == {Section.SUMMARY: "平稳"}
    assert one.content.facts.drafted_us == END + MINUTE_US
    assert done(one, Edit(3, "summary", "")).content.notes == {}


COMMANDS = [
    pytest.param(lambda seen: Draft(seen, facts()), id="draft"),
    pytest.param(lambda seen: Edit(seen, "tasks", "x"), id="edit"),
    pytest.param(lambda seen: Sign(seen, OUT), id="sign-outgoing"),
    pytest.param(lambda seen: Sign(seen, IN), id="sign-incoming"),
    pytest.param(lambda seen: Reopen(seen, "错了"), id="reopen"),
]


@pytest.mark.parametrize("command", COMMANDS)
def test_nothing_changes_what_both_signed(command):
    one = signed(signed(drafted(), OUT, "Ann"), IN, "Ben")
    for seen in (0, one.version):
        found = refused(one, command(seen), "Cat")
        assert (found.code, found.facts["outgoing"], found.facts["incoming"]) == (
            RefusalCode.SIGNED, "Ann", "Ben",
        )  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS)
def test_who_saw_an_older_version_is_told_who_was_first(command):
    one = done(drafted(), Edit(1, "tasks", "复测"), "Ben")
    found = refused(one, command(1))
    assert found.code is RefusalCode.STALE_VERSION
    assert (found.facts["by"], found.facts["done"], found.facts["version"]) == ("Ben", "edited", 2)
    assert refused(one, command(9)).code is RefusalCode.STALE_VERSION


@pytest.mark.parametrize("command", COMMANDS[1:])
def test_without_a_draft_there_is_nothing(command):
    assert refused(None, command(0)).code is RefusalCode.UNKNOWN_HANDOVER


@pytest.mark.parametrize("command", COMMANDS[:2])
def test_what_one_signed_is_edited_only_once_it_is_reopened(command):
    one = signed(drafted(), OUT, "Ann")
    assert refused(one, command(2)).code is RefusalCode.HALF_SIGNED
    one = done(one, Reopen(2, "漏写水位"))
    assert (one.status, one.changed) == ("draft", EventKind.REOPENED)
    done(one, command(3))


@pytest.mark.parametrize("by", ["Ann", " ann", "A nn"])
def test_nobody_takes_over_from_themselves(by):
    one = signed(drafted(), OUT, "Ann")
    assert refused(one, Sign(2, IN), by).code is RefusalCode.SAME_PERSON


def test_who_hands_over_signs_first_and_once():
    one = drafted()
    assert refused(one, Sign(1, IN), "Ben").code is RefusalCode.NOT_SIGNED
    one = signed(one, OUT, "Ann")
    assert refused(one, Sign(2, OUT), "Ben").code is RefusalCode.SIGNED_ALREADY


@pytest.mark.parametrize("side", Side)
def test_an_unacknowledged_p1_blocks_both_signatures(side):
    one = drafted() if side is OUT else signed(drafted(), OUT, "Ann")
    found = refused(one, Sign(one.version, side, ["a" * 36, "b" * 36]), "Ben")
    assert (found.code, found.facts["count"]) == (RefusalCode.UNACKNOWLEDGED_P1, 2)
    assert "2 条一级告警未确认（aaaaaaaa, bbbbbbbb）" in refusal(found)[0]


def test_facts_are_fresh_when_who_hands_over_signs():
    one = drafted()
    signed(one, OUT, "Ann", END + FRESH_US)
    found = refused(one, Sign(1, OUT), at_us=END + FRESH_US + 1_000_000)
    assert (found.code, found.facts["age_s"]) == (RefusalCode.OLD_DRAFT, 1801)


def test_it_is_signed_from_an_hour_before_the_end():
    one = drafted(END - EARLY_US - 1)
    signed(one, OUT, "Ann", END - EARLY_US)
    assert refused(one, Sign(1, OUT), at_us=END - EARLY_US - 1).facts["from_us"] == END - EARLY_US


def test_a_shift_that_has_not_begun_has_no_handover():
    found = refused(None, Draft(0, facts()), at_us=DAY.from_us - 1)
    assert found.code is RefusalCode.NOT_BEGUN


def test_facts_of_another_shift_do_not_get_in():
    other = msgspec.structs.replace(DAY, id="night")
    assert refused(drafted(), Draft(1, facts(shift=other))).code is RefusalCode.OTHER_SHIFT


@pytest.mark.parametrize(
    ("command", "by", "code"),
    [
        pytest.param(Edit(1, "task", "x"), "Ann", RefusalCode.UNKNOWN_WORD, id="section"),
        pytest.param(
            Edit(1, "tasks", "x" * (MOST_TEXT + 1)), "Ann", RefusalCode.TOO_LONG, id="text"
        ),
        pytest.param(Edit(1, "tasks", "x"), " ", RefusalCode.MISSING, id="nobody"),
        pytest.param(Edit(1, "tasks", "x"), "x" * 101, RefusalCode.TOO_LONG, id="name"),
        pytest.param(Reopen(1, "x"), "Ann", RefusalCode.NOT_SIGNED, id="unsigned"),
    ],
)  # fmt: skip
def test_refusals_of_a_draft(command, by, code):
    found = refused(drafted(), command, by)
    assert found.code is code
    assert all(refusal(found))


def test_reopening_needs_a_reason():
    one = signed(drafted(), OUT, "Ann")
    assert refused(one, Reopen(2, " ")).field == "reason"


def test_every_refusal_has_its_sentences():
    from dispatch.handover.words import _SENTENCES

    assert set(_SENTENCES) == set(RefusalCode)


def test_a_clock_that_was_put_back_stands_still():
    one = done(drafted(), Edit(1, "tasks", "x"), at_us=END - HOUR_US)
    assert one.changed_us == END


# What signatures are of


def test_what_is_signed_is_the_same_bytes_however_it_was_made():
    one = done(done(drafted(**FULL), Edit(1, "tasks", "a")), Edit(2, "alerts", "b"))
    other = done(done(drafted(**FULL), Edit(1, "alerts", "b")), Edit(2, "tasks", "a"))
    assert sealed(one.content) == sealed(other.content)
    read_back = msgspec.json.decode(sealed(one.content), type=Content)
    assert sealed(read_back) == sealed(one.content)
    assert digest(done(other, Edit(3, "tasks", "c")).content) != digest(one.content)


def test_a_handover_is_what_its_events_made_of_it():
    one, events = None, []
    for command, by in (
        (Draft(0, facts(**FULL)), "Ann"), (Edit(1, "tasks", "x"), "Ann"), (Sign(2, OUT), "Ann"),
        (Reopen(3, "y"), "Ann"), (Sign(4, OUT), "Ann"), (Sign(5, IN), "Ben"),
    ):  # fmt: skip
        event = decide(one, command, END, by)
        events.append(event)
        one = apply(one, event)
    again = None
    for event in events:
        again = apply(again, msgspec.json.decode(msgspec.json.encode(event), type=type(event)))
    assert again == one
    assert isinstance(one.content.facts, Facts)
    with pytest.raises(ValueError, match="version 2 of 2026-03-02-day does not follow version 6"):
        apply(one, events[1])
