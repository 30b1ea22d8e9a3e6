"""Reports on a real PostgreSQL: events, pictures, findings and unknown devices."""

import asyncio
import random
from datetime import UTC, date, datetime, timedelta

import msgspec
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import AsyncConnection
from psycopg.rows import dict_row

from devices.reports import ContactReport, EventReport, FindingReport, Report, SnapshotReport
from ingest.codecs.findings import CODES
from storage import reports, retention
from storage.instants import instant
from storage.reports import Reported, write

SECOND = 1_000_000
NOON = 1_790_222_400 * SECOND  # 2026-09-24T12:00:00+08:00
EVENT = EventReport(0, 0, "cam-1", "32120401001320000001", "intrusion", NOON, 2,
                    {"lon": 120.1, "lat": 32.5, "snapshot": "s-1", "text": "东门"})  # fmt: skip
PICTURE = SnapshotReport(0, "s-1", b"\xff\xd8\xff\x00picture", 640, 360)
FINDING = FindingReport(0, "cam-1", "time-malformed", 2, "AlarmTime 'yesterday'")
CONTACT = ContactReport(0, "logger-9", "hj212", "up/gw/hj212", b"##0101QN=", {"w01018": "mg/L"})


def reported(report, seq=0, gateway="gw", boot="b", received_us=NOON + SECOND):
    return Reported(report, gateway, boot, seq, received_us)


def store(url, *several):
    async def run():
        async with (
            await AsyncConnection.connect(url, autocommit=True) as connection,
            connection.transaction(),
        ):
            await write(connection, several)

    asyncio.run(run())


def rows(url, table):
    with psycopg.connect(url, row_factory=dict_row) as connection:
        return connection.execute(f"SELECT * FROM {table} ORDER BY 1, 2").fetchall()


def test_reports_travel_as_json_and_come_out_the_same():
    several = [EVENT, PICTURE, FINDING, CONTACT]
    assert msgspec.json.decode(msgspec.json.encode(several), type=list[Report]) == several


def test_an_event_is_stored_with_all_it_says(own_database_url):
    store(own_database_url, reported(EVENT, seq=7))
    (row,) = rows(own_database_url, "event")
    assert row.pop("id") > 0
    assert row == {
        "gateway": "gw", "boot": "b", "seq": 7, "number": 0, "device": "cam-1",
        "sent_as": "32120401001320000001", "kind": "intrusion", "priority": 2,
        "time": instant(NOON), "received": instant(NOON + SECOND), "lon": 120.1, "lat": 32.5,
        "snapshot": "s-1", "attributes": EVENT.attributes,
    }  # fmt: skip


def test_a_redelivered_event_is_stored_once(own_database_url):
    second = msgspec.structs.replace(EVENT, number=1)
    store(own_database_url, reported(EVENT), reported(second), reported(EVENT))
    store(own_database_url, reported(EVENT), reported(EVENT, seq=1), reported(EVENT, boot="c"))
    found = [(row["boot"], row["seq"], row["number"]) for row in rows(own_database_url, "event")]
    assert sorted(found) == [("b", 0, 0), ("b", 0, 1), ("b", 1, 0), ("c", 0, 0)]


@pytest.mark.parametrize(
    "attributes",
    [{}, {"lon": 120.1}, {"lon": "120", "lat": "32"}, {"lon": True, "lat": True},
     {"lon": 181.0, "lat": 32.0}],
    ids=["none", "half", "texts", "booleans", "beyond_the_globe"],
)  # fmt: skip
def test_a_position_that_is_none_is_null(own_database_url, attributes):
    store(own_database_url, reported(msgspec.structs.replace(EVENT, attributes=attributes)))
    (row,) = rows(own_database_url, "event")
    assert (row["lon"], row["lat"], row["snapshot"]) == (None, None, None)
    assert row["attributes"] == attributes


