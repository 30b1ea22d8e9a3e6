"""A wall on a stage, and a browser that can reach nothing else."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import sync_playwright

from tests.small_city import city
from tests.wall.scripted import Stage, read_city

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip


@pytest.fixture
def stage():
    """A wall of the small city."""
    one = Stage(city(), {"type": "FeatureCollection", "features": []})
    yield one
    one.end()


@pytest.fixture(scope="session")
def jiangyan():
    return read_city()


@pytest.fixture
def district(jiangyan):
    """A wall of the whole district."""
    one = Stage(*jiangyan)
    yield one
    one.end()


# Not for the session: while Playwright's sync API is open, its event loop runs in this thread and
# no other test can call asyncio.run.
@pytest.fixture(scope="module")
def browser():
    if not CHROMIUM.exists():
        why = f"{CHROMIUM} is not there; install Debian's chromium"
        # In CI a wall that nobody looked at is a failure.
        (pytest.fail if os.environ.get("CI") else pytest.skip)(why)
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

    def map(self) -> dict:
        return self.page.evaluate("ioc.mapState()")


@pytest.fixture
def look(browser):
    """Open pages on a stage; afterwards none may have complained or asked another machine."""
    screens: list[Screen] = []

    def on(stage: Stage, width: int = 1920, height: int = 1080, **options) -> Screen:
        page = browser.new_page(viewport={"width": width, "height": height}, **options)
        screens.append(Screen(page, stage.url))
        return screens[-1]

    yield on
    for screen in screens:
        screen.page.close()
    assert [screen.foreign for screen in screens] == [[]] * len(screens)
    assert [screen.complaints for screen in screens] == [[]] * len(screens)
