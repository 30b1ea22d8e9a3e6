"""The sink on a real database that refuses, blocks and goes away."""

import asyncio
import json

import psycopg
import pytest

from devices import Tick, record, refusal
from devices.record import Pack, Record, Release, columns
from devices.refusal import Reason, Refusal
from rules.language import parse
from storage import database
from storage.database import Database
from storage.faults import AwayError, RefusedError
from streams.sink import LogChangedError, Sink
from streams.stretch import Entry
from tests.small_city import BRIDGE, LOCK, RULES, city

RULE_SET = parse(RULES, city())
SECOND = 1_000_000
NOON = 1_790_000_000 * SECOND
POISON = 13.0
HERE = ("observations", 1)


def entry(offset, *rows, log=""):
    """An entry of one pack; rows are (slot, second, value)."""
    batch = columns([(slot, NOON + second * SECOND, value, 0) for slot, second, value in rows])
    pack = Pack("gw-bridge", "b", offset, len(rows), "gw-0:x", 10)
    return Entry(offset, record.encode(Record(batch, (pack,))), NOON, log)


def store(url, *calls):
    """Hand each of some dicts of entries to one sink."""

    async def current_log():
        return "log-1"

    async def run():
        base = Database(url)
        sink = Sink(RULE_SET, base, "log-1", current_log)
        try:
            for entries in calls:
                await sink.store(entries)
        finally:
            await base.close()
        return sink.counts

    return asyncio.run(run())


def query(url, statement):
    with psycopg.connect(url) as connection:
        return connection.execute(statement).fetchall()


@pytest.fixture
def picky_url(own_database_url):
    """A database that refuses one value."""
    with psycopg.connect(own_database_url, autocommit=True) as connection:
        connection.execute(f"ALTER TABLE reading ADD CHECK (result <> {POISON})")
    return own_database_url


def test_a_poisoned_reading_is_quarantined_and_all_others_are_stored(picky_url):
    entries = [
        entry(0, (BRIDGE, 0, 3.9)),
        entry(1, (BRIDGE, 1, 1.0), (LOCK, 1, POISON), (BRIDGE, 2, 2.0), (BRIDGE, 3, POISON)),
        entry(2, (LOCK, 2, 2.5)),
        Entry(3, record.encode(Tick(NOON + 100 * SECOND)), NOON),
    ]
    counts = store(picky_url, {HERE: entries})
    assert query(picky_url, "SELECT result FROM reading ORDER BY phenomenon_time, result") == [
        (3.9,), (1.0,), (2.0,), (2.5,),
    ]  # fmt: skip
    assert query(picky_url, "SELECT next_offset FROM ledger") == [(4,)]
    assert query(picky_url, "SELECT next_seq, ahead FROM pack_ledger") == [(3, [])]
    ((reason, seq, offset, readings, raw, detail),) = query(
        picky_url, 'SELECT reason, seq, "offset", readings, raw, detail FROM quarantine'
    )
    assert (reason, seq, offset, readings) == ("unstorable", 1, 1, 2)
    assert [one["result"] for one in json.loads(raw)] == [POISON, POISON]
    assert "23514" in detail
    # The poisoned level 13 is far above the red limit: nobody may have judged it.
    assert query(picky_url, "SELECT DISTINCT kind FROM alert_transition ORDER BY 1") == [
        ("cleared",), ("raised",),
    ]  # fmt: skip
    assert query(picky_url, "SELECT stored::int, quarantined::int FROM intake") == [(4, 2)]
    assert (counts["unstorable"], counts["readings"]) == (2, 4)


def test_a_poisoned_reading_that_comes_again_is_kept_once(picky_url):
    entries = [entry(0, (LOCK, 1, POISON), (LOCK, 2, 1.0))]
    again = [Entry(1, entries[0].value, NOON)]
    store(picky_url, {HERE: entries}, {HERE: again})
    assert query(picky_url, "SELECT count(*)::int, sum(readings)::int FROM quarantine") == [(1, 1)]
    assert query(picky_url, "SELECT result FROM reading") == [(1.0,)]
    assert query(picky_url, "SELECT stored::int, quarantined::int, duplicate::int FROM intake") == [
        (1, 1, 2)
    ]


def test_a_refusal_that_cannot_be_stored_is_quarantined_by_its_place(own_database_url):
    told = Refusal(
        Reason.FUTURE, "d", "up/g/senml", b"x", "air", 2**40, NOON, "gw-0:x", 10, "g", "b", 3
    )
    good = Refusal(
        Reason.FUTURE, "d", "up/g/senml", b"y", "air", 1, 2**62, "gw-0:x", 10, "g", "b", 4
    )
    entries = [Entry(n, refusal.encode(one), NOON) for n, one in enumerate([told, good])]
    store(own_database_url, {("quarantine", 0): entries})
    found = query(own_database_url, "SELECT reason, gateway, seq::int FROM quarantine ORDER BY id")
    assert found == [("undecodable", "", 0), ("future", "g", 4)]
    ((raw,),) = query(own_database_url, "SELECT raw FROM quarantine WHERE gateway = ''")
    assert refusal.decode(raw) == told


def test_what_no_reading_is_to_blame_for_stops_the_worker(own_database_url):
    with psycopg.connect(own_database_url, autocommit=True) as connection:
        connection.execute("ALTER TABLE alert ADD CHECK (severity <> 'yellow')")
    with pytest.raises(RefusedError, match="23514"):
        store(own_database_url, {HERE: [entry(0, (BRIDGE, 0, 1.0)), entry(1, (BRIDGE, 1, 3.9))]})
    assert query(own_database_url, "SELECT result FROM reading") == [(1.0,)]


