"""The engine's inputs on a real PostgreSQL: what is read is enough to judge a time again."""

from datetime import timedelta

import psycopg
import pytest
from psycopg.errors import NotNullViolation

from storage import journal, ledger, retention
from storage.commit import Stretch, commit
from storage.instants import instant
from storage.journal import Judged
from storage.ledger import Advance, Partition, ZombieError
from tests.storage.episodes import NOON, SECOND, Episode, in_database

MINUTE = 60 * SECOND


def judged(minute, *, last=None, state=None, number=0, log="log-1", inputs=b"\x00in\xff"):
    """A stretch of the minute that begins then."""
    first_us = NOON + round(minute * MINUTE)
    last_us = first_us + MINUTE - 1 if last is None else NOON + round(last * MINUTE)
    return Judged(
        Partition(log, "observations", number), round(minute) + 1, first_us, last_us, "rules-1",
        "city-1", inputs, state,
    )  # fmt: skip


def keep(url, *several):
    async def work(connection):
        for one in several:
            await commit(connection, Stretch([], judged=[one]))

    in_database(url, work)


def read(url, from_minute, to_minute, number=0):
    async def work(connection):
        return [
            one
            async for one in journal.read(
                connection, "observations", number, NOON + round(from_minute * MINUTE),
                NOON + round(to_minute * MINUTE),
            )
        ]  # fmt: skip

    return in_database(url, work)


def minutes(found):
    return [(one.first_us - NOON) / MINUTE for one in found]


def hours(own_database_url):
    several = [
        judged(minute, state=b"s%d" % minute if minute % 60 == 0 else None)
        for minute in range(0, 180, 10)
    ]
    keep(own_database_url, *several)
    return several


def test_inputs_come_back_as_they_were(own_database_url):
    several = hours(own_database_url)
    assert read(own_database_url, 0, 999) == several
    assert read(own_database_url, 0, 999, number=1) == []


@pytest.mark.parametrize(
    ("wanted", "first", "last"),
    [
        pytest.param((75, 95), 60, 90, id="within"),
        pytest.param((60, 60), 60, 60, id="at-the-state"),
        pytest.param((50.9, 60), 0, 60, id="while-the-last-one-before-it-went-on"),
        pytest.param((51, 60), 60, 60, id="after-the-last-one-before-it"),
        pytest.param((130, 999), 120, 170, id="to-the-end"),
        pytest.param((-99, 5), 0, 0, id="before-the-beginning"),
        pytest.param((-99, -98), None, None, id="all-before"),
        pytest.param((500, 600), 120, 170, id="all-after"),
    ],
)
def test_it_begins_with_the_state_before_and_ends_with_the_time(
    own_database_url, wanted, first, last
):
    hours(own_database_url)
    found = minutes(read(own_database_url, *wanted))
    assert found == ([] if first is None else list(range(first, last + 10, 10)))


def test_pages_are_joined(own_database_url, monkeypatch):
    several = hours(own_database_url)
    for page in (1, 2, len(several), len(several) + 1):
        monkeypatch.setattr(journal, "_PAGE", page)
        assert read(own_database_url, 0, 999) == several
        assert minutes(read(own_database_url, 60, 85)) == [60, 70, 80]


def test_a_state_after_later_inputs_is_not_early_enough(own_database_url):
    """A stretch of late readings only may carry a state: what it begins with is not that old."""
    keep(
        own_database_url,
        judged(0, state=b"s0"),
        judged(10),
        judged(-300, state=b"late"),
        judged(11),
        judged(12, state=b"s12"),
    )
    assert read(own_database_url, 5, 5)[0].state == b"s0"
    assert read(own_database_url, 11, 11)[0].state == b"late"
    assert read(own_database_url, 12, 12)[0].state == b"s12"


def test_late_readings_do_not_end_it(own_database_url):
    keep(own_database_url, judged(0, state=b"s0"), judged(-300, last=1), judged(1), judged(2))
    assert minutes(read(own_database_url, 0, 1)) == [0, -300, 1]


def test_without_a_state_there_is_nothing_to_begin_with(own_database_url):
    keep(own_database_url, judged(0), judged(1, number=1, state=b"s"))
    assert read(own_database_url, 0, 9) == []
    assert in_database(own_database_url, journal.partitions) == [("observations", 1)]


def test_partitions_and_logs_keep_apart_what_is_theirs(own_database_url):
    keep(
        own_database_url,
        judged(0, state=b"a"),
        judged(50, number=3, state=b"b"),
        judged(1, log="log-2"),
        judged(10, number=3, state=b"c"),
    )
    assert [one.partition.log for one in read(own_database_url, 0, 9)] == ["log-1", "log-2"]
    assert [one.state for one in read(own_database_url, 20, 60, number=3)] == [b"b", b"c"]
    assert in_database(own_database_url, journal.partitions) == [
        ("observations", 0), ("observations", 3),
    ]  # fmt: skip


def count(url):
    with psycopg.connect(url) as connection:
        return connection.execute("SELECT count(*) FROM engine_input").fetchone()[0]


def test_inputs_are_kept_with_what_they_led_to_or_not_at_all(own_database_url):
    one = Episode()
    one.tell("raised", "yellow")
    never = one.tell("escalated", "red")

    async def work(connection):
        with pytest.raises(RuntimeError, match="is not at version 1"):
            await commit(
                connection, Stretch([], judged=[judged(0, state=b"s")], transitions=[never])
            )
        await ledger.read(connection, judged(0).partition)
        step = Advance(judged(0).partition, 5, 6)
        with pytest.raises(ZombieError):
            await commit(connection, Stretch([step], judged=[judged(0, state=b"s")]))
        with pytest.raises(NotNullViolation):
            await commit(connection, Stretch([], judged=[judged(0, inputs=None)]))

    in_database(own_database_url, work)
    assert count(own_database_url) == 0


def test_inputs_go_after_ninety_days_of_the_logs_time(own_database_url, monkeypatch):
    monkeypatch.setattr(retention, "_BATCH", {"snapshot": 1, "event": 1, "engine_input": 2})
    hours(own_database_url)
    # The stretch of minute 50 ends one µs before minute 51.
    edge = instant(NOON + 51 * MINUTE - 1)
    with psycopg.connect(own_database_url, autocommit=True) as connection:
        assert retention.forget(connection, edge + timedelta(days=90)).inputs == 5
        assert retention.forget(connection, edge + timedelta(days=90)).inputs == 0
        moved = edge + timedelta(days=90, microseconds=1)
        assert retention.forget(connection, moved).inputs == 1
        with pytest.raises(ValueError, match="longer than nothing"):
            retention.forget(connection, moved, inputs_kept=timedelta(0))
    assert minutes(read(own_database_url, 0, 75)) == [60, 70]


def test_the_partition_that_is_furthest_behind_tells_how_far_the_rules_are(own_database_url):
    assert in_database(own_database_url, journal.judged_until) is None
    keep(own_database_url, judged(0, state=b"s"), judged(5), judged(0, number=1, state=b"s"))
    with psycopg.connect(own_database_url, autocommit=True) as connection:
        for number in (0, 1):
            connection.execute(
                "INSERT INTO checkpoint (topic, partition, log, next_offset, state) "
                "VALUES ('observations', %s, 'log-1', 1, '')", (number,)
            )  # fmt: skip
    assert in_database(own_database_url, journal.judged_until) == judged(0).last_us
    keep(own_database_url, judged(9, number=1), judged(-300, number=1))
    assert in_database(own_database_url, journal.judged_until) == judged(5).last_us