def test_an_event_finds_its_picture_whichever_comes_first(own_database_url):
    query = (
        "SELECT jpeg FROM event JOIN snapshot ON (event.gateway, event.snapshot) = "
        "(snapshot.gateway, snapshot.id)"
    )
    store(own_database_url, reported(EVENT), reported(PICTURE, gateway="gw-other"))
    with psycopg.connect(own_database_url) as connection:
        assert connection.execute(query).fetchall() == []
    store(own_database_url, reported(PICTURE))
    with psycopg.connect(own_database_url) as connection:
        assert connection.execute(query).fetchall() == [(PICTURE.jpeg,)]


def test_a_picture_under_a_used_id_is_told_and_the_first_is_kept(own_database_url):
    store(own_database_url, reported(PICTURE), reported(PICTURE, seq=1))
    assert rows(own_database_url, "finding") == []
    store(own_database_url, reported(SnapshotReport(0, "s-1", b"another", 1, 1), seq=2))
    (row,) = rows(own_database_url, "snapshot")
    assert (row["jpeg"], row["width"], row["height"]) == (PICTURE.jpeg, 640, 360)
    (finding,) = rows(own_database_url, "finding")
    assert (finding["code"], finding["count"]) == (reports.REUSED, 1)
    assert finding["example"].startswith("s-1: ")
    assert reports.REUSED in CODES


def test_findings_are_counted_by_day_of_beijing_with_the_newest_example(own_database_url):
    midnight = NOON + 12 * 3600 * SECOND
    newer = msgspec.structs.replace(FINDING, count=3, example="newer")
    store(own_database_url, reported(newer, received_us=NOON + 9), reported(FINDING))
    store(own_database_url, reported(newer, received_us=midnight - 1))
    store(own_database_url, reported(FINDING, received_us=NOON), reported(FINDING, gateway="gx"))
    store(own_database_url, reported(FINDING, received_us=midnight))
    found = [
        (row["day"], row["gateway"], row["count"], row["example"], row["last"])
        for row in rows(own_database_url, "finding")
    ]
    assert found == [
        (date(2026, 9, 24), "gw", 10, "newer", instant(midnight - 1)),
        (date(2026, 9, 24), "gx", 2, FINDING.example, instant(NOON + SECOND)),
        (date(2026, 9, 25), "gw", 2, FINDING.example, instant(midnight)),
    ]


def test_an_unknown_device_waits_with_its_last_message_and_all_its_names(own_database_url):
    store(own_database_url, reported(CONTACT, received_us=NOON))
    other = ContactReport(0, "logger-9", "sl651", "up/gw/sl651", b"~~", {"39": "m"})
    store(
        own_database_url,
        reported(other, received_us=NOON + 2),
        reported(CONTACT, received_us=NOON + 1),
    )
    old = ContactReport(0, "logger-9", "senml", "up/gw/senml", b"[]", {"level": "m"})
    store(own_database_url, reported(old, received_us=NOON - 1))
    assert rows(own_database_url, "contact") == [
        {
            "gateway": "gw", "device": "logger-9", "codec": "sl651", "messages": 4,
            "first_seen": instant(NOON - 1), "last_seen": instant(NOON + 2),
            "topic": "up/gw/sl651", "last_payload": b"~~",
            "keys": {"w01018": "mg/L", "39": "m", "level": "m"},
        }
    ]  # fmt: skip


def test_a_device_that_never_stops_naming_values_does_not_fill_the_lobby(own_database_url):
    for seq in range(3):
        keys = {f"key-{seq}-{index}": "m" for index in range(2000)}
        report = ContactReport(0, "logger-9", "hj212", "up/gw/hj212", bytes(100_000), keys)
        store(own_database_url, reported(report), reported(report))
    (row,) = rows(own_database_url, "contact")
    assert len(row["keys"]) == 500
    assert len(row["last_payload"]) == 16 * 1024


def test_what_is_not_committed_leaves_nothing(own_database_url):
    async def run():
        async with (
            await AsyncConnection.connect(own_database_url, autocommit=True) as connection,
            connection.transaction(force_rollback=True),
        ):
            await write(connection, [reported(one) for one in (EVENT, PICTURE, FINDING, CONTACT)])

    asyncio.run(run())
    for table in ("event", "snapshot", "finding", "contact"):
        assert rows(own_database_url, table) == []


