"""`ioc drill`: other rules judge what the real sink stores, while it stores it."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
import time

import psycopg
import pytest
from psycopg import AsyncConnection
from typer.testing import CliRunner

from ioc import drilling
from ioc.drilling import About
from ioc.main import app
from ioc.settings import load
from storage import drills, queries
from storage.database import Database
from tests.ioc.stored_story import FIRST, LEVEL, PARTITIONS, Story

HANG_S = 30
"""Only ends a test that hangs."""

LOWER = {"rules/a.yaml": "rules:" + LEVEL.replace("limit: warning", "limit: warning, plus: -0.5")}
"""The river is above this drill's limit all the time but at the very end."""


def settings_of(url, folder):
    environment = {
        "IOC_DATABASE_URL": url, "IOC_CITY": "cities/jiangyan",
        "IOC_KAFKA_PARTITIONS": str(PARTITIONS), "IOC_DATA_DIR": str(folder),
    }  # fmt: skip
    return load(environment, None)


class Live:
    """A drill, and a story that goes on beside it."""

    def __init__(self, url, folder, connection) -> None:
        self.url, self.connection = url, connection
        self.settings = settings_of(url, folder)
        self.stopped = asyncio.Event()

    def hold(self, texts, for_s=600.0):
        """Hold a drill on a connection of its own."""

        async def run():
            async with await AsyncConnection.connect(self.url, autocommit=True) as own:
                about = About(for_s, "ann", "rehearsal")
                return await drilling.hold(own, self.settings, texts, about, self.stopped)

        return asyncio.create_task(run())

    async def until(self, holds):
        async with asyncio.timeout(HANG_S):
            while not holds(await drills.shown(self.connection)):
                await asyncio.sleep(0.05)

    async def running(self):
        async with asyncio.timeout(HANG_S):
            while (now := await drills.current(self.connection)) is None or not now.alive:
                await asyncio.sleep(0.02)
        return now


def live(url, folder, monkeypatch, act):
    monkeypatch.setattr(drilling, "POLL_S", 0.05)
    story = Story(url)

    async def run():
        base = Database(url)
        try:
            async with (
                await AsyncConnection.connect(url, autocommit=True) as connection,
                story.told_by_hand(base, connection) as minutes,
            ):
                await act(Live(url, folder, connection), minutes)
        finally:
            await base.close()

    asyncio.run(run())


def test_a_drill_raises_its_own_alerts_beside_the_real_ones(
    own_database_url, tmp_path, monkeypatch
):
    async def act(one, minutes):
        await minutes(5)
        held = one.hold(LOWER)
        await one.running()
        await minutes(7)
        await one.until(lambda rows: any(row.active for row in rows))
        (drilled,) = await drills.shown(one.connection)
        assert (drilled.rule, drilled.severity, drilled.drill) == ("level", "yellow", True)
        assert await queries.open_alerts(one.connection) == []
        await minutes(12)  # the river is above the real limit as well
        (real,) = await queries.open_alerts(one.connection)
        assert real.id != drilled.id
        outbox = await (await one.connection.execute("SELECT key FROM outbox")).fetchall()
        assert {key for (key,) in outbox} == {real.id}
        one.stopped.set()
        assert await held == "stopped"
        assert [row.active for row in await drills.shown(one.connection)] == [False]
        assert [row.id for row in await queries.open_alerts(one.connection)] == [real.id]

    live(own_database_url, tmp_path, monkeypatch, act)


def test_what_is_open_when_it_begins_is_not_raised_again(own_database_url, tmp_path, monkeypatch):
    """The same rules: only what is new from then on is the drill's too."""

    async def act(one, minutes):
        await minutes(20)  # the river's alert is open, and the road's
        held = one.hold(FIRST)
        await one.running()
        await minutes(36)  # the lock's comes, the river's gets graver and milder again
        await one.until(lambda rows: len(rows) == 2)
        rules = {(row.rule, row.datastream) for row in await drills.shown(one.connection)}
        assert rules == {("level", 0), ("level", 1)}
        await one.until(lambda rows: {row.severity for row in rows} == {"yellow"})
        one.stopped.set()
        await held

    live(own_database_url, tmp_path, monkeypatch, act)


def test_its_time_ends_it_and_another_can_begin(own_database_url, tmp_path, monkeypatch):
    async def act(one, minutes):
        await minutes(5)
        assert await one.hold(LOWER, for_s=0.0) == "over"
        held = one.hold(LOWER)
        await one.running()
        with pytest.raises(drills.DrillRunsError):
            await one.hold(LOWER)
        assert await drills.ask_stop(one.connection) is not None
        assert await held == "stopped"

    live(own_database_url, tmp_path, monkeypatch, act)


