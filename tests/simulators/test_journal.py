"""The journal holds what leaves before it leaves, whatever is killed."""

import contextlib
import itertools
import os
import signal
import sqlite3
import subprocess
import sys
import textwrap

import numpy as np
import pytest

from ingest.codecs import Heard, senml
from simulators.dirt import Dirt
from simulators.journal import Journal, JournalError
from simulators.journal_reader import BAD, MAY, MUST, JournalReader
from simulators.pack import Pack
from simulators.senml_packs import PackDraft

SECOND = 1_000_000
NOON = 1_790_000_000 * SECOND


def pack(seq, *seconds, made=0, dirt=()):
    """A pack with one reading of datastream 3 at each of the seconds."""
    time_us = NOON + np.array(seconds, dtype=np.int64) * SECOND
    draft = PackDraft("g", np.full(len(seconds), 3, np.int32), time_us, time_us / 7)
    return Pack("g", "b", seq, b"", draft if seconds else None, dirt, NOON + made * SECOND)


@pytest.fixture
def journal(tmp_path):
    one = Journal(tmp_path / "deep" / "journal.db", "b", NOON)
    yield one
    one.close()


def seconds(rows):
    return sorted((int(time_us) - NOON) // SECOND for time_us in rows["time_us"])


def test_what_was_written_is_read_with_its_fate(journal):
    first, second = pack(0, 1, 2), pack(1, 3, dirt=(Dirt("future", "water", None, 3, NOON, 5.0),))
    journal.write([first, second], [], NOON + 4 * SECOND)
    journal.write([pack(2, dirt=(Dirt("malformed", "unknown", None),))], [first], NOON + 9 * SECOND)
    with JournalReader(journal.path) as reader:
        assert reader.runs == [("b", NOON, NOON + 9 * SECOND)]
        assert reader.totals(acknowledged=True) == (1, 2)
        assert reader.totals(acknowledged=False) == (2, 1)
        assert {key: seqs.tolist() for key, seqs in reader.acknowledged().items()} == {
            ("g", "b"): [0]
        }
        assert reader.unacknowledged() == [(2, 1), (3, 0)]
        assert reader.last_seqs() == {("g", "b"): 2}
        assert reader.identities([1, 3]) == {1: ("g", "b", 0), 3: ("g", "b", 2)}
        assert [one[1:] for one in reader.bad()] == [
            ("future", "water", 1, False), ("undecodable", "unknown", 1, False),
        ]  # fmt: skip
        (stretch,) = reader.stretches(100)
    fates = {fate: seconds(stretch.rows[stretch.rows["fate"] == fate]) for fate in (MUST, MAY, BAD)}
    assert fates == {MUST: [1, 2], MAY: [3], BAD: [0]}
    assert set(stretch.rows["slot"].tolist()) == {3}
    good = stretch.rows[stretch.rows["fate"] != BAD]
    assert (good["value"] == good["time_us"] / 7).all()


def test_stretches_follow_each_other_and_leave_nothing_out(journal):
    # Two runs at once: their packs overlap, and a bad reading claims to be of much later.
    tomorrow = Dirt("future", "water", None, 3, NOON + 50 * SECOND, 1.0)
    packs = [
        pack(seq, *range(seq * 2, seq * 2 + 5), made=seq * 2, dirt=(tomorrow,) if seq == 2 else ())
        for seq in range(10)
    ]
    journal.write(packs, [], NOON + 25 * SECOND)
    with JournalReader(journal.path) as reader:
        stretches = list(reader.stretches(12))
    assert len(stretches) > 3
    for one, following in itertools.pairwise(stretches):
        assert one.last_us + 1 == following.first_us
    for one in stretches:
        assert ((one.first_us <= one.rows["time_us"]) & (one.rows["time_us"] <= one.last_us)).all()
    found = sorted(second for one in stretches for second in seconds(one.rows))
    assert found == sorted([*(s for n in range(10) for s in range(n * 2, n * 2 + 5)), 50])


def test_a_reader_sees_one_state_while_the_simulator_writes(journal):
    first = pack(0, 1)
    journal.write([first], [], NOON + SECOND)
    with JournalReader(journal.path) as reader:
        journal.write([pack(1, 2)], [first], NOON + 2 * SECOND)
        assert reader.totals(acknowledged=True) == (0, 0)
        assert reader.totals(acknowledged=False) == (1, 1)


def test_a_second_run_with_the_same_boot_is_refused(journal):
    with pytest.raises(JournalError, match="cannot be opened"):
        Journal(journal.path, "b", NOON)


def test_no_journal_is_told(tmp_path):
    with pytest.raises(JournalError, match=r"nothing\.db: there is no such file"):
        JournalReader(tmp_path / "nothing.db")
    (tmp_path / "text.db").write_text("this is no database, but long enough to be taken for one")
    with pytest.raises(JournalError, match=r"text\.db: cannot be read: file is not a database"):
        JournalReader(tmp_path / "text.db")


PROGRAM = """
    import sys
    from pathlib import Path
    from devices.catalogue import FILES, build
    from simulators import SimulatorSettings
    from simulators.publisher import run
    city = Path("cities/jiangyan")
    catalogue = build({name: (city / name).read_text(encoding="utf-8") for name in FILES})
    settings = SimulatorSettings(
        mqtt_port=int(sys.argv[1]), speed=100, dirt=0.02, journal=Path(sys.argv[2])
    )
    run(catalogue, settings, lambda facts: None)
"""


def test_a_killed_simulator_has_in_its_journal_all_that_arrived(
    jiangyan, own_mqtt_broker, listener, tmp_path, wait_until
):
    path = tmp_path / "journal.db"
    arguments = [str(own_mqtt_broker.part.port.number), str(path)]
    for enough in (300, 900):  # the second run adds to the same file
        program = subprocess.Popen([sys.executable, "-c", textwrap.dedent(PROGRAM), *arguments])
        wait_until(lambda n=enough: len(listener.messages) > n, f"{enough} packs")
        os.kill(program.pid, signal.SIGKILL)
        program.wait()

    with contextlib.closing(sqlite3.connect(path)) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    arrived = {one: message for one, message in zip(
        listener.identities(), listener.messages, strict=False)}  # fmt: skip
    with JournalReader(path) as reader:
        assert len(reader.runs) == 2
        numbers = reader.identities(range(1, reader.last_pack() + 1))
        assert arrived.keys() <= set(numbers.values())
        acknowledged = {
            (*key, seq) for key, seqs in reader.acknowledged().items() for seq in seqs.tolist()
        }
        assert acknowledged
        assert acknowledged <= arrived.keys()
        journalled = {}
        for stretch in reader.stretches(1000):
            for slot, time_us, value, fate, number in stretch.rows.tolist():
                assert fate in (BAD, MUST if numbers[number] in acknowledged else MAY)
                if fate != BAD:
                    journalled.setdefault(numbers[number], set()).add((slot, time_us, value))
        bad = sum(one.readings for one in reader.bad() if one.pack in arrived)
    published = 0
    for identity, message in arrived.items():
        if identity not in journalled:
            continue  # a payload cut off on its way
        told = senml.decode(message.payload, Heard()).measurements
        slots = [jiangyan.slot_of.get(key, -1) for key in told.key]
        sent = set(zip(slots, told.time_us.tolist(), told.value.tolist(), strict=True))
        assert journalled[identity] <= sent
        published += len(sent) - len(journalled[identity])
    assert 0 < published <= bad
