"""Started plans: what can be done with their items, and what is told to who is late or wrong."""

from __future__ import annotations

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.plans import (
    Do,
    EventKind,
    ItemState,
    Move,
    Refusal,
    Reopen,
    Run,
    Skip,
    Start,
    decide,
    evolve,
    read,
)
from dispatch.plans.words import refusal
from tests.dispatch.test_plan_file import PLANS

MINUTE = 60_000_000
CLOSURE = read(PLANS).plans["closure"]


def start(at_us=0, **more):
    return Start(
        actor="ann", at_us=at_us, run="r-1", plan=CLOSURE, incident="i-1", **more
    )  # fmt: skip


def after(run, *commands):
    for command in commands:
        events = decide(run, command)
        assert not isinstance(events, Refusal), refusal(events)
        for event in events:
            run = evolve(run, event)
    return run


def do(item, seen=1, actor="ben", text="", at_us=MINUTE):
    return Do(actor=actor, at_us=at_us, seen=seen, item=item, text=text)


def skip(item, seen=1, actor="ben", text="dry", at_us=MINUTE):
    return Skip(actor=actor, at_us=at_us, seen=seen, item=item, text=text)


def reopen(item, seen, actor="cid", text="wrong one", at_us=2 * MINUTE):
    return Reopen(actor=actor, at_us=at_us, seen=seen, item=item, text=text)


def states(run):
    return {one.item.id: one.state.value for one in run.items}


def test_a_started_plan_has_all_its_items_open_and_due_from_its_start():
    run = after(None, start(7 * MINUTE, alert="a-1", text="water"))
    assert (run.id, run.plan, run.incident, run.version) == ("r-1", "closure", "i-1", 1)
    assert (run.started_by, run.alert, run.changed_how) == ("ann", "a-1", "started")
    assert states(run) == {"look": "open", "close": "open", "reopen": "open"}
    assert [one.due_us(run.started_us) for one in run.items] == [9 * MINUTE, 12 * MINUTE, None]


def test_items_are_done_with_a_note_and_skipped_with_a_reason():
    run = after(None, start(), do("look", text="20 cm"), skip("close", text="closed by town"))
    look, close, left = run.items
    assert (look.state, look.by, look.at_us, look.text) == (
        ItemState.DONE, "ben", MINUTE, "20 cm",
    )  # fmt: skip
    assert (close.state, close.text) == (ItemState.SKIPPED, "closed by town")
    assert run.open_items == (left,)
    assert after(run, do("reopen", 3)).is_finished


def test_a_plan_is_started_once_in_an_incident():
    run = after(None, start(5))
    refused = decide(run, start(9))
    assert refused.code == "already"
    assert refused.facts["by"] == "ann"
    assert refused.facts["at_us"] == 5
    assert "once per incident" in refusal(refused)[1]


def test_who_works_on_another_item_is_not_held_up():
    run = after(None, start(), do("look", 1), do("close", 1), skip("reopen", 1))
    assert (run.version, run.is_finished) == (4, True)


def test_of_two_who_do_the_same_item_the_second_is_told_who_was_first():
    refused = decide(after(None, start(), do("look")), skip("look", actor="cid"))
    assert refused.code == "not_open"
    assert refusal(refused) == (
        "事项 look 已由 ben 处理（已完成）", "item look is done already, by ben",
    )  # fmt: skip


def test_an_item_that_was_opened_again_since_somebody_looked_is_refused_to_them():
    run = after(None, start(), do("look", 1), reopen("look", 2))
    assert states(run)["look"] == "open"
    refused = decide(run, do("look", 2))
    assert (refused.code, refused.facts["by"], refused.facts["seen"]) == ("stale", "cid", 2)
    assert "look at it again" in refusal(refused)[1]
    assert after(run, do("look", 3)).version == 4


def test_a_merged_incident_hands_its_run_over_with_all_that_was_done():
    run = after(None, start(), do("look"), Move(actor="rules", at_us=9, incident="i-2"))
    assert (run.incident, run.version, run.changed_how) == ("i-2", 3, "moved")
    assert states(run)["look"] == "done"


@pytest.mark.parametrize(
    ("command", "code"),
    [
        pytest.param(do("look", actor=" "), "no_actor", id="nobody"),
        pytest.param(skip("look", text=" "), "no_reason", id="skipped_for_no_reason"),
        pytest.param(do("lok"), "unknown_item", id="no_such_item"),
        pytest.param(do("look", text="x" * 501), "too_long", id="too_long"),
        pytest.param(do("look", seen=2), "not_yet", id="a_version_from_the_future"),
        pytest.param(reopen("look", 1), "open", id="open_already"),
    ],
)
def test_refusals_say_what_would_be_right(command, code):
    refused = decide(after(None, start()), command)
    assert refused.code == code
    assert all(refusal(refused))


def test_a_reason_is_needed_to_open_an_item_again():
    run = after(None, start(), do("look"))
    assert decide(run, reopen("look", 2, text="")).code == "no_reason"


def test_a_misspelt_item_is_told_with_the_nearest():
    refused = decide(after(None, start()), do("lok"))
    assert "did you mean look? known: look, close, reopen" in refusal(refused)[1]


def test_only_a_start_needs_no_run():
    with pytest.raises(ValueError, match="do needs a run"):
        decide(None, do("look"))


def test_an_event_that_does_not_follow_is_a_broken_assumption():
    (event,) = decide(None, start())
    run = evolve(None, event)
    with pytest.raises(ValueError, match=r"event 1 .* does not follow version 1 of r-1"):
        evolve(run, event)
    (later,) = decide(run, do("look"))
    with pytest.raises(ValueError, match="does not follow version 0"):
        evolve(None, later)


_ITEMS = ("look", "close", "reopen")
_COMMANDS = st.builds(
    lambda kind, item, seen: kind(actor="ben", at_us=1, seen=seen, item=item, text="why"),
    st.sampled_from((Do, Skip, Reopen)), st.sampled_from(_ITEMS), st.integers(0, 8),
)  # fmt: skip


@given(st.lists(_COMMANDS, max_size=12))
def test_whatever_is_asked_versions_have_no_gap_and_a_refusal_changes_nothing(commands):
    run = after(None, start())
    events = 1
    for command in commands:
        before: Run = copy.deepcopy(run)
        outcome = decide(run, command)
        assert run == before
        if isinstance(outcome, Refusal):
            assert all(refusal(outcome))
            continue
        (event,) = outcome
        run = evolve(run, event)
        events += 1
        assert run.version == event.version == events
        (own,) = [one for one in run.items if one.item.id == command.item]
        assert own.version == run.version
        assert (own.state is ItemState.OPEN) == (event.kind is EventKind.REOPENED)
        assert [one for one in run.items if one is not own] == [
            one for one in before.items if one.item.id != command.item
        ]
