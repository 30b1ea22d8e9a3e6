"""A wall on a stage, and a browser that can reach nothing else."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.screen import Screen
from tests.small_city import city
from tests.wall.scripted import Stage, read_arrangements, read_city

# Only ends a test that hangs: beside other tests a page may take its time.
expect.set_options(timeout=20_000)


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
    one = Stage(*jiangyan, arrangements=read_arrangements(jiangyan[0]))
    yield one
    one.end()


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
