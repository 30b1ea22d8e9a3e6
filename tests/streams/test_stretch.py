"""From records to one transaction: what is new, what is a duplicate, what is nobody's."""

import msgspec
import pytest

from devices import Tick, record, refusal
from devices.record import Pack, Record, columns
from devices.refusal import Reason, Refusal
from rules import state
from rules.language import parse
from storage.commit import Counted
from storage.latest import NOTHING
from storage.ledger import Partition, Progress
from streams.stretch import Entry, Position, decode, pack_keys, prepare, slots_of
from tests.small_city import BRIDGE, LOCK, RULES, SPEED, city

RULE_SET = parse(RULES, city())
HERE = Partition("log-1", "observations", 2)


def entry(offset, value):
    return Entry(offset, value, 1_800_000_000_000_000)


def pack(seq, rows, boot="b"):
    return Pack("gw-bridge", boot, seq, rows, "gw-0:x", 10)


def one_record(offset, packs, rows):
    return entry(offset, record.encode(Record(columns(rows), tuple(packs))))


def prepared(entries, progress=None, position=None, barred=None, newest=None):
    position = position or Position(HERE, 0, state.empty(RULE_SET))
    decoded = decode(RULE_SET, HERE, entries, barred or {})
    known = {key: Progress() for key in pack_keys([decoded])} | (progress or {})
    newest = dict.fromkeys(slots_of([decoded]), NOTHING) | (newest or {})
    return prepare(RULE_SET, [(position, decoded)], known, newest)


def test_a_record_moves_ledger_progress_intake_and_memory_together():
    rows = [(BRIDGE, 1, 4.7, 0), (SPEED, 1, 50.0, 0)]
    whole = prepared([one_record(7, [pack(0, 2)], rows)])
    stretch = whole.stretch
    assert [(step.start, step.end) for step in stretch.steps] == [(0, 8)]
    assert stretch.batch.result.tolist() == [4.7, 50.0]
    assert [one.kind.value for one in stretch.transitions] == ["raised"]
    assert len(stretch.checkpoints) == 1
    assert stretch.progress == {("gw-bridge", "b"): Progress(1)}
    assert stretch.intake == {
        ("gw-0:x", 10, "water"): Counted(stored=1),
        ("gw-0:x", 10, "traffic"): Counted(stored=1),
    }
    assert whole.positions["observations", 2].next_offset == 8


def test_a_pack_that_is_stored_is_neither_stored_nor_judged_again():
    again = one_record(0, [pack(4, 1), pack(5, 1)], [(BRIDGE, 1, 9.0, 0), (LOCK, 1, 1.0, 0)])
    stretch = prepared([again], {("gw-bridge", "b"): Progress(5)}).stretch
    assert stretch.batch.datastream.tolist() == [LOCK]
    assert stretch.transitions == []
    assert stretch.intake == {("gw-0:x", 10, "water"): Counted(stored=1, duplicate=1)}


def test_the_same_pack_twice_in_one_stretch_is_stored_once():
    twice = [one_record(n, [pack(0, 1)], [(BRIDGE, 1, 9.0, 0)]) for n in range(2)]
    stretch = prepared(twice).stretch
    assert stretch.batch.n == 1
    assert stretch.intake == {("gw-0:x", 10, "water"): Counted(stored=1, duplicate=1)}


def test_another_boot_is_another_sequence():
    stretch = prepared(
        [one_record(n, [pack(0, 1, boot)], [(BRIDGE, n, 1.0, 0)]) for n, boot in enumerate("ab")]
    ).stretch
    assert stretch.batch.n == 2


def test_a_message_that_is_no_record_is_quarantined_and_the_rest_goes_on():
    stretch = prepared(
        [entry(0, b"nonsense"), one_record(1, [pack(0, 1)], [(BRIDGE, 1, 1.0, 0)])]
    ).stretch
    assert stretch.batch.n == 1
    (refused,) = stretch.refusals
    assert refused.refusal.reason is Reason.UNDECODABLE
    assert refused.refusal.raw == b"nonsense"
    assert "observations-2 offset 0" in refused.refusal.detail


def test_a_refusal_from_the_gateway_is_passed_on():
    there = Partition("log-1", "quarantine", 0)
    told = Refusal(
        Reason.FUTURE, "d", "up/g/senml", b"\xff", "air", 2, 1, "gw-0:x", 10, "g", "b", 3
    )
    decoded = decode(RULE_SET, there, [entry(4, refusal.encode(told)), entry(5, b"{")], {})
    first, second = decoded.refusals
    assert (first.refusal, first.offset) == (told, 4)
    assert second.refusal.raw == b"{"
    assert decoded.end == 6