INCOMPRESSIBLE = "".join(map(chr, random.Random(1).choices(range(0x10000, 0x110000), k=3000)))
"""Longer than an index entry may be, however PostgreSQL packs it."""
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20) | st.sampled_from(
    ["\0", "a\0b", "x" * 5000, "积" * 5000, "\\u0000", '"', "\ufffe", INCOMPRESSIBLE]
)
INTEGERS = st.integers(-(2**63), 2**63 - 1)
VALUES = TEXTS | INTEGERS | st.floats() | st.booleans()
KEYS = st.dictionaries(TEXTS | st.sampled_from(["lon", "lat", "snapshot"]), VALUES, max_size=5)
REPORTS = st.one_of(
    st.builds(
        EventReport, st.just(0), INTEGERS, TEXTS, TEXTS, TEXTS, INTEGERS, INTEGERS, KEYS
    ),
    st.builds(SnapshotReport, st.just(0), TEXTS, st.binary(), st.just(1), st.just(1)),
    st.builds(FindingReport, st.just(0), TEXTS, TEXTS, st.integers(1, 2**63 - 1), TEXTS),
    st.builds(
        ContactReport, st.just(0), TEXTS, TEXTS, TEXTS, st.binary(),
        st.dictionaries(TEXTS, TEXTS, max_size=5),
    ),
)  # fmt: skip


# One database for all examples: what is stored already is one more thing that may be in the way.
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    several=st.lists(
        st.builds(
            Reported,
            REPORTS,
            TEXTS.map(lambda text: text[:128]),
            st.just("b"),
            st.integers(0, 2**63 - 1),
            INTEGERS,
        ),
        max_size=6,
    )
)
def test_the_database_refuses_nothing_that_is_written(database_url, several):
    store(database_url, *several)


def counts(url):
    return len(rows(url, "event")), len(rows(url, "snapshot"))


def test_events_and_pictures_go_thirty_days_after_their_receipt(own_database_url, monkeypatch):
    monkeypatch.setattr(retention, "_BATCH", {"snapshot": 2, "event": 3, "engine_input": 1})
    now = datetime(2026, 11, 1, tzinfo=UTC)
    edge_us = int((now - timedelta(days=30)).timestamp()) * SECOND
    for index, received_us in enumerate([*range(edge_us - 7, edge_us), edge_us, edge_us + 1]):
        # What it says of the time is nothing to go by.
        event = msgspec.structs.replace(EVENT, time_us=0 if received_us >= edge_us else NOON * 2)
        picture = msgspec.structs.replace(PICTURE, id=f"s-{index}")
        store(
            own_database_url,
            reported(event, seq=index, received_us=received_us),
            reported(picture, seq=index, received_us=received_us),
        )
    with psycopg.connect(own_database_url, autocommit=True) as connection:
        assert retention.forget(connection, now) == retention.Forgotten(7, 7, 0)
        assert counts(own_database_url) == (2, 2)
        assert retention.forget(connection, now) == retention.Forgotten(0, 0, 0)
        assert retention.forget(connection, now, timedelta(days=29)) == retention.Forgotten(2, 2, 0)
    assert counts(own_database_url) == (0, 0)


def test_rows_that_another_holds_are_left_for_the_next_time(own_database_url):
    store(own_database_url, reported(EVENT), reported(EVENT, seq=1))
    now = instant(NOON) + timedelta(days=60)
    with (
        psycopg.connect(own_database_url) as holder,
        psycopg.connect(
            own_database_url, autocommit=True, options="-c lock_timeout=10s"
        ) as connection,
    ):
        holder.execute("SELECT FROM event WHERE seq = 1 FOR UPDATE")
        assert retention.forget(connection, now).events == 1
        holder.rollback()
        assert retention.forget(connection, now).events == 1


def test_retention_wants_its_own_transactions(own_database_url):
    with (
        psycopg.connect(own_database_url) as connection,
        pytest.raises(ValueError, match="autocommit"),
    ):
        retention.forget(connection, datetime.now(UTC))
    with (
        psycopg.connect(own_database_url, autocommit=True) as connection,
        pytest.raises(ValueError, match="longer than nothing"),
    ):
        retention.forget(connection, datetime.now(UTC), timedelta(0))
