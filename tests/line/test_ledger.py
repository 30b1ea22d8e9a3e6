"""`ioc ledger` on a real line: it balances under way and after kills, and finds each mistake."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import time

import psycopg
import pytest

from benchmarks.line import REPOSITORY
from ioc import health, ledger, ledger_text
from simulators.journal_reader import BAD, MUST, JournalReader
from storage.instants import instant

DEADLINE_S = 120
"""Only ends a test that hangs; nothing is measured by it."""

TABLES = ("reading", "quarantine", "pack_ledger")


def wait_until(condition, what, line):
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(f"never happened: {what}\n{line.logs()}")
        time.sleep(0.1)


@pytest.fixture(scope="module")
def journal(line):
    return line.folder / "journal.db"


@pytest.fixture(scope="module")
def simulator(line, journal):
    """The simulated city with a journal; `acknowledged()` counts packs."""
    with (line.folder / "simulator.log").open("wb") as log:
        process = subprocess.Popen(
            line.command("simulate", "--speed", "30", "--journal", str(journal)),
            cwd=REPOSITORY, env=line.environment, stdout=log, stderr=log,
        )  # fmt: skip
        try:
            wait_until(lambda: acknowledged(line) > 1000, "1000 acknowledged packs", line)
            yield process
        finally:
            process.kill()
            process.wait()


def facts_of(line):
    beat = health.read(line.settings.run_dir, "simulator")
    return beat.facts if beat is not None else {}


def acknowledged(line):
    return facts_of(line).get("acknowledged", {"packs": 0})["packs"]


def pid_of(line, part):
    return next(one["pid"] for one in line.status()["parts"] if one["name"] == part)


def test_a_line_balances_while_it_runs(line, journal, simulator):
    answer = line.run("ledger", "--journal", str(journal), "--wait", "60")
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert answer.stdout.endswith("✓ balanced\n")
    facts = json.loads(line.run("ledger", "--journal", str(journal), "--json").stdout)
    assert facts["acknowledged"]["packs"] > 1000
    assert facts["acknowledged"]["stored"] == facts["acknowledged"]["readings"]
    assert facts["bad"]["quarantined"] > 0


def test_a_broker_killed_with_packs_it_had_taken_loses_none(line, journal, simulator):
    gateway, broker = pid_of(line, "gateway"), pid_of(line, "mqtt")
    os.kill(gateway, signal.SIGSTOP)
    try:
        # The broker takes all of them, and hands 100 on at most: the others are nowhere else.
        wait_until(lambda: facts_of(line)["unacknowledged_packs"] >= 13 * 20, "full windows", line)
        before = facts_of(line)
        os.kill(broker, signal.SIGKILL)
    finally:
        os.kill(gateway, signal.SIGCONT)
    wait_until(
        lambda: facts_of(line)["sent_again_packs"] >= before["sent_again_packs"] + 13 * 20,
        "packs sent again", line,
    )  # fmt: skip
    wait_until(
        lambda: acknowledged(line) > before["acknowledged"]["packs"] + 1000, "1000 more packs", line
    )
    answer = line.run("ledger", "--journal", str(journal), "--wait", "60")
    assert answer.returncode == 0, answer.stdout + answer.stderr


@pytest.fixture(scope="module")
def ended(line, journal, simulator):
    """The simulator is gone and everything has arrived."""
    simulator.send_signal(signal.SIGTERM)
    assert simulator.wait(30) == 0
    facts = facts_of(line)
    assert facts["unacknowledged_packs"] == 0
    assert facts["acknowledged"] == facts["published"]
    assert ledger.collect(line.settings, journal, 3, DEADLINE_S)["balanced"]


@pytest.fixture
def database(line, ended):
    """A database to spoil; it is put right afterwards."""
    with psycopg.connect(line.settings.database_url, autocommit=True) as connection:
        for table in TABLES:
            connection.execute(f"CREATE TABLE saved_{table} AS SELECT * FROM {table}")
        try:
            yield connection
        finally:
            for table in TABLES:
                connection.execute(f"TRUNCATE {table}")
                connection.execute(
                    f"INSERT INTO {table} "
                    f"{'OVERRIDING SYSTEM VALUE' if table == 'quarantine' else ''} "
                    f"SELECT * FROM saved_{table}"
                )
                connection.execute(f"DROP TABLE saved_{table}")


def account(line, journal):
    facts = ledger.collect(line.settings, journal, 3, 0)
    assert ("NOT BALANCED" in ledger_text.render(facts)) is not facts["balanced"]
    return facts


def found(facts):
    """Return what does not balance, and how much of it."""
    return {kind: one["count"] for kind, one in facts["findings"].items() if one["count"]}


@pytest.fixture
def victim(journal, ended):
    """A reading in the middle of the journal and its pack."""
    with JournalReader(journal) as reader:
        (stretch,) = reader.stretches(10**9)
        rows = stretch.rows[stretch.rows["fate"] == MUST]
        slot, time_us, value, _, number = rows[len(rows) // 2].tolist()
        return slot, instant(time_us), value, reader.identities([number])[number]


def test_everything_balances_at_the_end(line, journal, database):
    facts = account(line, journal)
    assert facts["balanced"]
    assert facts["not_acknowledged"]["packs"] == 0
    (stored,) = database.execute("SELECT count(*) FROM reading").fetchone()
    assert facts["acknowledged"]["stored"] == stored == facts["acknowledged"]["readings"]


ROW = "datastream = %(slot)s AND phenomenon_time = %(time)s"


@pytest.mark.parametrize(
    ("mistake", "kinds"),
    [
        pytest.param(f"DELETE FROM reading WHERE {ROW}", {"missing": 1}, id="removed row"),
        pytest.param(
            f"INSERT INTO reading SELECT * FROM reading WHERE {ROW}", {"doubled": 1},
            id="doubled row",
        ),
        pytest.param(
            f"UPDATE reading SET result = result + 0.001 WHERE {ROW}", {"changed": 1},
            id="changed value",
        ),
        pytest.param(
            f"UPDATE reading SET phenomenon_time = phenomenon_time + interval '1 us' WHERE {ROW}",
            {"missing": 1, "unknown": 1}, id="changed time",
        ),
        pytest.param(
            f"UPDATE reading SET datastream = datastream + 1 WHERE {ROW}",
            {"missing": 1, "unknown": 1}, id="another datastream",
        ),
        pytest.param(
            "INSERT INTO reading VALUES (%(slot)s, %(time)s::timestamptz + interval '5 us', 1, 0)",
            {"unknown": 1}, id="invented row",
        ),
        pytest.param("DELETE FROM pack_ledger WHERE gateway = %(gateway)s", {"not_arrived": None},
                     id="unknown packs"),
        pytest.param(
            "DELETE FROM quarantine WHERE id = (SELECT min(id) FROM quarantine WHERE readings = 1)",
            {"not_refused": 1}, id="missing quarantine row",
        ),
        pytest.param(
            "UPDATE quarantine SET readings = readings + 1 "
            "WHERE id = (SELECT min(id) FROM quarantine)",
            {"refused_otherwise": 1}, id="quarantined in another number",
        ),
        pytest.param(
            "UPDATE quarantine SET reason = 'wrong_unit' WHERE id = "
            "(SELECT min(id) FROM quarantine WHERE readings = 1)",
            {"not_refused": 1, "unknown_refused": 1}, id="another reason",
        ),
        pytest.param(
            "INSERT INTO quarantine (reason, detail, source, raw, domain, readings, received, "
            'collector, gateway, boot, seq, log, topic, partition, "offset") '
            "VALUES ('future', '', '', '', 'air', 1, %(time)s, '', 'g', 'x', 0, '', '', 0, 0)",
            {"unknown_refused": 1}, id="invented quarantine row",
        ),
    ],
)  # fmt: skip
def test_each_mistake_is_found_and_named(line, journal, database, victim, mistake, kinds):
    slot, instant_of, value, (gateway, boot, seq) = victim
    database.execute(
        mistake, {"slot": slot, "time": instant_of, "gateway": gateway, "boot": boot, "seq": seq}
    )
    facts = account(line, journal)
    assert not facts["balanced"]
    counts = found(facts)
    assert counts.keys() == kinds.keys()
    assert all(count is None or counts[kind] == count for kind, count in kinds.items())
    if {"missing", "changed"} & kinds.keys():
        (kind,) = {"missing", "changed"} & kinds.keys()
        (example,) = facts["findings"][kind]["first"]
        assert (example["gateway"], example["boot"], example["seq"]) == (gateway, boot, seq)
        assert example["time"] == instant_of.isoformat(timespec="microseconds")
        assert example["value"] == value
        stored = pytest.approx(value + 0.001) if kind == "changed" else None
        assert example.get("stored") == stored


def test_a_mistake_is_told_by_the_command(line, journal, database, victim):
    database.execute(f"DELETE FROM reading WHERE {ROW}", {"slot": victim[0], "time": victim[1]})
    answer = line.run("ledger", "--journal", str(journal))
    assert answer.returncode == 1
    assert f"boot {victim[3][1]}  seq {victim[3][2]}" in answer.stdout
    assert answer.stdout.endswith("✗ NOT BALANCED\n")


def test_only_so_many_are_named_and_all_are_counted(line, journal, database, victim):
    (gone,) = database.execute(
        "WITH gone AS (DELETE FROM reading WHERE phenomenon_time > %s RETURNING 1) "
        "SELECT count(*) FROM gone", (victim[1],),
    ).fetchone()  # fmt: skip
    facts = account(line, journal)
    assert facts["findings"]["missing"]["count"] == gone > 1000
    assert len(facts["findings"]["missing"]["first"]) == 3


def test_what_was_put_right_and_replayed_may_be_stored(line, journal, database):
    with JournalReader(journal) as reader:
        (stretch,) = reader.stretches(10**9)
    now = stretch.rows["time_us"][stretch.rows["fate"] == MUST].max()
    bad = stretch.rows[(stretch.rows["fate"] == BAD) & (stretch.rows["time_us"] < now)]
    slot, time_us, value, _, _ = bad[0].tolist()
    database.execute("INSERT INTO reading VALUES (%s, %s, %s, 0)", (slot, instant(time_us), value))
    facts = account(line, journal)
    assert facts["balanced"]
    assert facts["bad"]["stored_after_replay"] == 1


def test_what_the_database_refused_counts_when_it_is_in_quarantine(line, journal, database, victim):
    slot, instant_of, value, (gateway, boot, seq) = victim
    name = database.execute("SELECT id FROM datastream WHERE slot = %s", (slot,)).fetchone()[0]
    time_us = round(instant_of.timestamp() * 1e6)
    raw = json.dumps([{"datastream": name, "phenomenon_time_us": time_us, "result": value}])
    database.execute(f"DELETE FROM reading WHERE {ROW}", {"slot": slot, "time": instant_of})
    database.execute(
        "INSERT INTO quarantine (reason, detail, source, raw, domain, readings, received, "
        'collector, gateway, boot, seq, log, topic, partition, "offset") '
        "VALUES ('unstorable', '', '', %s, 'air', 1, %s, '', %s, %s, %s, '', '', 0, 0)",
        (raw.encode(), instant_of, gateway, boot, seq),
    )
    facts = account(line, journal)
    assert facts["balanced"]
    assert facts["acknowledged"]["unstorable"] == 1
    assert facts["acknowledged"]["stored"] == facts["acknowledged"]["readings"] - 1


def test_packs_not_acknowledged_are_stored_as_a_whole_or_not_at_all(line, journal, database):
    copy = journal.with_name("copy.db")
    with contextlib.closing(sqlite3.connect(journal)) as original:
        original.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copy(journal, copy)
    with contextlib.closing(sqlite3.connect(copy, isolation_level=None)) as changed:
        numbers = [
            row[0] for row in changed.execute("SELECT id FROM pack WHERE n > 2 LIMIT 3").fetchall()
        ]
        changed.executemany("DELETE FROM acknowledged WHERE pack = ?", [(n,) for n in numbers])
    with JournalReader(copy) as reader:
        (stretch,) = reader.stretches(10**9)
        torn = reader.identities(numbers)[numbers[1]]
    rows = [stretch.rows[stretch.rows["pack"] == number] for number in numbers]
    # The first stays as it is, of the second one reading goes, of the third all.
    for row in (rows[1][-1:], rows[2]):
        for slot, time_us, *_ in row.tolist():
            database.execute(f"DELETE FROM reading WHERE {ROW}",
                             {"slot": slot, "time": instant(time_us)})  # fmt: skip
    facts = account(line, copy)
    assert found(facts) == {"torn": 1}
    assert facts["findings"]["torn"]["first"][0]["seq"] == torn[2]
    assert facts["not_acknowledged"]["packs_stored"] == 1
    assert facts["not_acknowledged"]["packs_not_stored"] == 1


def test_without_a_journal_gaps_in_the_numbering_are_found(line, database, victim):
    facts = account(line, None)
    assert facts["balanced"]
    assert [one["missing"] for one in facts["boots"]] == [0]
    _, _, _, (gateway, boot, _) = victim
    (stored,) = database.execute(
        "UPDATE pack_ledger SET next_seq = next_seq - 5, ahead = ARRAY[next_seq - 2, next_seq - 1] "
        "WHERE gateway = %s RETURNING next_seq", (gateway,),
    ).fetchone()  # fmt: skip
    facts = account(line, None)
    assert not facts["balanced"]
    assert facts["gaps"]["packs"] == 3
    assert facts["gaps"]["first"] == [
        {"gateway": gateway, "boot": boot, "seq": stored, "to_seq": stored + 2}
    ]
    assert line.run("ledger", "--wait", "0").returncode == 1


def test_what_cannot_be_read_is_told_in_one_line(line, tmp_path):
    answer = line.run("ledger", "--journal", str(tmp_path / "nothing.db"))
    assert answer.returncode == 2
    assert answer.stderr == f"ioc: journal {tmp_path / 'nothing.db'}: there is no such file\n"
