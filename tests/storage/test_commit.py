"""The one transaction, on a real PostgreSQL: all of it or nothing, and each thing once."""

import asyncio
from datetime import UTC, datetime

import psycopg
import pytest
from psycopg import AsyncConnection

from devices.record import columns
from devices.refusal import Reason, Refusal
from rules import engine, state
from rules.language import parse
from storage import ledger, queries
from storage.alerts import VersionError
from storage.commit import Checkpoint, Counted, Saved, Stretch, commit, read_checkpoint
from storage.ledger import Advance, Partition, Progress, ZombieError
from storage.quarantine import Quarantined
from tests.small_city import BRIDGE, LOCK, RULES, city

RULE_SET = parse(RULES, city())
SECOND = 1_000_000
NOON = 1_790_000_000 * SECOND


def partition(number=0, log="log-1"):
    return Partition(log, "observations", number)


def transitions(*rows):
    return engine.step(RULE_SET, state.empty(RULE_SET), [columns(list(rows))]).transitions


def in_database(url, work):
    async def run():
        async with await AsyncConnection.connect(url, autocommit=True) as connection:
            return await work(connection)

    return asyncio.run(run())


def count(url, table):
    with psycopg.connect(url) as connection:
        return connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]


def everything(number=0, start=0):
    rows = [(BRIDGE, NOON, 4.7, 0), (LOCK, NOON, 1.5, 0)]
    step = Advance(partition(number), start, start + 1)
    return Stretch(
        steps=[step],
        batch=columns(rows),
        transitions=transitions(*rows),
        checkpoints=[Checkpoint(step, b"memory")],
        progress={("gw-bridge", "b"): Progress(1)},
        refusals=[Quarantined(refusal(), "log-1", "quarantine", 0, 0)],
        intake={("gw-0:x", 10, "water"): Counted(stored=2)},
    )


def refusal(seq=0, readings=3):
    return Refusal(
        Reason.FUTURE, "later\0than now", "up/gw-bridge/senml", b"\x00raw\xff", "water", readings,
        NOON, "gw-0:x", 10, "gw-bridge", "b", seq,
    )  # fmt: skip


def test_all_of_a_stretch_is_stored(own_database_url):
    async def work(connection):
        assert await ledger.read(connection, partition()) == 0
        await commit(connection, everything())
        return (
            await ledger.read(connection, partition()),
            await queries.latest(connection),
            await queries.open_alerts(connection),
            await queries.intake(connection, "gw-0:x", 20),
            await ledger.read_progress(connection, [("gw-bridge", "b"), ("gw-lock", "b")]),
            await read_checkpoint(connection, "observations", 0),
            await queries.quarantine_counts(connection),
        )

    at, latest, alerts, intake, progress, memory, quarantined = in_database(own_database_url, work)
    assert at == 1
    assert dict(zip(latest.datastream.tolist(), latest.result.tolist(), strict=True)) == {
        BRIDGE: 4.7, LOCK: 1.5,
    }  # fmt: skip
    assert set(latest.phenomenon_time_us.tolist()) == {NOON}
    (alert,) = alerts
    assert (alert.severity, alert.raised_us, alert.result, alert.limit) == ("red", NOON, 4.7, 4.6)
    assert intake == {"water": Counted(2, 3, 0)}
    assert progress == {("gw-bridge", "b"): Progress(1), ("gw-lock", "b"): Progress(0)}
    assert memory == Saved(b"memory", ("log-1", 1))
    assert quarantined == {"future": 3}
    assert count(own_database_url, "reading") == 2
    assert count(own_database_url, "alert_transition") == count(own_database_url, "outbox") == 1
    with psycopg.connect(own_database_url) as connection:
        detail, raw = connection.execute("SELECT detail, raw FROM quarantine").fetchone()
    assert (detail, raw) == ("later␀than now", b"\x00raw\xff")


def test_a_zombie_stores_nothing(own_database_url):
    async def work(connection):
        await ledger.read(connection, partition())
        with pytest.raises(ZombieError, match="no longer stands at 5"):
            await commit(connection, everything(start=5))

    in_database(own_database_url, work)
    assert {
        count(own_database_url, name) for name in ("reading", "alert", "quarantine", "intake")
    } == {0}


