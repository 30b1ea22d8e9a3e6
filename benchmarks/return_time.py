"""From the death of the worker to the next row: `python -m benchmarks.return_time [kills]`.

Starts a whole system with the simulated city, kills the worker (SIGKILL) again and again, and
polls the database for readings stored since. Prints quantiles of the whole time and of its two
parts: until the new process runs, and from there until the first row.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import psycopg
from numpy.typing import NDArray

from benchmarks.line import Line
from ioc import run_state
from ioc.run_state import PartState

_GIVE_UP_S = 120.0
_POLL_S = 0.01

_BETWEEN_S = (12.0, 14.0)
"""From the first row to the next kill: a part that ran for 10 s counts as healthy again
(`ioc.backoff`), and the moment within the city's second differs from kill to kill."""

_STORED = "SELECT coalesce(sum(stored), 0) FROM intake"
_CONNECTED = (
    "SELECT count(*) FROM pg_stat_activity "
    "WHERE application_name = 'ioc worker' AND datname = current_database()"
)


def main(kills: int) -> None:
    """Measure and print.

    Args:
        kills: how often the worker is killed, 1 or more.
    """
    measured = measure(kills)
    rows = ("worker killed to row committed", "  killed to started", "  started to row committed")
    print(f"{kills} kills")
    for row, seconds in zip(rows, measured.T, strict=True):
        quantiles = ", ".join(f"p{p} {np.percentile(seconds, p):.2f} s" for p in (50, 95))
        print(f"{row:<32}{quantiles}, max {seconds.max():.2f} s")


def measure(kills: int) -> NDArray[np.float64]:
    """Kill the worker of a whole system so often.

    Returns:
        (kills, 3) seconds: from kill to row, from kill to start, from start to row.
    """
    with tempfile.TemporaryDirectory(prefix="ioc-return-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # PostgreSQL runs as another user where we are root
        line = Line(folder)
        started = line.run("up", "--detach")
        if started.returncode:
            raise SystemExit(started.stdout + started.stderr + line.logs())
        try:
            return np.array([_one(line, turn + 1) for turn in range(kills)])
        finally:
            line.run("down")


def _one(line: Line, turn: int) -> tuple[float, float, float]:
    """Kill once; return seconds from kill to row, from kill to start, from start to row."""
    with psycopg.connect(line.settings.database_url, autocommit=True) as connection:

        def number(statement: str) -> int:
            row = connection.execute(statement).fetchone()
            assert row is not None
            return int(row[0])

        before = number(_STORED)
        _until(lambda: number(_STORED) > before, "readings are stored")
        time.sleep(random.uniform(*_BETWEEN_S))  # noqa: S311 # no secret
        pid = _worker(line).pid
        assert pid is not None, "the worker died by itself"
        os.kill(pid, signal.SIGKILL)
        killed = time.monotonic()
        # A commit that was under way may still come; once its connection is gone it has come.
        _until(lambda: number(_CONNECTED) == 0, "the killed worker's connection ends")
        before = number(_STORED)
        _until(lambda: _worker(line).pid not in (None, pid), "the worker is started again")
        began = time.monotonic()
        _until(lambda: number(_STORED) > before, "readings are stored again")
        stored = time.monotonic()
    print(f"{turn:>4} {stored - killed:6.2f} s", file=sys.stderr)
    return stored - killed, began - killed, stored - began


def _worker(line: Line) -> PartState:
    state = run_state.read(line.settings.run_dir)
    assert state is not None
    return next(one for one in state.parts if one.name == "worker")


def _until(holds: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + _GIVE_UP_S
    while not holds():
        if time.monotonic() > deadline:
            raise SystemExit(f"never happened within {_GIVE_UP_S:g} s: {what}")
        time.sleep(_POLL_S)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20)
