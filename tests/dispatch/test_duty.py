"""`duty.yaml` and who is on duty: what it says, and what is told of each mistake in it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.handover import on_duty, shift_at
from dispatch.handover.duty_file import read
from rules.language import RuleError
from tests.dispatch.shifts import DUTY, ROSTER, us

MINUTE = 60_000_000


@pytest.mark.parametrize(
    ("at", "shift", "day", "leader", "change"),
    [
        pytest.param("2026-03-01T08:00", "day", "03-01", "ann", "2026-03-01T20:00", id="begin"),
        pytest.param("2026-03-01T19:59", "day", "03-01", "ann", "2026-03-01T20:00", id="last"),
        pytest.param("2026-03-01T20:00", "night", "03-01", "cat", "2026-03-02T08:00", id="end"),
        pytest.param("2026-03-02T07:59", "night", "03-01", "cat", "2026-03-02T08:00", id="after-0"),
        pytest.param("2026-03-02T08:00", "day", "03-02", "cat", "2026-03-02T20:00", id="turn"),
        pytest.param("2026-02-28T09:00", "day", "02-28", "cat", "2026-02-28T20:00", id="before"),
        pytest.param("2026-03-11T07:00", "night", "03-10", "ann", "2026-03-11T08:00", id="swap"),
    ],
)
def test_who_is_on_duty(at, shift, day, leader, change):
    found = on_duty(ROSTER, us(at))
    assert (found.shift.id, f"{found.day:%m-%d}", found.leader.id) == (shift, day, leader)
    assert found.until_us == us(change)


def test_people_stand_with_their_posts_and_the_leader_apart():
    found = on_duty(ROSTER, us("2026-03-01T09:00"))
    assert [(post, one.name[1]) for post, one in found.people] == [("dispatcher", "Ben")]
    assert found.team.name == ("一值", "Team 1")


@given(st.integers(0, 2**51))
def test_somebody_is_on_duty_at_any_time_and_shifts_touch(at_us):
    now = on_duty(ROSTER, at_us)
    assert now.from_us <= at_us < now.until_us
    then = on_duty(ROSTER, now.until_us)
    assert then.from_us == now.until_us
    assert on_duty(ROSTER, now.until_us - 1) == now


def test_a_shift_knows_who_takes_over():
    shift = shift_at(ROSTER, us("2026-03-01T21:00"))
    assert (shift.key, shift.leader, shift.next_leader) == (
        "2026-03-01-night", ("凯特", "Cat"), ("凯特", "Cat"),
    )  # fmt: skip
    assert (shift.next_name[1], shift.next_until_us) == ("Day shift", us("2026-03-02T20:00"))


def test_one_shift_may_fill_the_day():
    text = DUTY.replace('"20:00"}\n  - {id: night', '"08:00"}\n  - {id: night')
    text = "\n".join(line for line in text.splitlines() if "id: night" not in line)
    text = text.replace(", night: b", "").replace(", night: a", "").split("swaps:")[0]
    found = on_duty(read(text), us("2026-03-02T07:00"))
    assert (found.from_us, found.until_us) == (us("2026-03-01T08:00"), us("2026-03-02T08:00"))


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        pytest.param('"20:00", to: "08:00"', '"21:00", to: "08:00"',
                     "duty.yaml:4: shifts.0.to: day ends at 20:00, night begins at 21:00; "
                     "each shift begins where the one before it ends", id="gap"),
        pytest.param('to: "20:00"', 'to: "20"', "'20' is no time of day", id="time"),
        pytest.param("leader: ann", "leader: anne",
                     "duty.yaml:11: leader: 'anne'; did you mean ann?", id="leader"),
        pytest.param("dispatcher: [ben]", "dispatcher: [ann]",
                     "duty.yaml:11: posts.dispatcher.0: ann leads already; "
                     "one person has one post", id="two-posts"),
        pytest.param("dispatcher: [ben]", "dispatch: [ben]", "did you mean dispatcher?", id="post"),
        pytest.param("dispatcher: [ben]", "dispatcher: []", "dispatcher: is empty", id="empty"),
        pytest.param("{day: b, night: a}", "{day: b}",
                     "rotation.cycle.1: day 2 has no team for night; name one for each",
                     id="no-team"),
        pytest.param("{day: b, night: a}", "{day: b, night: c}", "'c'; known: a, b", id="team"),
        pytest.param('begins: "2026-03-01"', 'begins: "2026-02-30"', "is no day", id="day"),
        pytest.param("shift: night, team: a", "shift: nigth, team: a",
                     "duty.yaml:19: shift: 'nigth'; did you mean night?", id="swap"),
        pytest.param("{id: b,", "{id: a,", "a occurs twice; ids are unique", id="twice"),
        pytest.param("posts:\n", "post:\n", "duty.yaml:1: post", id="field"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_line(old, new, told):
    assert old in DUTY
    with pytest.raises(RuleError) as raised:
        read(DUTY.replace(old, new, 1))
    assert told in str(raised.value)


def test_a_swap_is_made_once():
    twice = DUTY + '  - {day: "2026-03-10", shift: night, team: b}\n'
    with pytest.raises(RuleError, match="night of 2026-03-10 is swapped twice; keep one"):
        read(twice)


def test_the_roster_of_jiangyan_is_sound_and_fair():
    text = (Path(__file__).parents[2] / "cities/jiangyan/duty.yaml").read_text(encoding="utf-8")
    roster = read(text)
    turns = [team for day in roster.cycle for team in day.values()]
    assert {turns.count(team) for team in roster.teams} == {2}
    assert "made up" in text