def test_a_record_of_another_log_stops_the_worker(own_database_url):
    with pytest.raises(LogChangedError, match="offset 5 was written to log log-2"):
        store(own_database_url, {HERE: [entry(5, (BRIDGE, 0, 1.0), log="log-2")]})
    assert query(own_database_url, "SELECT count(*)::int FROM reading") == [(0,)]


def test_a_database_that_answers_nothing_is_away_and_tried_again(own_database_url, monkeypatch):
    monkeypatch.setattr(database, "DEADLINE_S", 0.3)

    async def run():
        async with await psycopg.AsyncConnection.connect(own_database_url) as blocker:
            await blocker.execute("LOCK TABLE reading IN ACCESS EXCLUSIVE MODE")

            async def unblock(_seconds):
                await blocker.rollback()

            base = Database(own_database_url)
            sink = Sink(RULE_SET, base, "log-1", None, unblock)
            await sink.store({HERE: [entry(0, (BRIDGE, 0, 1.0))]})
            await base.close()
            return sink.counts

    counts = asyncio.run(run())
    assert counts["retries"] == 1
    assert query(own_database_url, "SELECT result FROM reading") == [(1.0,)]


def test_a_database_that_may_not_be_written_is_away_until_it_may(own_database_url):
    """A standby, or a server whose disk is nearly full: SQLSTATE 25006."""
    name = psycopg.conninfo.conninfo_to_dict(own_database_url)["dbname"]

    async def run():
        async with await psycopg.AsyncConnection.connect(
            own_database_url, autocommit=True
        ) as operator:
            await operator.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")

            async def promote(_seconds):
                await operator.execute(f"ALTER DATABASE {name} RESET default_transaction_read_only")

            base = Database(own_database_url)
            sink = Sink(RULE_SET, base, "log-1", None, promote)
            await sink.store({HERE: [entry(0, (BRIDGE, 0, 1.0))]})
            await base.close()
            return sink.counts

    counts = asyncio.run(run())
    assert (counts["retries"], counts["unstorable"]) == (1, 0)
    assert query(own_database_url, "SELECT result FROM reading") == [(1.0,)]


def test_a_database_that_refuses_connections_is_away():
    async def run():
        with pytest.raises(AwayError):
            await Database("postgresql://127.0.0.1:1/nobody").next_offset(None)

    asyncio.run(run())


def quarantined(seq, *rows):
    """A refusal of some measurements of a message, as an entry of its topic."""
    told = Refusal(
        Reason.WRONG_UNIT, "d", "up/gw-bridge/senml", b"x", "water", len(rows), NOON, "gw-0:x", 10,
        "gw-bridge", "b", seq, rows=rows,
    )  # fmt: skip
    return Entry(seq, refusal.encode(told), NOON)


def release(offset, *rows):
    """An entry that releases readings of quarantine row 1; rows are (slot, index, value)."""
    batch = columns([(slot, NOON + index * SECOND, value, 0) for slot, index, value in rows])
    packs = [
        Pack("gw-bridge", "@quarantine:b:0:0", index, 1, "gw-0:x", 10, release=Release(1, index))
        for _, index, _ in rows
    ]
    return Entry(offset, record.encode(Record(batch, tuple(packs))), NOON)


HELD = "SELECT indexes, readings, released, resolved IS NOT NULL FROM quarantine ORDER BY id"


def test_a_released_reading_is_stored_and_leaves_quarantine_in_one_transaction(own_database_url):
    store(
        own_database_url,
        {("quarantine", 0): [quarantined(0, 1, 2, 5)]},
        {HERE: [release(0, (BRIDGE, 1, 1.0), (BRIDGE, 5, 5.0))]},
    )
    assert query(own_database_url, HELD) == [([2], 1, 2, False)]
    assert query(own_database_url, "SELECT result FROM reading ORDER BY 1") == [(1.0,), (5.0,)]
    # What became of them at their receipt stays as it was counted then.
    assert query(own_database_url, "SELECT stored::int, quarantined::int FROM intake") == [(0, 3)]


def test_a_reading_released_again_is_stored_once(own_database_url):
    store(
        own_database_url,
        {("quarantine", 0): [quarantined(0, 1, 2)]},
        {HERE: [release(0, (BRIDGE, 1, 1.0)), release(1, (BRIDGE, 1, 1.0))]},
        {HERE: [release(2, (BRIDGE, 1, 1.0), (BRIDGE, 2, 2.0))]},
    )
    assert query(own_database_url, HELD) == [([], 0, 2, True)]
    assert query(own_database_url, "SELECT result FROM reading ORDER BY 1") == [(1.0,), (2.0,)]
    assert query(own_database_url, "SELECT sum(duplicate)::int FROM intake") == [(0,)]


def test_a_released_reading_that_cannot_be_stored_stays_in_quarantine(picky_url):
    unknown_slot = 99
    store(
        picky_url,
        {("quarantine", 0): [quarantined(0, 1, 2, 3)]},
        {HERE: [release(0, (BRIDGE, 1, POISON), (unknown_slot, 2, 2.0), (BRIDGE, 3, 3.0))]},
    )
    assert query(picky_url, HELD) == [([1, 2], 2, 1, False)]
    assert query(picky_url, "SELECT result FROM reading") == [(3.0,)]
    # Once the worker knows the slot and the database takes the value, it can be released.
    store(picky_url, {HERE: [release(1, (BRIDGE, 1, 1.0), (LOCK, 2, 2.0))]})
    assert query(picky_url, HELD) == [([], 0, 3, True)]
    assert query(picky_url, "SELECT count(*)::int FROM reading") == [(3,)]
