"""Many walls at once: `python -m benchmarks.wall.fan_out [--screens 100 200]`.

Starts a whole system with the simulated city. First what the screens cost: processor time of the
wall's process without and with so many connected screens, in turn, so that the hub's own work is
taken out. Then from a reading to the pixel, in one Chromium, while the others are connected: the
clock starts when the reading is taken and stops when the row of its alert is painted.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from benchmarks.latency import eager_city, measure
from benchmarks.line import REPOSITORY, Line
from ioc import health

PAIRS = 3


def main(several: list[int], seconds: float, alerts: int) -> None:
    """Measure and print.

    Args:
        several: numbers of screens.
        seconds: length of each stretch of the first part.
        alerts: how many are raised in the second part.
    """
    with tempfile.TemporaryDirectory(prefix="ioc-fan-out-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # PostgreSQL runs as another user where we are root
        line = Line(folder, IOC_CITY=str(eager_city(folder)))
        started = line.run("up", "--detach")
        if started.returncode:
            raise SystemExit(started.stdout + started.stderr + line.logs())
        try:
            time.sleep(10)  # the city begins
            for screens in several:
                _cost(line, screens, seconds)
                with connected(line, screens - 1) as told:
                    delays_ms = measure(line, alerts)
                p50, p99 = np.percentile(delays_ms, [50, 99])
                print(
                    f"{screens} screens, {alerts} alerts, reading taken to row painted: "
                    f"p50 {p50:.0f} ms, p99 {p99:.0f} ms (target 1000), "
                    f"max {delays_ms.max():.0f} ms; screens lost: {told['lost']}"
                )
        finally:
            line.run("down")


def _cost(line: Line, screens: int, seconds: float) -> None:
    beat = health.read(line.settings.run_dir, "wall")
    assert beat is not None
    process = psutil.Process(beat.pid)
    without, with_them = [], []
    frames = size = 0
    for _ in range(PAIRS):
        without.append(_share(process, seconds))
        with connected(line, screens) as told:
            with_them.append(_share(process, seconds))
        frames, size = frames + told["frames"], size + told["bytes"]
    more = statistics.median(with_them) - statistics.median(without)
    rate, kilobytes = frames / screens / PAIRS / seconds, size / max(frames, 1) / 1e3
    print(
        f"{screens} screens: the wall uses {statistics.median(without):.1%} of a core without and "
        f"{statistics.median(with_them):.1%} with them: {more:.1%} for them (target at 100: 10%); "
        f"each takes {rate:.1f} frames/s of {kilobytes:.1f} kB"
    )


def _share(process: psutil.Process, seconds: float) -> float:
    """Return the share of a core that a process uses."""
    before, began_s = process.cpu_times(), time.monotonic()
    time.sleep(seconds)
    after, took_s = process.cpu_times(), time.monotonic() - began_s
    return (after.user + after.system - before.user - before.system) / took_s


@contextlib.contextmanager
def connected(line: Line, screens: int) -> Iterator[dict[str, Any]]:
    """Keep screens connected; what they took is told when they have left."""
    url = line.settings.wall_url.replace("http://", "ws://") + "ws/wall"
    asked = json.dumps({"url": url, "screens": screens, "page": "overview"})
    told: dict[str, Any] = {}
    process = subprocess.Popen(  # noqa: S603 # our own command line
        [sys.executable, "-m", "benchmarks.wall.sockets", asked], cwd=REPOSITORY,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        if process.stdout.readline() != "open\n":
            raise SystemExit("the screens could not connect")
        yield told
        process.stdin.close()
        told |= json.loads(process.stdout.readline())
    finally:
        process.kill()
        process.wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.wall.fan_out", description=__doc__)
    parser.add_argument("--screens", type=int, nargs="+", default=[100, 200])
    parser.add_argument("--seconds", type=float, default=15.0, help="length of a stretch")
    parser.add_argument("--alerts", type=int, default=100)
    chosen = parser.parse_args()
    main(chosen.screens, chosen.seconds, chosen.alerts)
