"""The report of a back-test, in a browser that can reach nothing."""

from __future__ import annotations

import asyncio

import pytest
from psycopg import AsyncConnection

from ioc import backtest, backtest_page
from ioc.settings import load
from rules.alerts import Severity
from rules.differing import Episode
from tests.ioc.stored_story import FIRST, MINUTE, NOON, PARTITIONS, Story
from tests.small_city import city


@pytest.fixture(scope="module")
def report(database_url, tmp_path_factory):
    """A report of hours that went through the real sink; made before the browser runs."""
    Story(database_url).write()
    environment = {"IOC_DATABASE_URL": database_url, "IOC_KAFKA_PARTITIONS": str(PARTITIONS)}
    rules = FIRST["rules/all.yaml"].replace("for: 2min", "for: 5min")
    rules = rules.replace("value: 12", "value: 200")
    rules = rules.replace("limit: warning", "limit: warning, plus: -0.5")

    async def run():
        async with await AsyncConnection.connect(database_url, autocommit=True) as connection:
            return await backtest.compare(
                connection, load(environment, None), {"rules/all.yaml": rules}, NOON,
                NOON + 100 * MINUTE,
            )  # fmt: skip

    found = asyncio.run(run())
    target = tmp_path_factory.mktemp("report") / "report.html"
    target.write_text(backtest_page.render(found, city()), encoding="utf-8")
    return target


def test_it_needs_nothing_but_itself(report, browser):
    assert report.read_text(encoding="utf-8").count("plotly.js v") == 1
    asked, complaints = [], []
    page = browser.new_page(viewport={"width": 1280, "height": 1400})
    page.on("request", lambda one: asked.append(one.url))
    page.on("pageerror", lambda one: complaints.append(str(one)))
    page.goto(report.as_uri())
    page.locator(".main-svg").nth(2).wait_for()
    assert asked == [report.as_uri()]
    assert complaints == []
    assert page.locator(".bars .point").count() > 0
    assert "规则回测" in page.locator("h1").inner_text()
    page.screenshot(path=report.with_suffix(".png"), full_page=True)
    page.close()


def test_the_page_shows_rates_of_the_time_only():
    """Alarms before the begin and at the end are of other times."""
    alerts = tuple(
        Episode("a", "b", raised_us, raised_us + 1, Severity.BLUE)
        for raised_us in (-1, 0, 599_999_999, 600_000_000, 1_200_000_000)
    )
    side = backtest.Side("live", alerts, None)
    assert backtest_page._counts(side, 0, 1_200_000_000) == ([0, 600_000_000], [2, 1])
