"""The whole job: a storm over one town, from the sensors through everything to the screen."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import psycopg
import pytest

from tests.screen import Screen

DEADLINE_S = 120
"""Only ends a test that hangs; nothing is measured by it."""

HIGH_LIST = (
    "Object.assign(document.getElementById('alert-list').style, {flex: 'none', height: '9000px'})"
)
"""Makes room for a row for every alert: one that waits for its row could not be timed."""

ALERTS = 24
"""Alerts that are timed: the first ones of the storm."""


def wait_until(condition: Callable[[], Any], what: str, line=None) -> Any:
    deadline = time.monotonic() + DEADLINE_S
    while not (found := condition()):
        if time.monotonic() > deadline:
            pytest.fail(f"never happened: {what}\n{line.logs() if line else ''}")
        time.sleep(0.2)
    return found


def is_running(pid):
    """Whether a process still does anything; one that only waits to be reaped does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def query(line, statement, *values):
    url = line.settings.database_url
    with psycopg.connect(url) as connection:
        return connection.execute(statement, values).fetchall()


def open_page(browser, line):
    """Open the wall of the line at its usual size."""
    page = browser.new_page(viewport={"width": 1920, "height": 1080}, locale="zh-CN")
    screen = Screen(page, line.settings.wall_url)
    screen.open()
    return screen


@pytest.fixture(scope="module")
def watched(line, browser, request):
    """The page that was open before the storm began."""
    screen = open_page(browser, line)
    screen.page.evaluate(HIGH_LIST)
    request.getfixturevalue("storm")
    yield screen
    screen.page.close()


def test_the_storm_is_seen_in_the_database_and_on_the_page(line, watched, capsys):
    wait_until(
        lambda: query(line, "SELECT count(*) FROM alert")[0][0] >= ALERTS, "a storm of alerts", line
    )
    rows = query(
        line,
        "SELECT alert.id::text, (extract(epoch from raised) * 1000)::float8, town, "
        "message_zh FROM alert JOIN datastream ON slot = datastream ORDER BY raised LIMIT %s",
        ALERTS,
    )
    painted = wait_until(
        lambda: (
            {row[0] for row in rows} <= (found := watched.page.evaluate("iocPainted")).keys()
            and found
        ),
        "the first alerts all on the page",
        line,
    )
    delay_ms = np.array([painted[row[0]] - row[1] for row in rows])
    with capsys.disabled():
        print(
            f"\nfrom the first exceeding reading (and its on-delay) to the pixel, "
            f"{delay_ms.size} alerts: p50 {np.percentile(delay_ms, 50):.0f} ms, "
            f"max {delay_ms.max():.0f} ms"
        )
    assert (delay_ms > 0).all(), "a pixel before its reading: clocks or ids are mixed up"
    assert {row[2] for row in rows} == {"luotang"}, "it rains over one town"
    shown = "\n".join(watched.page.locator("[data-alert-id]").all_inner_texts())
    assert any(row[3] in shown for row in rows), (rows, shown)


def test_the_storm_reaches_every_kind_of_sensor(line, watched):
    wanted = {"water_level", "water_depth", "speed", "ponding"}
    wait_until(
        lambda: wanted
        <= {row[0] for row in query(
            line,
            "SELECT DISTINCT observed_property FROM alert JOIN datastream ON slot = datastream",
        )},
        f"alerts of {wanted}",
        line,
    )  # fmt: skip


def test_every_alert_has_its_history_its_outbox_row_and_its_reason(line, watched):
    bare = query(
        line,
        "SELECT a.id FROM alert a WHERE version <> (SELECT count(*) FROM alert_transition t "
        "WHERE t.alert = a.id) OR version <> (SELECT count(*) FROM outbox o "
        "WHERE o.key = a.id::text)",
    )
    assert bare == []
    unexplained = query(
        line,
        "SELECT a.id FROM alert a JOIN alert_transition t ON t.alert = a.id "
        "JOIN reading r ON r.datastream = a.datastream "
        "AND r.result = (t.evidence->>'result')::float8 "
        "AND (extract(epoch from r.phenomenon_time) * 1000000)::bigint "
        "= (t.evidence->>'phenomenon_time_us')::bigint "
        "WHERE t.version = 1 GROUP BY a.id HAVING count(*) <> 1",
    )
    assert unexplained == []


