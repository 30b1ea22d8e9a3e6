"""What may be done with a crew, and what becomes of it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.crews import words
from dispatch.crews.commands import MOST_REASON, NEEDS_REASON, Command, Do
from dispatch.crews.machine import Event, EventKind, Refusal, evolve, possible, step
from dispatch.crews.state import CrewState, Position, Status, Task

NOON = 1_790_000_000_000_000
TASK = Task("a-1", "i-1", NOON, "ann")


def crew(status=Status.IDLE, version=3):
    task = None if status is Status.IDLE else TASK
    return CrewState(
        "pumps", version, status, task, Position(120.1, 32.5, NOON), NOON, "ann", "dispatched"
    )


def command(do, seen=3, **more):
    given_ = {"reason": "a flat tyre" if do in NEEDS_REASON else ""}
    if do is Do.DISPATCH:
        given_ |= {"incident": "i-2", "assignment": "a-2"}
    return Command(do, seen, "ben", NOON + 60, **{**given_, **more})


ALLOWED = {
    Status.IDLE: {Do.DISPATCH: Status.ASSIGNED},
    Status.ASSIGNED: {
        Do.ACCEPT: Status.ACCEPTED, Do.DECLINE: Status.IDLE, Do.RECALL: Status.IDLE,
    },
    Status.ACCEPTED: {
        Do.DEPART: Status.EN_ROUTE, Do.ARRIVE: Status.ON_SCENE, Do.RECALL: Status.IDLE,
    },
    Status.EN_ROUTE: {Do.ARRIVE: Status.ON_SCENE, Do.RECALL: Status.IDLE},
    Status.ON_SCENE: {
        Do.START: Status.HANDLING, Do.FINISH: Status.DONE, Do.RECALL: Status.IDLE,
    },
    Status.HANDLING: {Do.FINISH: Status.DONE, Do.RECALL: Status.IDLE},
    Status.DONE: {Do.DISPATCH: Status.ASSIGNED, Do.READY: Status.IDLE},
}  # fmt: skip


@pytest.mark.parametrize("do", Do, ids=lambda one: one.value)
@pytest.mark.parametrize("status", Status, ids=lambda one: one.value)
def test_from_each_state_exactly_some_commands_lead_on(status, do):
    """The whole table: seven states, nine commands."""
    outcome = step(crew(status), command(do))
    if do in ALLOWED[status]:
        (event,) = outcome
        assert event.status is ALLOWED[status][do]
        assert evolve(crew(status), event).status is ALLOWED[status][do]
    else:
        assert isinstance(outcome, Refusal)
        assert outcome.code == ("busy" if do is Do.DISPATCH else "not_from_here")
    assert (do in possible(status)) is (do in ALLOWED[status])


def test_the_whole_way_keeps_the_task_until_the_crew_is_ready():
    at, seen = crew(), []
    for do in (Do.DISPATCH, Do.ACCEPT, Do.DEPART, Do.ARRIVE, Do.START, Do.FINISH, Do.READY):
        (event,) = step(at, command(do, at.version))
        at = evolve(at, event)
        seen.append((at.status.zh, at.task.incident if at.task else ""))
        assert (event.assignment, event.incident) == ("a-2", "i-2")
    assert seen == [
        ("已派", "i-2"), ("已接", "i-2"), ("途中", "i-2"), ("到场", "i-2"), ("处置中", "i-2"),
        ("完成", "i-2"), ("空闲", ""),
    ]  # fmt: skip
    assert (at.version, at.position) == (10, crew().position)


def test_only_a_dispatch_says_which_incident_it_is_about():
    (event,) = step(crew(Status.ASSIGNED), command(Do.ACCEPT, incident="i-9", assignment="a-9"))
    assert (event.assignment, event.incident) == ("a-1", "i-1")


@pytest.mark.parametrize(
    ("standing", "told", "code", "zh", "en"),
    [
        pytest.param(
            crew(Status.ACCEPTED), command(Do.DISPATCH), "busy",
            "pumps 已由 ann 派往事件 i-1，现 已接；请另选队伍或先撤回",
            "crew pumps was dispatched by ann to incident i-1 and is accepted; "
            "send another, or recall it first",
            id="who_comes_second_is_told_who_was_first",
        ),
        pytest.param(
            crew(Status.ACCEPTED, 4), command(Do.DISPATCH, 3), "busy",
            "pumps 已由 ann 派往", "was dispatched by ann", id="busy_goes_before_stale",
        ),
        pytest.param(
            crew(Status.ASSIGNED, 4), command(Do.ACCEPT, 3), "stale",
            "pumps 已由 ann 派遣（版本 4，所见为 3），请重新查看",
            "crew pumps was dispatched by ann (version 4, you saw 3); look at it again",
            id="stale",
        ),
        pytest.param(
            crew(Status.ASSIGNED), command(Do.ARRIVE), "not_from_here",
            "pumps 现 已派，不能到场；可以：接单、拒接、撤回",
            "crew pumps is assigned and cannot arrive; it can accept, decline, recall",
            id="not_from_here",
        ),
        pytest.param(
            crew(Status.ASSIGNED), command(Do.DECLINE, reason=" "), "no_reason",
            "拒接须说明原因", "decline needs a reason", id="no_reason",
        ),
        pytest.param(
            crew(Status.ASSIGNED), command(Do.RECALL, reason="x" * (MOST_REASON + 1)),
            "reason_too_long", "原因 501 字", "has 501 characters of 500", id="long_reason",
        ),
        pytest.param(
            crew(), replace(command(Do.DISPATCH), actor=" "), "no_actor",
            "须说明操作人", "an actor is needed", id="no_actor",
        ),
        pytest.param(
            crew(), command(Do.DISPATCH, incident=""), "no_incident",
            "派遣须指明事件", "needs an incident", id="no_incident",
        ),
    ],
)  # fmt: skip
def test_a_refusal_says_who_what_and_what_would_be_right(standing, told, code, zh, en):
    refused = step(standing, told)
    assert isinstance(refused, Refusal)
    assert refused.code == code
    said = words.refusal(refused)
    assert zh in said[0]
    assert en in said[1]


def test_a_reason_of_the_longest_length_is_taken():
    assert not isinstance(
        step(crew(Status.ASSIGNED), command(Do.RECALL, reason="x" * MOST_REASON)), Refusal
    )


def test_a_crew_that_nobody_ever_told_anything_is_refused_in_words_too():
    refused = step(CrewState("new"), command(Do.ACCEPT, 0))
    assert "crew new is idle and cannot accept; it can dispatch" in words.refusal(refused)[1]


@given(st.lists(st.sampled_from(Do), max_size=30), st.data())
def test_events_in_order_are_the_state_and_every_version_happens_once(wanted, data):
    at, events = CrewState("pumps"), []
    for do in wanted:
        seen = data.draw(st.sampled_from([at.version, at.version, at.version - 1]))
        outcome = step(at, command(do, seen))
        if isinstance(outcome, Refusal):
            words.refusal(outcome) if outcome.facts.get("how") or outcome.code != "stale" else None
            continue
        events += outcome
        at = evolve(at, outcome[0])
    again = CrewState("pumps")
    for event in events:
        again = evolve(again, event)
    assert again == at
    assert [one.version for one in events] == list(range(1, len(events) + 1))
    assert (at.task is None) is (at.status is Status.IDLE)


@pytest.mark.parametrize(
    "event",
    [
        pytest.param({"version": 5}, id="a_gap"),
        pytest.param({"version": 3}, id="again"),
        pytest.param({"crew": "others"}, id="another_crew"),
    ],
)
def test_an_event_that_is_not_the_next_one_is_a_broken_assumption(event):
    one = Event("pumps", 4, EventKind.READIED, Status.IDLE, NOON, "ann", "", "a-1", "i-1")
    with pytest.raises(ValueError, match="does not follow version 3 of pumps"):
        evolve(crew(Status.DONE), replace(one, **event))
