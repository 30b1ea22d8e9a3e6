"""What a running worker does beside its work: it rolls up, and old events and pictures go."""

import os
import subprocess
import sys
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg

from tests.small_city import BRIDGE
from tests.streams.test_worker import DEADLINE_S, READINGS, level, send, until

KEPT, GONE = timedelta(days=29), timedelta(days=31)


def put(url, name, age):
    """Store an event with its picture, received so long ago."""
    received = datetime.now(UTC) - age
    with psycopg.connect(url) as connection:
        connection.execute(
            "INSERT INTO event (gateway, boot, seq, number, device, sent_as, kind, priority, time, "
            "received, snapshot, attributes) VALUES ('g', %s, 0, 0, 'c', 'c', 'intrusion', 1, "
            "now(), %s, %s, '{}')",
            (name, received, name),
        )
        connection.execute(
            "INSERT INTO snapshot VALUES ('g', %s, %s, '\\xff', 1, 1)", (name, received)
        )


@contextmanager
def hasty(servers, url, folder):
    """Run a worker whose hours are seconds."""
    log = (folder / "worker.log").open("wb")
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.streams.hasty_worker", servers, url, str(folder),
         str(folder / "facts.json")],
        env={**os.environ, "PYTHONPATH": str(Path.cwd())}, stdout=log, stderr=log,
    )  # fmt: skip
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        log.close()


ROLLED = "SELECT count::int, sum FROM reading_{} ORDER BY start"


def test_readings_are_rolled_up_and_late_ones_too(kafka, own_database_url, tmp_path):
    with hasty(kafka.bootstrap, own_database_url, tmp_path) as process:
        send(kafka.bootstrap, level(0, 0, 3.5), level(1, 3600, 3.0))
        for name, told in (("1min", [(1, 3.5), (1, 3.0)]), ("1d", [(2, 6.5)])):
            until(own_database_url, ROLLED.format(name), told, process)
        send(kafka.bootstrap, level(2, 1, 2.5))
        for name, told in (
            ("1min", [(2, 6.0), (1, 3.0)]), ("1h", [(2, 6.0), (1, 3.0)]), ("1d", [(3, 9.0)]),
        ):  # fmt: skip
            until(own_database_url, ROLLED.format(name), told, process)


def test_a_worker_that_waits_to_roll_up_ends_when_it_is_told_to(kafka, own_database_url, tmp_path):
    with (
        psycopg.connect(own_database_url) as holder,
        hasty(kafka.bootstrap, own_database_url, tmp_path) as process,
    ):
        holder.execute("LOCK reading_1min IN ACCESS EXCLUSIVE MODE")
        send(kafka.bootstrap, level(0, 0, 3.5))
        until(
            own_database_url,
            "SELECT true FROM pg_stat_activity WHERE application_name = 'ioc worker roll-ups' "
            "AND wait_event_type = 'Lock'",
            [(True,)],
            process,
        )
        # It is not in the line's way.
        send(kafka.bootstrap, level(1, 1, 3.0))
        until(own_database_url, READINGS, [(BRIDGE, 3.5), (BRIDGE, 3.0)], process)
        process.terminate()
        assert process.wait(DEADLINE_S) == 0


def test_events_and_pictures_older_than_thirty_days_go_while_the_worker_runs(
    kafka, own_database_url, tmp_path
):
    put(own_database_url, "kept", KEPT)
    put(own_database_url, "gone", GONE)
    with hasty(kafka.bootstrap, own_database_url, tmp_path) as process:
        until(own_database_url, "SELECT boot, snapshot FROM event", [("kept", "kept")], process)
        until(own_database_url, "SELECT id FROM snapshot", [("kept",)], process)
        send(kafka.bootstrap, level(0, 0, 3.5))
        until(own_database_url, READINGS, [(BRIDGE, 3.5)], process)
        process.terminate()
        assert process.wait(DEADLINE_S) == 0