def test_status_balances_by_domain_and_finds_every_part_healthy(line, watched):
    def balanced():
        facts = line.status()
        domains = facts["balance"] or {}
        alive = {"water", "air", "traffic", "camera", "unknown"} <= domains.keys()
        return alive and facts["healthy"] and facts

    facts = wait_until(balanced, "every domain received, balanced and healthy", line)
    for name, account in facts["balance"].items():
        parts = account["stored"] + account["quarantined"] + account["duplicate"]
        assert account["received"] == parts > 0, name
    assert all(part["healthy"] for part in facts["parts"])
    assert {
        "undecodable",
        "not_a_number",
        "out_of_physical_range",
        "unknown_datastream",
        "future",
    } <= (facts["quarantine"].keys())


def test_readings_are_stored_once_each(line, watched):
    twice = query(
        line,
        "SELECT datastream, phenomenon_time FROM reading "
        "GROUP BY 1, 2, result HAVING count(*) > 1 LIMIT 5",
    )
    assert twice == []


def count_readings(line):
    """Return how many readings are stored, 0 while the database is away."""
    try:
        return query(line, "SELECT count(*) FROM reading")[0][0]
    except psycopg.OperationalError:
        return 0


@pytest.mark.parametrize("name", ["worker", "gateway", "kafka", "database"])
def test_a_killed_part_comes_back_and_nothing_is_missing(line, watched, name):
    def part():
        return next(one for one in line.status()["parts"] if one["name"] == name)

    before = part()
    psutil.Process(before["pid"]).send_signal(signal.SIGKILL)
    wait_until(
        lambda: (now := part())["restarts"] == before["restarts"] + 1 and now["healthy"],
        f"{name} is started again and healthy",
        line,
    )
    mark = wait_until(lambda: count_readings(line), "the database answers", line)
    wait_until(lambda: count_readings(line) > mark, "it flows", line)
    wait_until(
        lambda: (facts := line.status())["healthy"] and facts["balance"],
        "the balance holds again",
        line,
    )
    # Publishers number their packs without gaps, so a lost one would leave its followers ahead.
    wait_until(
        lambda: query(line, "SELECT count(*) FROM pack_ledger WHERE ahead <> '{}'") == [(0,)],
        "no pack is missing",
        line,
    )
    test_readings_are_stored_once_each(line, watched)


def test_the_page_asked_nobody_else_and_complained_of_nothing(watched):
    assert watched.foreign == []
    assert watched.complaints == []


def test_the_wall_looks_like_a_wall(line, browser, watched, tmp_path):
    page = open_page(browser, line).page
    page.locator("[data-alert-id]").first.wait_for()
    page.wait_for_timeout(3000)
    target = Path(os.environ.get("WALL_SCREENSHOT", tmp_path / "wall.png"))
    page.screenshot(path=str(target))
    overflow = page.evaluate(
        "[document.documentElement.scrollWidth - innerWidth, "
        "document.documentElement.scrollHeight - innerHeight]"
    )
    page.close()
    assert target.stat().st_size > 100_000, "an empty page"
    assert overflow == [0, 0], "a wall has nobody to scroll it"


def test_down_stops_everything_and_leaves_no_process(line, watched, capsys):
    facts = line.status()
    pids = [facts["supervisor_pid"], *(part["pid"] for part in facts["parts"])]
    began = datetime.now(UTC)
    stopped = line.run("down")
    took_s = (datetime.now(UTC) - began).total_seconds()
    with capsys.disabled():
        print(f"\nioc down: {took_s:.1f} s")
    assert stopped.returncode == 0, stopped.stderr
    assert [pid for pid in pids if pid and is_running(pid)] == []
    left = [
        process.info["cmdline"]
        for process in psutil.process_iter(["cmdline", "environ"])
        if str(line.folder) in " ".join(process.info["cmdline"] or [])
        and "simulate" not in (process.info["cmdline"] or [])
    ]
    assert left == []