def test_state_and_packs_follow_what_they_were_worked_out_from(own_database_url):
    async def work(connection):
        await ledger.read(connection, partition())
        await commit(connection, everything())
        step = Advance(partition(), 1, 2)
        await commit(
            connection,
            Stretch(
                steps=[step],
                checkpoints=[Checkpoint(step, b"second", ("log-1", 1))],
                progress={("gw-bridge", "b"): Progress(1, frozenset({3, 4}))},
                progress_before={("gw-bridge", "b"): Progress(1)},
            ),
        )
        last = Advance(partition(), 2, 3)
        await commit(
            connection,
            Stretch(
                steps=[last],
                checkpoints=[Checkpoint(last, b"third", ("log-1", 2))],
                progress={("gw-bridge", "b"): Progress(5), ("gw-lock", "b"): Progress(1)},
                progress_before={("gw-bridge", "b"): Progress(1, frozenset({3, 4}))},
            ),
        )
        return (
            await read_checkpoint(connection, "observations", 0),
            await ledger.read_progress(connection, [("gw-bridge", "b"), ("gw-lock", "b")]),
        )

    memory, progress = in_database(own_database_url, work)
    assert memory == Saved(b"third", ("log-1", 3))
    assert progress == {("gw-bridge", "b"): Progress(5), ("gw-lock", "b"): Progress(1)}


def test_a_failure_at_the_end_takes_everything_back(own_database_url):
    async def work(connection):
        await ledger.read(connection, partition())
        wrong = everything()
        (raised,) = wrong.transitions
        skipped = engine.step(
            RULE_SET,
            engine.step(
                RULE_SET, state.empty(RULE_SET), [columns([(BRIDGE, NOON - 1, 4.7, 0)])]
            ).state,
            [columns([(BRIDGE, NOON + SECOND, 4.0, 0), (BRIDGE, NOON + 99 * SECOND, 4.0, 0)])],
        ).transitions
        with pytest.raises(VersionError, match="is not at version 1"):
            await commit(connection, Stretch(wrong.steps, wrong.batch, [raised, *skipped]))
        return await ledger.read(connection, partition())

    assert in_database(own_database_url, work) == 0
    assert count(own_database_url, "reading") == count(own_database_url, "alert") == 0


def test_one_open_alert_for_each_rule_and_subject(own_database_url):
    first = transitions((BRIDGE, NOON, 4.0, 0))
    second = transitions((BRIDGE, NOON + SECOND, 4.0, 0))

    async def work(connection):
        await commit(connection, Stretch([], transitions=first))
        with pytest.raises(psycopg.errors.UniqueViolation, match="alert_one_open"):
            await commit(connection, Stretch([], transitions=second))

    in_database(own_database_url, work)
    assert count(own_database_url, "alert") == 1


def test_an_alert_keeps_its_worst_colour_when_cleared_and_its_history(own_database_url):
    outcome = engine.step(
        RULE_SET,
        state.empty(RULE_SET),
        [
            columns([(BRIDGE, NOON + second * SECOND, level, 0)])
            for second, level in [(0, 3.9), (60, 4.7), (120, 3.0), (300, 3.0)]
        ],
    )

    async def work(connection):
        await commit(connection, Stretch([], transitions=outcome.transitions))
        return await queries.open_alerts(connection), await queries.recent_alerts(connection)

    open_ones, (alert,) = in_database(own_database_url, work)
    assert open_ones == []
    assert (alert.severity, alert.active, alert.version) == ("red", False, 3)
    assert alert.cleared_us == NOON + 180 * SECOND
    with psycopg.connect(own_database_url) as connection:
        kinds = connection.execute(
            "SELECT kind, severity FROM alert_transition ORDER BY version"
        ).fetchall()
    assert kinds == [("raised", "yellow"), ("escalated", "red"), ("cleared", None)]


def test_a_refusal_that_comes_again_is_kept_once_and_counted_as_duplicate(own_database_url):
    async def work(connection):
        for offset in range(2):
            again = Quarantined(refusal(), "log-1", "quarantine", 0, offset)
            await commit(connection, Stretch([], refusals=[again]))
        return await queries.intake(connection, "gw-0:x", 20)

    assert in_database(own_database_url, work) == {"water": Counted(0, 3, 3)}
    assert count(own_database_url, "quarantine") == 1


