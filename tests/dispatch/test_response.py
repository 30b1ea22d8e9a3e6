"""Response levels: started, raised, lowered, ended, each by somebody and for a reason."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.plans import Level, Response, Scope, SetLevel
from dispatch.plans.machine import Refusal
from dispatch.plans.response import ResponseKind, decide, evolve
from dispatch.plans.words import refusal
from dispatch.queue import Priority
from rules.alerts import Severity

FLOOD = Scope(matter="flood")


def put(level, seen=0, actor="ann", reason="rain"):
    return SetLevel(level=level and Level(level), seen=seen, actor=actor, reason=reason, at_us=9)


def after(*levels):
    one = Response(FLOOD)
    for level in levels:
        (event,) = decide(one, put(level, one.version))
        one = evolve(one, event)
    return one


@pytest.mark.parametrize(
    ("before", "level", "kind"),
    [
        pytest.param([], "IV", "started", id="started"),
        pytest.param(["IV"], "II", "raised", id="raised"),
        pytest.param(["I"], "IV", "lowered", id="lowered"),
        pytest.param(["III"], None, "ended", id="ended"),
        pytest.param(["IV", None], "I", "started", id="started_again"),
    ],
)
def test_what_happens_follows_from_where_it_stands(before, level, kind):
    one = after(*before)
    (event,) = decide(one, put(level, one.version))
    assert event.kind is ResponseKind(kind)
    following = evolve(one, event)
    assert following.level is (level and Level(level))
    assert (following.by, following.reason, following.since_us) == ("ann", "rain", 9)
    assert following.version == len(before) + 1


@pytest.mark.parametrize(
    ("before", "command", "code"),
    [
        pytest.param(["IV"], put("IV", 1), "same_level", id="the_same"),
        pytest.param([], put(None), "no_response", id="nothing_to_end"),
        pytest.param(["IV"], put("III"), "stale_response", id="somebody_was_first"),
        pytest.param(["IV"], put("III", 2), "not_yet", id="a_version_from_the_future"),
        pytest.param([], put("IV", reason=" "), "no_reason", id="for_no_reason"),
        pytest.param([], put("IV", reason="x" * 501), "too_long", id="too_long"),
        pytest.param([], put("IV", actor=""), "no_actor", id="nobody"),
    ],
)
def test_refusals_say_what_would_be_right(before, command, code):
    refused = decide(after(*before), command)
    assert isinstance(refused, Refusal)
    assert refused.code == code
    assert all(refusal(refused))


def test_who_was_first_is_told_with_what_stands_now():
    refused = decide(after("IV"), put("III", 0, "ben"))
    assert refusal(refused) == (
        "响应已由 ann 启动，现为 Ⅳ级（版本 1，所见为 0），请重新查看",
        "the response was started by ann and is level IV now (version 1, you saw 0); "
        "look at it again",
    )


@pytest.mark.parametrize("word", ["II", "ii", "Ⅱ", "2", " ii "])
def test_levels_are_read_as_people_write_them(word):
    assert Level.of(word) is Level.II


@pytest.mark.parametrize("word", ["", "V", "red", "0", "红"])
def test_what_is_no_level_is_told(word):
    with pytest.raises(ValueError, match="it must be I, II, III or IV"):
        Level.of(word)


@pytest.mark.parametrize("other", [Severity.RED, Priority.P1])
def test_a_response_level_is_neither_a_warning_colour_nor_a_priority(other):
    """Ⅳ is the weakest response, and blue the weakest colour; the two are never compared."""
    one: object = Level.I
    assert one != other
    with pytest.raises(TypeError):
        sorted([one, other])
    with pytest.raises(ValueError, match="no response level"):
        Level.of(getattr(other, "word", other.name))


def test_a_scope_is_an_incident_or_a_matter_of_the_district():
    assert Scope("i-1").key == "incident/i-1"
    for both in (("", ""), ("i-1", "flood")):
        with pytest.raises(ValueError, match="either of an incident or of a matter"):
            Scope(*both)


def test_an_event_of_another_response_is_a_broken_assumption():
    (event,) = decide(Response(FLOOD), put("IV"))
    with pytest.raises(ValueError, match="event 1 of district/flood does not follow version 0"):
        evolve(Response(Scope(matter="air")), event)


@given(st.lists(st.sampled_from(["I", "II", "III", "IV", None]), max_size=12))
def test_a_response_is_what_its_events_made_of_it(levels):
    one, events = Response(FLOOD), []
    for level in levels:
        outcome = decide(one, put(level, one.version))
        if isinstance(outcome, Refusal):
            assert one.level is (level and Level(level))
            continue
        events += outcome
        one = evolve(one, outcome[0])
        assert one.level is (level and Level(level))
    again = Response(FLOOD)
    for event in events:
        again = evolve(again, event)
    assert again == one