# -- the commands


@pytest.fixture
def desk(own_database_url, tmp_path, monkeypatch):
    """A stored story, and the settings of commands in the environment."""
    Story(own_database_url, minutes=5).write()
    for name, text in (("lower", LOWER), ("bad", {"rules/a.yaml": "rules: [{id: x}]"})):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.yaml").write_text(text["rules/a.yaml"], encoding="utf-8")
    for key, value in (
        ("DATABASE_URL", own_database_url), ("KAFKA_PARTITIONS", str(PARTITIONS)),
        ("DATA_DIR", str(tmp_path / "data")), ("CITY", "cities/jiangyan"),
    ):  # fmt: skip
        monkeypatch.setenv(f"IOC_{key}", value)
    return tmp_path


def ioc(*words):
    """Run a command; return its exit code and what it said."""
    found = CliRunner().invoke(app, list(words))
    return found.exit_code, found.output


def test_start_status_and_stop(desk, own_database_url):
    code, said = ioc("drill", "status")
    assert (code, said) == (1, "没有演练 · there was no drill yet\n")
    words = ["drill", "start", "--rules", str(desk / "lower"), "--note", "storm"]
    started = subprocess.run([sys.executable, "-m", "ioc", *words], capture_output=True, check=True)
    assert "演练中 · a drill runs until" in started.stdout.decode()
    code, said = ioc("drill", "status", "--json")
    found = json.loads(said)
    assert (code, found["running"], found["note"], found["outcome"]) == (0, True, "storm", None)
    code, said = ioc("drill", "start", "--rules", str(desk / "lower"))
    assert (code, "a drill runs already" in said) == (2, True)
    assert ioc("drill", "stop") == (0, "演练已结束 · the drill is over\n")
    assert ioc("drill", "stop") == (0, "没有演练 · no drill runs\n")
    code, said = ioc("drill", "status")
    assert (code, "the last drill is over (stopped at" in said) == (1, True)


def test_a_drill_ends_with_its_process(desk, own_database_url):
    """Told to end it takes its alerts back; killed it leaves that to the next start."""
    for how, outcome in ((signal.SIGTERM, "stopped"), (signal.SIGKILL, None)):
        words = ["drill", "run", "--rules", str(desk / "lower")]
        child = subprocess.Popen([sys.executable, "-m", "ioc", *words], stdout=subprocess.PIPE)
        try:
            wait_for_drill(own_database_url)
            child.send_signal(how)
            child.wait(HANG_S)
        finally:
            child.kill()
            child.stdout.close()
        with psycopg.connect(own_database_url, autocommit=True) as connection:
            statement = "SELECT outcome FROM drill ORDER BY started DESC LIMIT 1"
            assert connection.execute(statement).fetchone() == (outcome,)
            connection.execute("UPDATE drill SET beat = beat - interval '20 seconds'")
    code, said = ioc("drill", "status")
    assert (code, "its process died; `ioc drill stop` takes back" in said) == (1, True)
    ioc("drill", "stop")
    assert "(died at" in ioc("drill", "status")[1]


def wait_for_drill(url):
    deadline = time.monotonic() + HANG_S
    with psycopg.connect(url, autocommit=True) as connection:
        while time.monotonic() < deadline:
            if connection.execute("SELECT FROM drill WHERE ended IS NULL").fetchone() is not None:
                return
            time.sleep(0.05)
    pytest.fail("no drill began")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        pytest.param(("--rules", "{}/bad"), "rules/a.yaml:1: ", id="a-bad-rule"),
        pytest.param(("--rules", "{}/none"), "there is no such folder", id="no-folder"),
        pytest.param(
            ("--rules", "{}/lower", "--for", "30"), "like 30min or 2h", id="a-time-without-unit"
        ),
        pytest.param(("--rules", "{}/lower", "--for", "25h"), "a day at most", id="too-long"),
        pytest.param(("--rules", "{}/lower", "--for", "0min"), "like 30min or 2h", id="no-time"),
    ],
)
def test_mistakes_are_told_before_it_begins(desk, own_database_url, words, said):
    for command in ("start", "run"):
        code, output = ioc("drill", command, *(one.format(desk) for one in words))
        assert (code, said in output) == (2, True), output
    with psycopg.connect(own_database_url) as connection:
        assert connection.execute("SELECT count(*) FROM drill").fetchone() == (0,)
