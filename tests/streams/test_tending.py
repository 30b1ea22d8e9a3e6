"""What a running worker does every hour beside its work: old events and pictures go."""

import os
import subprocess
import sys
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


def test_events_and_pictures_older_than_thirty_days_go_while_the_worker_runs(
    kafka, own_database_url, tmp_path
):
    put(own_database_url, "kept", KEPT)
    put(own_database_url, "gone", GONE)
    log = (tmp_path / "worker.log").open("wb")
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.streams.hasty_worker", kafka.bootstrap, own_database_url,
         str(tmp_path), str(tmp_path / "facts.json")],
        env={**os.environ, "PYTHONPATH": str(Path.cwd())}, stdout=log, stderr=log,
    )  # fmt: skip
    try:
        until(own_database_url, "SELECT boot, snapshot FROM event", [("kept", "kept")], process)
        until(own_database_url, "SELECT id FROM snapshot", [("kept",)], process)
        send(kafka.bootstrap, level(0, 0, 3.5))
        until(own_database_url, READINGS, [(BRIDGE, 3.5)], process)
        process.terminate()
        assert process.wait(DEADLINE_S) == 0
    finally:
        process.kill()
        process.wait()
        log.close()
