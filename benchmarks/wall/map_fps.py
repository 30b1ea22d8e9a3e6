"""Frames per second of the wall with a full map: `python -m benchmarks.wall.map_fps [--rounds 3]`.

A stage serves the real page: 10 000 points over the district, of which each second 500 change
their state (silent or heard, in alert or not) and 200 their position; what changed comes over
`/ws/wall`. Chromium shows it without a graphics card. Frames are counted by requestAnimationFrame,
which headless Chromium calls at most 60 times a second; in the same run an empty page is counted on
a screen of the same size. Processor time is that of all processes of the browser.

On a machine that does other work the figures say little: load below 1.5 before it starts.
"""

from __future__ import annotations

import argparse
import statistics
import time
from typing import NamedTuple

import psutil
from playwright.sync_api import Browser, Page

from benchmarks.wall.crowd import Feeding, open_stage
from tests.screen import chromium

SCREENS = ((1920, 1080), (3840, 2160), (5760, 1080))

TARGET_FPS = 55

_COUNT = """(seconds) => new Promise((done) => {
    const times = [];
    const until = performance.now() + seconds * 1000;
    const step = (now) => {
        times.push(now);
        if (now < until) return requestAnimationFrame(step);
        const gaps = times.slice(1).map((one, at) => one - times[at]).sort((a, b) => a - b);
        done({
            fps: (gaps.length * 1000) / (times.at(-1) - times[0]),
            worst_ms: gaps.at(-1),
            late: gaps.filter((one) => one > 25).length / ((times.at(-1) - times[0]) / 1000),
        });
    };
    requestAnimationFrame(step);
})"""

SETTLE_S = 4.0
"""From the first picture to the count: fonts, charts, compiled scripts."""


class Figure(NamedTuple):
    """One stretch on one screen."""

    fps: float
    worst_ms: float
    """Longest time between two frames."""
    late: float
    """Frames a second that took more than 25 ms."""
    cores: float
    """Processor time of the browser per second."""


def main(
    points: int, states: int, moving: int, seconds: float, rounds: int, page: str, look: str
) -> int:
    """Measure and print; return 0 when every screen keeps its promise.

    Args:
        points: devices and crews.
        states: points that change their state each second.
        moving: crews, each with a new position each second.
        seconds: length of a stretch.
        rounds: stretches on each screen; told is their median.
        page: which page of the wall.
        look: further words of the address, e.g. `&overlay=rain`.
    """
    stage, crowd = open_stage(points, states, moving)
    kept = True
    try:
        with chromium() as browser, Feeding(crowd):
            print(
                f"{points} points, {states} states and {moving} positions a second, page {page}; "
                f"median of {rounds} × {seconds:g} s, load {psutil.getloadavg()[0]:.1f}"
            )
            print("screen      empty fps  wall fps  ratio  worst ms  late/s  empty CPU  wall CPU")
            for width, height in SCREENS:
                empty = _median([_empty(browser, width, height, seconds) for _ in range(rounds)])
                address = f"{stage.url}?page={page}{look}"
                wall = _median(
                    [_wall(browser, address, width, height, seconds) for _ in range(rounds)]
                )
                kept &= wall.fps >= TARGET_FPS
                print(
                    f"{width}×{height:<6}{empty.fps:>10.1f}{wall.fps:>10.1f}"
                    f"{wall.fps / empty.fps:>7.2f}{wall.worst_ms:>10.0f}{wall.late:>8.1f}"
                    f"{empty.cores:>11.0%}{wall.cores:>10.0%}",
                    flush=True,
                )
    finally:
        stage.end()
    return 0 if kept else 1


def _empty(browser: Browser, width: int, height: int, seconds: float) -> Figure:
    page = browser.new_page(viewport={"width": width, "height": height})
    try:
        page.goto("about:blank")
        return _count(page, seconds)
    finally:
        page.close()


def _wall(browser: Browser, address: str, width: int, height: int, seconds: float) -> Figure:
    page = browser.new_page(viewport={"width": width, "height": height})
    try:
        page.goto(address)
        page.locator("#time:not(:empty)").wait_for()
        page.locator("#map canvas").first.wait_for()
        page.wait_for_timeout(SETTLE_S * 1000)
        return _count(page, seconds)
    finally:
        page.close()


def _count(page: Page, seconds: float) -> Figure:
    before_s, began_s = _browser_s(), time.monotonic()
    told = page.evaluate(_COUNT, seconds)
    cores = (_browser_s() - before_s) / (time.monotonic() - began_s)
    return Figure(told["fps"], told["worst_ms"], told["late"], cores)


def _browser_s() -> float:
    """Return the processor time of the browser's processes that live, seconds."""
    total = 0.0
    for one in psutil.Process().children(recursive=True):
        if "chrom" in one.name():
            times = one.cpu_times()
            total += times.user + times.system
    return total


def _median(figures: list[Figure]) -> Figure:
    return Figure(*(statistics.median(column) for column in zip(*figures, strict=True)))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.wall.map_fps", description=__doc__)
    parser.add_argument("--points", type=int, default=10_000)
    parser.add_argument("--states", type=int, default=500, help="changed each second")
    parser.add_argument("--moving", type=int, default=200, help="crews that move each second")
    parser.add_argument("--seconds", type=float, default=10.0, help="length of a stretch")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--page", default="overview")
    parser.add_argument("--look", default="", help="further words of the address")
    chosen = parser.parse_args()
    raise SystemExit(main(**vars(chosen)))
