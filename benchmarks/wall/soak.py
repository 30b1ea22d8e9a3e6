"""A wall that is left alone: `python -m benchmarks.wall.soak [--minutes 30] [--warm-up 5]`.

The whole line runs with the city at ten times its speed and a cloudburst in it; a page turns
through all others every ten seconds, as a wall does. Each sample lets the garbage collector run
first, so that what it counts is held by something: bytes of JavaScript, DOM nodes, listeners;
beside them the memory of the renderer and of the wall's own process.

Growth is the median of the last third of the samples against that of the first, after the warm-up.
The trend is the median of the slopes between all pairs of samples (Theil and Sen), which single
outliers do not move; times 24 hours it is what a page gains until it is loaded anew at night
(`wall.reload_from`). For a month without a reload: `--minutes 43200`, nothing else changes.
"""

from __future__ import annotations

import argparse
import itertools
import statistics
import tempfile
import time
from dataclasses import astuple, dataclass, fields
from pathlib import Path

import psutil
from playwright.sync_api import CDPSession, Page

from benchmarks.wall.system import WallSystem
from ioc_dashboard.pages import PAGES
from tests.screen import chromium

GROWTH_MOST = 0.05
"""What is promised of heap and nodes."""

_HELD = ("heap_mib", "nodes")
"""What the promise is of."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What is held at a moment."""

    heap_mib: float
    """JavaScript, after the garbage collector ran."""
    nodes: float
    """Of the DOM, those too that are in no document any more and still held."""
    listeners: float
    renderer_mib: float
    """Resident memory of the page's process."""
    wall_mib: float
    """Resident memory of the wall's process."""


def main(minutes: float, warm_up: float, speed: float, every_s: float) -> int:
    """Measure and print; return 0 when the promise is kept.

    Args:
        minutes: how long it is watched after the warm-up.
        warm_up: minutes before.
        speed: of the city.
        every_s: seconds between samples.
    """
    with tempfile.TemporaryDirectory(prefix="ioc-soak-") as name:
        Path(name).chmod(0o755)  # PostgreSQL runs as another user where we are root
        system = WallSystem(Path(name) / "line", f"--speed={speed:g}", "--scenario=cloudburst")
        system.start()
        try:
            with chromium() as browser:
                page = browser.new_page(viewport={"width": 1920, "height": 1080})
                complaints: list[str] = []
                page.on("pageerror", lambda error: complaints.append(str(error)))
                turn = ",".join(one.id for one in PAGES)
                page.goto(f"{system.url}?kiosk=1&turn={turn}&every=10")
                page.evaluate("window.iocOpenedOnce = true")
                samples = _watch(system, page, (minutes + warm_up) * 60, every_s)
                same = page.evaluate("window.iocOpenedOnce === true")
                alive = page.evaluate("Date.now() - ioc.link.lastFrameMs() < 5000")
                readings = system.ask("SELECT count(*) FROM reading") or 0
                alerts = system.ask("SELECT count(*) FROM alert") or 0
        finally:
            system.stop()
    kept = [one for at_s, one in samples if at_s >= warm_up * 60]
    if len(kept) < 6:
        raise SystemExit(f"{len(kept)} samples after the warm-up; there must be 6 at least")
    holds = _tell(kept, every_s) and same and alive and not complaints
    print(
        f"{readings} readings, {alerts} alerts, {minutes:g} min at {speed:g} × after "
        f"{warm_up:g} min; {'not loaded again' if same else 'LOADED AGAIN'}, "
        f"{'frames come' if alive else 'NO FRAMES'}, {len(complaints)} errors {complaints[:3]}"
    )
    return 0 if holds else 1


def _watch(
    system: WallSystem, page: Page, length_s: float, every_s: float
) -> list[tuple[float, Sample]]:
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    renderer = _renderer(page)
    began_s = time.monotonic()
    samples: list[tuple[float, Sample]] = []
    while (at_s := time.monotonic() - began_s) < length_s:
        wall = system.ours["wall"].process
        assert wall is not None
        samples.append((at_s, _sample(session, renderer, wall.pid)))
        if len(samples) % 10 == 1:
            print(f"{at_s / 60:6.1f} min {samples[-1][1]}", flush=True)
        page.wait_for_timeout(every_s * 1000)
    return samples


def _sample(session: CDPSession, renderer: psutil.Process, wall: int) -> Sample:
    session.send("HeapProfiler.collectGarbage")
    found = {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}
    mib = 1 << 20
    return Sample(
        found["JSHeapUsedSize"] / mib,
        found["Nodes"],
        found["JSEventListeners"],
        renderer.memory_info().rss / mib,
        psutil.Process(wall).memory_info().rss / mib,
    )


def _renderer(page: Page) -> psutil.Process:
    """Return the process that draws the page: the one that works while the page does."""
    ours = [
        one
        for one in psutil.Process().children(recursive=True)
        if "--type=renderer" in " ".join(one.cmdline())
    ]
    before = [one.cpu_times().user for one in ours]
    page.evaluate("(() => { const end = Date.now() + 400; while (Date.now() < end); })()")
    spent = [one.cpu_times().user - was for one, was in zip(ours, before, strict=True)]
    return ours[spent.index(max(spent))]


def _tell(samples: list[Sample], every_s: float) -> bool:
    third = len(samples) // 3
    holds = True
    print(f"{'':<14}{'first':>10}{'last':>10}{'growth':>9}{'in 24 h':>10}")
    for at, field in enumerate(fields(Sample)):
        values = [astuple(one)[at] for one in samples]
        first, last = statistics.median(values[:third]), statistics.median(values[-third:])
        slope = statistics.median(
            (values[b] - values[a]) / (b - a)
            for a, b in itertools.combinations(range(len(values)), 2)
        )
        growth = last / first - 1
        promised = field.name in _HELD
        kept = growth < GROWTH_MOST
        holds &= kept or not promised
        mark = ("✓" if kept else "✗") if promised else " "
        print(
            f"{mark} {field.name:<12}{first:>10.1f}{last:>10.1f}{growth:>+9.1%}"
            f"{slope * 86400 / every_s:>+10.1f}"
        )
    return holds


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.wall.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0, help="watched after the warm-up")
    parser.add_argument("--warm-up", type=float, default=5.0, help="minutes before")
    parser.add_argument("--speed", type=float, default=10.0, help="of the city")
    parser.add_argument("--every", type=float, default=20.0, help="seconds between samples")
    chosen = parser.parse_args()
    raise SystemExit(main(chosen.minutes, chosen.warm_up, chosen.speed, chosen.every))
