"""What `kill` and `pause` mean for a part of several processes: all of them, at once."""

import os
import threading
import time

import psutil
import psycopg
import pytest

from benchmarks.running import free_port, running
from ioc.parts import postgres

DEADLINE_S = float(os.environ.get("DEADLINE_S", "60"))
"""Only ends a test that hangs."""

ENDLESS = "SELECT count(*) FROM generate_series(1, 1e15)"


@pytest.fixture
def database(parts_dir):
    """A server for one test, and its URL."""
    port, folder = free_port("database.port"), parts_dir / "running"
    with running(postgres.part(port, folder), folder) as one:
        yield one, postgres.url(port, folder)


def until(holds, what):
    deadline = time.monotonic() + DEADLINE_S
    while not holds():
        assert time.monotonic() < deadline, f"never happened: {what}"
        time.sleep(0.02)


def processes(one):
    head = psutil.Process(one.pid)
    return [head, *head.children(recursive=True)]


def test_a_killed_database_leaves_nobody_at_work(database):
    one, url = database
    with psycopg.connect(url) as connection:

        def work():
            with pytest.raises(psycopg.OperationalError):
                connection.execute(ENDLESS)

        busy = threading.Thread(target=work)
        busy.start()
        # Within a transaction the view says the same for ever.
        with psycopg.connect(url, autocommit=True) as other:
            until(
                lambda: other.execute(
                    "SELECT count(*) FROM pg_stat_activity WHERE query = %s", (ENDLESS,)
                ).fetchone() == (1,),
                "it is at work",
            )  # fmt: skip
        all_of_it = processes(one)
        one.kill()
        _, alive = psutil.wait_procs(all_of_it, timeout=DEADLINE_S)
        for left in alive:
            left.kill()
        busy.join()
    assert len(all_of_it) > 5
    assert alive == []


def test_a_paused_database_stands_still_as_a_whole(database):
    one, url = database
    with psycopg.connect(url) as connection:
        connection.execute("SELECT 1")
        one.pause()
        try:
            for process in processes(one):
                # A signal takes its time to arrive.
                until(lambda: process.status() == psutil.STATUS_STOPPED, f"{process} stands still")  # noqa: B023 # called at once
        finally:
            one.resume()
        assert connection.execute("SELECT 1").fetchone() == (1,)
