"""The oracle of the chaos runner sees what it is there for: each planted fault, and no other."""

import asyncio

import psycopg
import pytest

from benchmarks.chaos.engines import PARTITIONS
from benchmarks.chaos.oracle import inspect
from benchmarks.chaos.system import ORDER
from benchmarks.chaos.worker import RecordingDatabase
from devices import Tick, record
from devices.partition import partition_of
from devices.record import Pack, Record, columns
from rules.language import parse
from streams.sink import Sink
from streams.stretch import Entry
from tests.small_city import BRIDGE, LOCK, RULES, city

RULE_SET = parse(RULES, city())
SECOND = 1_000_000
NOON = 1_790_000_000 * SECOND
HERE = (
    record.TOPIC,
    partition_of(RULE_SET.catalogue.gateways["gw-bridge"].key, PARTITIONS),
)  # fmt: skip

LEVELS = [3.9, 4.7, 3.0, 4.7, 2.0]
"""Each in a pack of its own, 100 s after the one before, with a tick behind it."""


def entries():
    for seq, level in enumerate(LEVELS):
        at = NOON + seq * 100 * SECOND
        pack = Pack("gw-bridge", "b", seq, 1, "gw-0:x", 10)
        yield Entry(
            2 * seq, record.encode(Record(columns([(BRIDGE, at, level, 0)]), (pack,))), at
        )  # fmt: skip
        yield Entry(2 * seq + 1, record.encode(Tick(at + 90 * SECOND)), at)


@pytest.fixture
def judged_url(own_database_url):
    """A database in which a worker stored a flood that rose and fell twice."""
    with psycopg.connect(own_database_url, autocommit=True) as connection:
        connection.execute(ORDER)

    async def current_log():
        return "log-1"

    async def run():
        base = RecordingDatabase(own_database_url)
        sink = Sink(RULE_SET, base, "log-1", current_log)
        told = list(entries())
        # Stretches that begin and end at a reading and at a tick.
        for start, end in [(0, 1), (1, 4), (4, 7), (7, 10)]:
            await sink.store({HERE: told[start:end]})
        await base.close()

    asyncio.run(run())
    return own_database_url


FAULTS = {
    "nothing": ("SELECT 1", set()),
    "a reading twice, at its place": (
        "INSERT INTO reading SELECT * FROM reading ORDER BY stored_order DESC LIMIT 1",
        {"duplicates"},
    ),
    "a reading after a later one": (
        "UPDATE reading SET stored_order = 1000 WHERE stored_order = "
        "(SELECT min(stored_order) FROM reading WHERE result = 3)",
        {"disorder", "differing"},
    ),
    "a lost pack": ("UPDATE pack_ledger SET next_seq = 3, ahead = '{4}'", {"gaps"}),
    "a lost reading": ("DELETE FROM reading WHERE result = 3.9", {"differing"}),
    "a reading that nobody judged": (
        "INSERT INTO reading (datastream, phenomenon_time, result, quality) "
        f"VALUES ({LOCK}, to_timestamp({NOON // SECOND}), 9.9, 0)",
        {"differing"},
    ),
    "a lost tick": (
        "DELETE FROM chaos_tick WHERE time_us = (SELECT max(time_us) FROM chaos_tick)",
        {"differing"},
    ),
    "a lost transition": (
        "DELETE FROM alert_transition WHERE kind = 'escalated'", {"history", "differing"}
    ),
    "another severity": (
        "UPDATE alert_transition SET severity = 'orange' WHERE kind = 'escalated'", {"differing"}
    ),
    "a lost outbox row": (
        "DELETE FROM outbox WHERE id = (SELECT min(id) FROM outbox)", {"history"}
    ),
    "an outbox row twice": (
        "INSERT INTO outbox (topic, key, payload) SELECT topic, key, payload FROM outbox LIMIT 1",
        {"history"},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("fault", "seen"), FAULTS.values(), ids=FAULTS)
def test_each_fault_is_seen(judged_url, fault, seen):
    with psycopg.connect(judged_url, autocommit=True) as connection:
        connection.execute(fault)
        found = inspect(connection, RULE_SET)
    wrong = {
        name for name in ("duplicates", "disorder", "gaps", "history", "differing") if found[name]
    }
    assert wrong == seen
    assert found["alerts"] == 2