def test_transitions_owed_from_a_change_of_rules_are_committed_once():
    (owed,) = prepared([one_record(0, [pack(0, 1)], [(BRIDGE, 1, 9.0, 0)])]).stretch.transitions
    position = Position(HERE, 0, state.empty(RULE_SET), (owed,))
    whole = prepared([entry(0, record.encode(Tick(5)))], position=position)
    assert whole.stretch.transitions == [owed]
    assert len(whole.stretch.checkpoints) == 1
    assert whole.positions["observations", 2].owed == ()


def test_preparing_changes_nothing_it_is_given():
    position = Position(HERE, 0, state.empty(RULE_SET))
    progress = {("gw-bridge", "b"): Progress()}
    entries = [one_record(0, [pack(0, 1)], [(BRIDGE, 1, 9.0, 0)])]
    first = prepared(entries, progress, position)
    second = prepared(entries, progress, position)
    assert progress == {("gw-bridge", "b"): Progress()}
    assert first.stretch.transitions == second.stretch.transitions
    assert first.stretch.checkpoints == second.stretch.checkpoints


def test_what_the_database_refuses_is_quarantined_and_not_judged():
    rows = [(BRIDGE, 1, 4.7, 0), (LOCK, 1, 9.0, 0), (SPEED, 1, 50.0, 0)]
    work = prepared(
        [one_record(3, [pack(0, 1), pack(1, 2)], rows)], barred={3: {0: "22008", 1: "23514"}}
    ).stretch
    assert work.batch.result.tolist() == [50.0]
    assert work.transitions == []
    assert work.progress == {("gw-bridge", "b"): Progress(2)}
    assert work.intake == {("gw-0:x", 10, "traffic"): Counted(stored=1)}
    found = [(one.refusal.seq, one.refusal.readings, one.refusal.detail) for one in work.refusals]
    assert found == [
        (0, 1, "bridge-gauge/water_level: 22008"), (1, 1, "lock-gauge/water_level: 23514"),
    ]  # fmt: skip
    assert {one.refusal.reason for one in work.refusals} == {Reason.UNSTORABLE}
    assert msgspec.json.decode(work.refusals[1].refusal.raw) == [
        {
            "datastream": "lock-gauge/water_level",
            "phenomenon_time_us": 1,
            "result": 9.0,
            "quality": 0,
        }
    ]
    assert work.refusals[0].offset == 3


@pytest.mark.parametrize(
    ("row", "why"),
    [
        pytest.param((99, 1, 1.0, 0), "slot 99 is not in this catalogue of 5", id="newer_slot"),
        pytest.param((-1, 1, 1.0, 0), "slot -1 is not in this catalogue of 5", id="negative_slot"),
        pytest.param((BRIDGE, 2**60, 1.0, 0), "is not between the years 1 and 9999", id="far_time"),
        pytest.param((BRIDGE, -(2**62), 1.0, 0), "is not between the years", id="no_time"),
    ],
)
def test_a_reading_that_nobody_can_place_is_quarantined(row, why):
    work = prepared([one_record(0, [pack(0, 2)], [row, (LOCK, 1, 1.0, 0)])]).stretch
    assert work.batch.datastream.tolist() == [LOCK]
    ((refused),) = work.refusals
    assert why in refused.refusal.detail
    assert refused.refusal.domain == ("water" if row[0] == BRIDGE else "unknown")


def test_a_refusal_that_the_database_refuses_keeps_its_bytes():
    there = Partition("log-1", "quarantine", 0)
    decoded = decode(RULE_SET, there, [entry(4, b'{"x": 1}')], {4: {-1: "22003: out of range"}})
    (found,) = decoded.refusals
    assert (found.refusal.raw, found.refusal.seq) == (b'{"x": 1}', 4)
    assert "22003" in found.refusal.detail


def test_a_tick_alone_moves_ledger_and_checkpoint():
    first = prepared([entry(0, record.encode(Tick(5_000_000)))])
    assert [(step.start, step.end) for step in first.stretch.steps] == [(0, 1)]
    assert first.stretch.batch is None
    assert len(first.stretch.checkpoints) == 1
    position = first.positions["observations", 2]
    same = prepared([entry(1, record.encode(Tick(5_000_000)))], position=position)
    (again,) = same.stretch.checkpoints
    assert again.state == first.stretch.checkpoints[0].state
    assert again.follows == ("log-1", 1)
