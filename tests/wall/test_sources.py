"""The wall's sources over a real log and a real database, and its process as a whole."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import uuid
from contextlib import suppress
from pathlib import Path

import numpy as np
import psycopg
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from devices import Tick, record
from dispatch.crews import Position
from dispatch.crews.commands import Do
from dispatch.incidents import Open
from ioc_dashboard import dispatching, frames
from ioc_dashboard.alerts import DatabaseAlerts
from ioc_dashboard.dispatching import DatabaseDispatch
from ioc_dashboard.feed import SILENT_FOR_S, KafkaReadings
from ioc_dashboard.history import DatabaseHistory
from storage import cases, crews, drills, incidents
from tests.dispatch.case_desk import GARBAGE, INSPECTOR, POLICY
from tests.small_city import BRIDGE, LOCK
from tests.storage.episodes import Episode
from tests.storage.happenings import crew
from tests.wall.scripted import heard

HANG_S = 60
"""Only ends a test that hangs."""


def put_alert(connection, *, severity="yellow", active=True, tell=True):
    """Store an alert as the sink does, and say so on the channel."""
    name = str(uuid.uuid4())
    connection.execute(
        "INSERT INTO alert (id, rule, rule_version, subject, datastream, domain, severity, active,"
        " first_exceeded, raised, changed, cleared, result, limit_value, message_zh, message_en,"
        " version) VALUES (%s, 'level', 1, %s, %s, 'water', %s, %s, now(), now(), now(),"
        " CASE WHEN %s THEN NULL ELSE now() END, 3.9, 3.8, '大桥站超警戒', 'Bridge high', 1)",
        (name, name, BRIDGE, severity, active, active),
    )
    if tell:
        connection.execute("SELECT pg_notify('alerts', %s)", (f'["{name}"]',))
    return name


class Heard(list):
    """What a source delivered; `some` waits for it."""

    def __init__(self):
        super().__init__()
        self._more = asyncio.Event()

    def __call__(self, *told):
        self.append(told)
        self._more.set()

    async def until(self, holds):
        async with asyncio.timeout(HANG_S):
            while not any(holds(*told) for told in self):
                self._more.clear()
                await self._more.wait()


async def say_until(servers, message, heard_it):
    """Say something into the log again and again, until somebody heard it."""
    while not heard_it():
        producer = AIOKafkaProducer(bootstrap_servers=servers, request_timeout_ms=2000)
        with suppress(KafkaError, OSError, TimeoutError):
            try:
                async with asyncio.timeout(5):
                    await producer.start()
                    await producer.send_and_wait(record.TOPIC, record.encode(message), partition=2)
            finally:
                await producer.stop()
        await asyncio.sleep(0.1)


def test_readings_come_from_the_log_and_come_again_from_a_log_that_starts_anew(own_kafka):
    port = own_kafka.part.port
    servers = f"{port.host}:{port.number}"

    async def watch():
        got = Heard()
        reading = asyncio.create_task(KafkaReadings(servers).run(got))

        def times():
            return {told[0].time_us for told in got if isinstance(told[0], Tick)}

        async with asyncio.timeout(HANG_S):
            await say_until(servers, Tick(1), lambda: 1 in times())
            own_kafka.kill()
            await asyncio.to_thread(own_kafka.start)
            await say_until(servers, Tick(2), lambda: 2 in times())
            await say_until(
                servers,
                heard([(LOCK, 5, 1.5, 0)]),
                lambda: any(not isinstance(told[0], Tick) for told in got),
            )
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
        return got

    got = asyncio.run(watch())
    batch = next(told[0].batch for told in got if not isinstance(told[0], Tick))
    assert batch.result.tolist() == [1.5]


def test_a_proxy_before_a_dead_broker_does_not_end_the_reading(own_kafka):
    """It accepts connections and closes them: aiokafka then ends with its callers."""
    port = own_kafka.part.port
    servers = f"{port.host}:{port.number}"

    async def watch():
        got, closed = Heard(), []

        async def turn_away(_reader, writer):
            closed.append(1)
            writer.close()

        def times():
            return {told[0].time_us for told in got if isinstance(told[0], Tick)}

        reading = asyncio.create_task(KafkaReadings(servers).run(got))
        async with asyncio.timeout(HANG_S):
            await say_until(servers, Tick(1), lambda: 1 in times())
            own_kafka.kill()
            proxy = await asyncio.start_server(turn_away, port.host, port.number)
            gone = asyncio.get_running_loop().time() + SILENT_FOR_S + 2
            while asyncio.get_running_loop().time() < gone or len(closed) < 5:
                await asyncio.sleep(0.1)
            proxy.close()
            await proxy.wait_closed()
            await asyncio.to_thread(own_kafka.start)
            await say_until(servers, Tick(2), lambda: 2 in times() or reading.done())
        assert not reading.done(), "it gave up"
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)

    asyncio.run(watch())


def test_bytes_that_are_no_record_do_not_stop_the_reading(kafka):
    async def watch():
        got = Heard()
        reading = asyncio.create_task(KafkaReadings(kafka.bootstrap).run(got))
        async with asyncio.timeout(HANG_S):
            await say_until(kafka.bootstrap, Tick(1), lambda: len(got) > 0)
            producer = AIOKafkaProducer(bootstrap_servers=kafka.bootstrap)
            await producer.start()
            await producer.send_and_wait(record.TOPIC, b"no record", partition=2)
            await producer.send_and_wait(record.TOPIC, record.encode(Tick(9)), partition=2)
            await producer.stop()
            await got.until(lambda told: told == Tick(9))
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)

    asyncio.run(watch())


def test_alerts_come_when_committed_and_all_of_them_after_a_lost_connection(own_database_url):
    async def watch():
        got = Heard()
        source = DatabaseAlerts(own_database_url)
        with psycopg.connect(own_database_url, autocommit=True) as connection:
            before = put_alert(connection, tell=False)
            gone = put_alert(connection, active=False, tell=False)
            reading = asyncio.create_task(source.run(got))
            await got.until(
                lambda rows, complete: complete and {before, gone} <= {row.id for row in rows}
            )
            assert source.connected

            after = put_alert(connection, severity="red")
            await got.until(lambda rows, _: [row.id for row in rows] == [after])

            got.clear()
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            missed = put_alert(connection)
            await got.until(lambda rows, complete: complete and missed in {r.id for r in rows})

            got.clear()
            connection.execute("NOTIFY alerts")
            await got.until(lambda rows, complete: complete and len({r.id for r in rows}) == 4)
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
        assert not source.connected

    asyncio.run(watch())


def put_readings(connection, *rows):
    """Store (slot, seconds ago, result) as the sink does."""
    for slot, ago_s, result in rows:
        connection.execute(
            "INSERT INTO reading VALUES (%s, now() - make_interval(secs => %s), %s, 0)",
            (slot, ago_s, result),
        )
        connection.execute(
            "INSERT INTO rollup_dirty SELECT '1min', tstzrange(minute, minute + '1 minute') FROM "
            "date_trunc('minute', now() - make_interval(secs => %s)) AS minute",
            (ago_s,),
        )
        connection.execute(
            "INSERT INTO latest VALUES (%s, now() - make_interval(secs => %s), %s, 0)"
            " ON CONFLICT (datastream) DO UPDATE SET result = excluded.result",
            (slot, ago_s, result),
        )


def test_history_gives_newest_values_and_buckets(own_database_url):
    with psycopg.connect(own_database_url, autocommit=True) as connection:
        put_readings(connection, (BRIDGE, 300, 3.1), (LOCK, 300, 1.1))
        ((now_s,),) = connection.execute("SELECT extract(epoch FROM now())::float8").fetchall()
    history = DatabaseHistory(own_database_url)

    async def ask():
        return await history.latest(), await history.trend(
            [BRIDGE, LOCK], int((now_s - 3600) * 1e6), 60
        )

    newest, (start_us, mean, highest) = asyncio.run(ask())
    assert dict(zip(newest.datastream.tolist(), newest.result.tolist(), strict=True)) == {
        BRIDGE: 3.1,
        LOCK: 1.1,
    }
    assert highest.max() == 3.1
    assert np.all(start_us % 60_000_000 == 0)
    assert mean.size == start_us.size >= 1


def test_the_process_shows_what_is_stored_and_ends_cleanly(kafka, own_database_url, tmp_path):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    facts = tmp_path / "facts.json"
    with psycopg.connect(own_database_url, autocommit=True) as connection:
        put_readings(connection, (BRIDGE, 1, 3.9))
        stored = put_alert(connection)
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.wall.small_wall", kafka.bootstrap, own_database_url,
         str(port), str(facts)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(Path.cwd()), *sys.path])},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    try:
        shown, values = set(), {}
        with line_to(port, process) as line:
            while stored not in shown or BRIDGE not in values:
                frame = frames.decode(line.recv(timeout=HANG_S))
                if isinstance(frame, frames.Snapshot | frames.AlertsChanged):
                    shown = {one.id for one in frame.alerts.lines}
                if isinstance(frame, frames.Snapshot | frames.Diff):
                    values |= zip(frame.values.slot, frame.values.result, strict=True)
            assert values[BRIDGE] == 3.9
            # Facts are told once a second, by their own clock.
            while '"open_alerts": 1' not in (told_facts := facts.read_text(encoding="utf-8")):
                assert process.poll() is None
            assert '"screens": 1' in told_facts
            process.send_signal(signal.SIGTERM)
            with suppress(ConnectionClosed):
                while True:
                    line.recv(timeout=HANG_S)
        told, _ = process.communicate(timeout=HANG_S)
        assert process.returncode == 0, told
    finally:
        process.kill()
        process.wait()


def line_to(port, process):
    """Connect to a wall that is still starting."""
    while True:
        try:
            return connect(f"ws://127.0.0.1:{port}/ws/wall")
        except OSError:
            assert process.poll() is None, process.communicate()[0]


def test_alerts_of_a_drill_come_marked_and_go_with_it(own_database_url):
    async def watch():
        got = Heard()
        alerts = DatabaseAlerts(own_database_url)
        reading = asyncio.create_task(alerts.run(got))
        async with (
            asyncio.timeout(HANG_S),
            await psycopg.AsyncConnection.connect(own_database_url, autocommit=True) as own,
        ):
            await got.until(lambda _, complete: complete)
            drill = await drills.start(own, 60, {}, "ann", "")
            one = Episode()
            await drills.write(own, drill, [one.tell("raised", "red")])
            await got.until(lambda rows, _: any(row.drill and row.active for row in rows))
            await drills.end(own, drill, "over")
            await got.until(lambda rows, _: any(row.drill and not row.active for row in rows))
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
        return {row.id for rows, _ in got for row in rows}, drills.alert_of(drill, one.id)

    seen, drilled = asyncio.run(watch())
    assert seen == {drilled}


def test_a_change_of_incident_case_or_crew_brings_a_whole_picture(own_database_url, monkeypatch):
    """Only notifications: without one nothing would be read again within this test."""
    monkeypatch.setattr(dispatching, "READ_EVERY_S", 10.0 * HANG_S)
    monkeypatch.setattr(dispatching, "READ_APART_S", 0.0)

    async def watch():
        got = Heard()
        reading = asyncio.create_task(DatabaseDispatch(own_database_url, ["pumps"], {}).run(got))
        async with (
            asyncio.timeout(HANG_S),
            await psycopg.AsyncConnection.connect(own_database_url, autocommit=True) as own,
        ):
            await got.until(lambda told: told.incidents_total == 0)
            name = str(uuid.uuid4())
            await incidents.act(own, Open(actor="ann", at_us=0, incident=name, title="路面塌陷"))
            await got.until(lambda told: [one.title for one in told.incidents] == ["路面塌陷"])
            await crews.act(own, crew(), Do.DISPATCH, 0, "ann", incident=name)
            await got.until(lambda told: [one.crew for one in told.waiting] == ["pumps"])
            await crews.move(own, "pumps", Position(120.1, 32.4, 1), "ann")
            await got.until(lambda told: told.crews["pumps"].position is not None)
            await cases.report(own, GARBAGE, INSPECTOR, POLICY)
            await got.until(lambda told: len(told.news) == 1)
            got.clear()
            await own.execute("SELECT pg_notify('alerts', '')")
            await got.until(lambda _: True)
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)

    asyncio.run(watch())


def test_after_a_lost_connection_the_picture_comes_again_with_what_was_missed(own_database_url):
    async def watch():
        got = Heard()
        reading = asyncio.create_task(DatabaseDispatch(own_database_url, [], {}).run(got))
        async with asyncio.timeout(HANG_S):
            await got.until(lambda told: told.incidents_total == 0)
            with psycopg.connect(own_database_url, autocommit=True) as connection:
                connection.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
                connection.execute(
                    "INSERT INTO incident VALUES (gen_random_uuid(), 1, '', 'x', NULL, NULL, now(),"
                    " NULL, now(), 'ann', 'opened')"
                )
            await got.until(lambda told: told.incidents_total == 1)
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)

    asyncio.run(watch())


def test_many_changes_at_once_are_one_picture_more(own_database_url, monkeypatch):
    """Else a cloudburst's notifications would be worked off long after it is over."""
    monkeypatch.setattr(dispatching, "READ_EVERY_S", 10.0 * HANG_S)

    async def watch():
        got = Heard()
        reading = asyncio.create_task(DatabaseDispatch(own_database_url, [], {}).run(got))
        async with (
            asyncio.timeout(HANG_S),
            await psycopg.AsyncConnection.connect(own_database_url, autocommit=True) as own,
        ):
            await got.until(lambda _: True)
            for number in range(200):
                await own.execute("SELECT pg_notify('alerts', %s)", (f'["{number}"]',))
            name = str(uuid.uuid4())
            await incidents.act(own, Open(actor="ann", at_us=0, incident=name, title="x"))
            await got.until(lambda told: told.incidents_total == 1)
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
        return len(got)

    assert asyncio.run(watch()) < 100