def test_latest_keeps_the_newest_whatever_comes_later(own_database_url):
    async def work(connection):
        for seconds, value in [(10, 1.0), (5, 2.0), (10, 3.0)]:
            batch = columns([(BRIDGE, NOON + seconds * SECOND, value, 0)])
            await commit(connection, Stretch([], batch))
        twice = columns([(LOCK, NOON + 2, 8.0, 0), (LOCK, NOON + 1, 9.0, 0)])
        await commit(connection, Stretch([], twice))
        return await queries.latest(connection)

    latest = in_database(own_database_url, work)
    assert dict(zip(latest.datastream.tolist(), latest.result.tolist(), strict=True)) == {
        BRIDGE: 3.0, LOCK: 8.0,
    }  # fmt: skip


def test_readings_of_any_age_and_value_come_back_as_they_were(own_database_url):
    rows = [
        (BRIDGE, 0, -0.0, 0),
        (BRIDGE, -1, 1e-300, 3),
        (LOCK, NOON + 1, 0.1 + 0.2, -1),
        (LOCK, 2**52, float("inf"), 7),
    ]

    async def work(connection):
        await commit(connection, Stretch([], columns(rows)))

    in_database(own_database_url, work)
    with psycopg.connect(own_database_url) as connection:
        found = connection.execute(
            "SELECT datastream, (extract(epoch from phenomenon_time) * 1000000)::bigint, result, "
            "quality FROM reading"
        ).fetchall()
    assert sorted(found) == sorted(rows)


def test_listeners_are_told_which_alerts_changed(own_database_url):
    with psycopg.connect(own_database_url, autocommit=True) as listener:
        listener.execute("LISTEN alerts")
        (raised,) = transitions((BRIDGE, NOON, 4.0, 0))

        async def work(connection):
            await commit(connection, Stretch([], transitions=[raised]))

        in_database(own_database_url, work)
        (note,) = listener.notifies(timeout=10, stop_after=1)
    assert note.payload == f'["{raised.alert}"]'


def test_trend_leaves_out_bad_readings_and_empty_buckets(own_database_url):
    start = NOON // (60 * SECOND) * 60 * SECOND
    rows = [
        (BRIDGE, start, 1.0, 0),
        (LOCK, start + SECOND, 3.0, 0),
        (LOCK, start + 2 * SECOND, 99.0, 4),
        (LOCK, start + 125 * SECOND, 5.0, 0),
    ]

    async def work(connection):
        await commit(connection, Stretch([], columns(rows)))
        return await queries.trend(connection, [BRIDGE, LOCK], start, 60)

    trend = in_database(own_database_url, work)
    assert ((trend.start_us - start) // SECOND).tolist() == [0, 120]
    assert trend.mean.tolist() == [2.0, 5.0]
    assert trend.max.tolist() == [3.0, 5.0]
    assert trend.n.tolist() == [2, 1]


def test_counts_of_open_and_raised_alerts(own_database_url):
    raised = transitions((BRIDGE, NOON, 4.7, 0), (LOCK, NOON, 2.5, 0))

    async def work(connection):
        await commit(connection, Stretch([], transitions=raised))
        return (
            await queries.open_counts(connection),
            await queries.alert_counts(connection, NOON + 1),
            await queries.alert_counts(connection, NOON),
            await queries.alerts_by_id(connection, [raised[0].alert]),
        )

    now, later, since, (one,) = in_database(own_database_url, work)
    assert now == since == {"red": 1, "yellow": 1}
    assert later == {}
    assert one.id == raised[0].alert
    assert datetime.fromtimestamp(one.raised_us / 1e6, UTC).year == 2026


@pytest.mark.parametrize(
    "part",
    [
        pytest.param({"checkpoints": True}, id="state"),
        pytest.param({"progress": {("gw-bridge", "b"): Progress(1)}}, id="packs"),
    ],
)
def test_a_worker_of_an_older_log_stores_nothing(own_database_url, part):
    """Nobody moves the offsets of a log that is gone: its last worker must be fenced otherwise."""

    async def work(connection):
        for log in ("new", "old"):
            step = Advance(partition(log=log), 0, 1)
            given = dict(part)
            if "checkpoints" in given:
                given["checkpoints"] = [Checkpoint(step, log.encode())]
            await ledger.read(connection, step.partition)
            stretch = Stretch([step], columns([(BRIDGE, NOON, 1.0, 0)]), **given)
            if log == "new":
                await commit(connection, stretch)
            else:
                with pytest.raises(ZombieError, match="another"):
                    await commit(connection, stretch)
        return await ledger.read(connection, partition(log="old"))

    assert in_database(own_database_url, work) == 0
    assert count(own_database_url, "reading") == 1
