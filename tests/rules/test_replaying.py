"""What is kept of a partition, judged again: cut anywhere, over restarts and changes of rules."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices import catalogue
from devices.record import columns
from rules import checkpoint, engine, inputs, state
from rules.language import parse
from rules.replaying import Replay, ReplayError, replay
from tests.rules.test_engine import _rows, _story
from tests.small_city import BRIDGE, LOCK, RULES, TEXTS, city

TEXT = RULES["rules.yaml"]
OTHERS = {
    "full": TEXT,
    "without-red": TEXT.replace("      red: {limit: guaranteed}\n", ""),
    "level-only": TEXT[: TEXT.index("  - id: slow")],
    "slow-only": "rules:\n" + TEXT[TEXT.index("  - id: slow") :],
}
SETS = {name: parse({"rules.yaml": text}, city()) for name, text in OTHERS.items()}


@dataclass
class Piece:
    rules: str
    inputs: bytes
    state: bytes | None
    catalogue: str = "c"


def kept(story, rules, with_state):
    """Judge inputs piece by piece as the sink does; return the pieces and what was told.

    Args:
        story: inputs, one a piece.
        rules: names of the rules of each piece; the last goes on.
        with_state: whether the state is kept before each piece.
    """
    pieces, told = [], []
    memory, before = state.empty(SETS[rules[0]]), rules[0]
    for number, one in enumerate(story):
        name = rules[min(number, len(rules) - 1)]
        if name != before:
            value = checkpoint.encode(SETS[before], memory)
            memory, owed = checkpoint.decode(SETS[name], value)
            told += [*owed, *checkpoint.withdrawals(SETS[name], value)]
        is_due = number == 0 or name != before or with_state[number % len(with_state)]
        before = name
        value = checkpoint.encode(SETS[name], memory) if is_due else None
        pieces.append(Piece(name, inputs.encode([one]), value))
        outcome = engine.step(SETS[name], memory, [one])
        memory = outcome.state
        told += outcome.transitions
    return pieces, sorted(told, key=_key)


def _key(one):
    return (one.alert, one.version)


def _inputs(rows):
    return [one if hasattr(one, "time_us") else columns([one]) for one in _story(rows)]


def judge(pieces, rules=None, **more):
    one = Replay(lambda name, _: SETS[rules or name], **more)
    return sorted(replay(pieces, one), key=_key), one


@given(
    _rows,
    st.lists(st.sampled_from(sorted(OTHERS)), min_size=1, max_size=12),
    st.lists(st.booleans(), min_size=1, max_size=5),
)
def test_what_is_kept_tells_the_same_again(rows, rules, with_state):
    pieces, told = kept(_inputs(rows), rules, with_state)
    again, one = judge(pieces)
    assert again == told
    assert one.astray == 0
    assert one.readings == len(rows)


@given(_rows, st.integers(0, 30))
def test_it_can_begin_with_any_state_that_is_kept(rows, first):
    pieces, _ = kept(_inputs(rows), ["full"], [True])
    first = min(first, len(pieces) - 1)
    whole, _ = judge(pieces)
    early, _ = judge(pieces[:first])
    late, one = judge(pieces[first:])
    assert sorted([*early, *late], key=_key) == whole
    # Each alert that was open there is known by name.
    ended = {one.alert for one in early if one.is_end}
    opened = {(one.rule, one.subject, one.raised_us) for one in early if one.alert not in ended}
    assert {(one.rule, one.subject, one.raised_us) for one in one.carried} == opened


def story():
    return [
        columns([(BRIDGE, 0, 4.7, 0)]),
        columns([(LOCK, 10_000_000, 2.5, 0)]),
        columns([(BRIDGE, 20_000_000, 1.0, 0)]),
        columns([(BRIDGE, 90_000_000, 1.0, 0)]),
    ]


def test_other_inputs_are_noticed_at_the_next_state_that_is_kept():
    pieces, told = kept(story(), ["full"], [True])
    pieces[1].inputs = inputs.encode([columns([(LOCK, 10_000_000, 1.5, 0)])])
    again, one = judge(pieces)
    assert one.astray == 1
    lost = [each for each in told if each not in again]
    assert [(each.datastream, each.kind.value) for each in lost] == [(LOCK, "raised")]


def test_other_rules_judge_from_the_state_on_as_if_they_had_come_then():
    pieces, told = kept(story(), ["full"], [True])
    again, one = judge(pieces[1:], "without-red", exact=False)
    assert [each.rule for each in one.carried] == ["level"]
    assert one.astray == 0
    kinds = {each.kind.value for each in again if each.datastream == BRIDGE}
    assert kinds == {"deescalated", "cleared"}
    assert any(each.kind == "raised" and each.datastream == LOCK for each in again)
    assert again != told


def test_what_begins_without_a_state_cannot_be_judged():
    pieces, _ = kept(story(), ["full"], [False])
    with pytest.raises(ReplayError, match="begin with one"):
        judge(pieces[1:])


def test_many_pieces_are_judged_in_one_go():
    """One step for each would cost as much as the line did."""
    pieces, _ = kept(story() * 400, ["full"], [False])
    one = Replay(lambda name, _: SETS[name])
    returned = [bool(one.take(piece)) for piece in pieces]
    assert sum(returned) == 1
    assert one.rest() == []


def test_another_catalogue_is_another_rule_set():
    """A datastream that is new is watched from then on; what was remembered stays."""
    more = TEXTS["datastreams.csv"] + "5,lock-gauge/rain_1h,lock-gauge,rain_1h,60,0,200,\n"
    larger = parse(RULES, catalogue.build(TEXTS | {"datastreams.csv": more}))
    pieces, _ = kept(story()[:2], ["full"], [False])
    memory = state.empty(SETS["full"])
    for one in story()[:2]:
        memory = engine.step(SETS["full"], memory, [one]).state
    value = checkpoint.encode(SETS["full"], memory)
    memory, _ = checkpoint.decode(larger, value)
    batch = columns([(5, 30_000_000, 30.0, 0), (LOCK, 30_000_000, 1.0, 0)])
    later = Piece("full", inputs.encode([batch]), checkpoint.encode(larger, memory), "larger")
    one = Replay(lambda _, name: larger if name == "larger" else SETS["full"])
    told = list(replay([*pieces, later], one))
    assert one.astray == 0
    assert [each.kind.value for each in told] == ["raised", "raised"]
