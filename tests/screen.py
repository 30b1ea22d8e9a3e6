"""A browser that can reach nothing but the page under test, and remembers what it was asked."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, sync_playwright

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip

LOOKS = 1600
"""How often a page is looked at, 25 ms apart, before a test gives up: beside other tests it may
take its time, and only what hangs comes to the end."""


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """Run a headless Chromium; without one the test is skipped, which in CI is a failure."""
    if not CHROMIUM.exists():
        pytest.skip(f"{CHROMIUM} is not there; install Debian's chromium")
    with sync_playwright() as playwright:
        one = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield one
        one.close()


class Screen:
    """A page, and all it complained of and asked for."""

    def __init__(self, page, url: str) -> None:
        self.page = page
        self.url = url
        self.complaints: list[str] = []
        self.foreign: list[str] = []
        page.on("console", self._listen)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.route("**/*", self._let_through)

    def _listen(self, message) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"{message.type}: {message.text}")

    def _let_through(self, route) -> None:
        if urlsplit(route.request.url).netloc == urlsplit(self.url).netloc:
            route.continue_()
        else:
            self.foreign.append(route.request.url)
            route.abort()

    def open(self, query: str = ""):
        self.page.goto(self.url + query)
        self.page.locator("[data-figure=ponding]").wait_for()
        self.page.locator("#trend-camera .main-svg").first.wait_for()
        return self.page

    def open_map(self, query: str = ""):
        """Open a page whichever it is, and wait until its map and its line are there."""
        self.page.goto(self.url + query)
        self.page.locator("#time:not(:empty)").wait_for()
        for _ in range(1200):
            if self.page.evaluate("Boolean(ioc.map && ioc.link.isOpen)"):
                return self.page
            self.page.wait_for_timeout(25)
        raise AssertionError("the map did not come within 30 s")

    def map(self) -> dict:
        return self.page.evaluate("ioc.mapState()")
