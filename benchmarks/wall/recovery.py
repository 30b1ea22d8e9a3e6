"""Lost parts as the wall shows them: `python -m benchmarks.wall.recovery [--seconds 20]`.

One part after the other is killed with all that it started, stays away for a while, and comes
back, while a page is open in Chromium. Told is how long after the kill the page first says that
something is not as it should be, and how long after the part is ready again it says nothing of the
kind any more and values are new. The page is never loaded again: a mark that is put on it at the
beginning must still be there. `--seconds 300` for long absences.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from playwright.sync_api import Page

from benchmarks.wall.system import PARTS, WallSystem
from tests.screen import chromium

_MARKS = """() => [
    ...[...document.querySelectorAll(".link.down, #lag:not(:empty), #banner:not(:empty)")]
        .map((one) => one.textContent),
    ...[...document.querySelectorAll(".badge:is([data-state=late], [data-state=silent])")]
        .map((one) => `${one.id} ${one.textContent}`),
]"""
_NEWEST = "() => Math.max(0, ...ioc.values.time_ms.filter(Boolean))"

STALE_S, RECOVERED_S = 5.0, 15.0
"""What is promised."""

_CALM_S = 3.0
"""So long without a mark is well."""
_GIVE_UP_S = 120.0

_starting = ThreadPoolExecutor(1)
"""Starts parts: Playwright has an event loop in the main thread, and starting needs its own. It
lives as long as the process, because a part dies with the thread that started it."""


def main(seconds: float, parts: list[str]) -> int:
    """Measure and print; return 0 when every promise is kept.

    Args:
        seconds: how long a part is away.
        parts: of `PARTS`.
    """
    kept = True
    with tempfile.TemporaryDirectory(prefix="ioc-recovery-") as name:
        Path(name).chmod(0o755)  # PostgreSQL runs as another user where we are root
        system = WallSystem(Path(name) / "line")
        system.start()
        try:
            with chromium() as browser:
                page = browser.new_page(viewport={"width": 1920, "height": 1080})
                page.goto(system.url)
                page.evaluate("window.iocOpenedOnce = true")
                _calm(system, page)
                for part in parts:
                    kept &= _lose(system, page, part, seconds)
        finally:
            system.stop()
    return 0 if kept else 1


def _lose(system: WallSystem, page: Page, name: str, seconds: float) -> bool:
    part = system.part(name)
    killed_s = time.monotonic()
    part.kill()
    stale_s, said = None, ""
    while time.monotonic() - killed_s < seconds:
        marks = page.evaluate(_MARKS)
        if marks and stale_s is None:
            stale_s, said = time.monotonic() - killed_s, marks[0]
        system.tend(resting=name)
        page.wait_for_timeout(100)
    _starting.submit(part.start).result()
    back_s = time.monotonic()
    recovered_s = _calm(system, page) - back_s
    same = page.evaluate("window.iocOpenedOnce === true")
    holds = stale_s is not None and stale_s <= STALE_S and recovered_s <= RECOVERED_S and same
    told = "never" if stale_s is None else f"{stale_s:.1f} s"
    print(
        f"{'✓' if holds else '✗'} {name:<9} away {seconds:g} s: said after {told} ({said}), "
        f"well again {max(recovered_s, 0):.1f} s after its return, "
        f"{'not loaded again' if same else 'LOADED AGAIN'}",
        flush=True,
    )
    return holds


def _calm(system: WallSystem, page: Page) -> float:
    """Wait until the page has been well for a while; return since when, monotonic seconds."""
    began_s = since_s = time.monotonic()
    newest = page.evaluate(_NEWEST)
    while time.monotonic() - began_s < _GIVE_UP_S:
        system.tend()
        if page.evaluate(_MARKS):
            since_s, newest = time.monotonic(), page.evaluate(_NEWEST)
        elif time.monotonic() - since_s > _CALM_S and page.evaluate(_NEWEST) > newest:
            return since_s
        page.wait_for_timeout(100)
    log = (system.folder / "log" / "wall.log").read_text(errors="replace")
    raise SystemExit(f"not well after {_GIVE_UP_S:g} s: {page.evaluate(_MARKS)}\n{log[-2000:]}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.wall.recovery", description=__doc__)
    parser.add_argument("--seconds", type=float, default=20.0, help="how long a part is away")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    chosen = parser.parse_args()
    raise SystemExit(main(chosen.seconds, chosen.parts))
