"""From records to one transaction: what is new, what is a duplicate, what is nobody's."""

from devices import Tick, record, refusal
from devices.record import Pack, Record, columns
from devices.refusal import Reason, Refusal
from rules import state
from rules.language import parse
from storage.commit import Counted
from storage.ledger import Partition, Progress
from streams.stretch import Entry, Position, decode, pack_keys, prepare
from tests.small_city import BRIDGE, LOCK, RULES, SPEED, city

RULE_SET = parse(RULES, city())
HERE = Partition("log-1", "observations", 2)


def entry(offset, value):
    return Entry(offset, value, 1_800_000_000_000_000)


def pack(seq, rows, boot="b"):
    return Pack("gw-bridge", boot, seq, rows, "gw-0:x", 10)


def one_record(offset, packs, rows):
    return entry(offset, record.encode(Record(columns(rows), tuple(packs))))


def prepared(entries, progress=None, position=None):
    position = position or Position(HERE, 0, state.empty(RULE_SET))
    decoded = decode(HERE, entries)
    known = {key: Progress() for key in pack_keys([decoded])} | (progress or {})
    return prepare(RULE_SET, [(position, decoded)], known)


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


def test_a_tick_alone_moves_the_ledger_and_writes_no_checkpoint():
    stretch = prepared([entry(3, record.encode(Tick(5)))]).stretch
    assert [(step.start, step.end) for step in stretch.steps] == [(0, 4)]
    assert stretch.checkpoints == []
    assert stretch.batch is None or stretch.batch.n == 0


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
    decoded = decode(there, [entry(4, refusal.encode(told)), entry(5, b"{")])
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
