"""A wall whose world is a script: real page, real socket, real hub, and time as the test says.

Nothing here stands in for the hub or the server. Only what would come from Kafka, PostgreSQL and
the clock is said by the test, so that a second passes when the test lets it pass.
"""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import uvicorn

from devices import Batch, Catalogue, Tick, catalogue
from devices.record import Pack, Record, columns
from ioc import city
from ioc_dashboard import atlas, frames, wall
from ioc_dashboard.admission import Door, Everybody
from ioc_dashboard.arrangements import Arrangements
from ioc_dashboard.console import Console
from ioc_dashboard.hub import Hub
from ioc_dashboard.people import People
from ioc_dashboard.signing_in import SigningIn
from storage.camera_events import Seen
from storage.dispatch_picture import Picture
from storage.queries import AlertRow
from storage.rollups import Rollup

CITY = Path(__file__).parents[2] / "cities" / "jiangyan"
NOON_US = 1_795_492_800_000_000
"""2026-11-24 12:00:00 in Jiangyan."""

_T = TypeVar("_T")


def read_city() -> tuple[Catalogue, dict[str, Any]]:
    texts = {name: (CITY / name).read_text(encoding="utf-8") for name in catalogue.FILES}
    base_map = json.loads((CITY / "base.json").read_text(encoding="utf-8"))
    return catalogue.build(texts), base_map


def read_arrangements(catalogue: Catalogue) -> Arrangements:
    """Return the district's crews, and what its cases are called."""
    folder = city.load(CITY, catalogue)
    return Arrangements(
        city.roster(CITY, catalogue), folder.calendar, folder.case_policy, city.duty(CITY)
    )


def heard(rows: list[tuple[int, int, float, int]]) -> Record:
    """Return a record of (slot, phenomenon time µs, result, quality)."""
    return Record(columns(rows), (Pack("gw", "boot", 0, len(rows), "test:1", 0),))


def alert(name: str, slot: int, **more: Any) -> AlertRow:
    """Return an active yellow alert, with what the test says otherwise."""
    row = {
        "id": name,
        "rule": "water_level",
        "rule_version": 1,
        "datastream": slot,
        "domain": "water",
        "severity": "yellow",
        "active": True,
        "acknowledged": False,
        "raised_us": NOON_US,
        "changed_us": NOON_US,
        "cleared_us": None,
        "first_exceeded_us": NOON_US,
        "result": 3.92,
        "limit": 3.8,
        "message_zh": f"告警 {name}",
        "message_en": f"alert {name}",
        "version": 1,
    }
    return AlertRow(**{**row, **more})


class ScriptedWorld:
    """Implements the three ports: says nothing by itself."""

    def __init__(self, remembered: Batch | None = None) -> None:
        self.connected = True
        self.judged_us: int | None = None
        self.found: list[Any] = []
        self.rolled: list[tuple[int, int, float, int]] = []
        """Slot, start µs, value, good readings: buckets of whatever level is asked for."""
        self.introduced: list[tuple[str, str]] = []
        self.announced: list[Any] = []
        self.pictures: dict[tuple[str, str], bytes] = {}
        self.seen_of: Callable[..., Any] = lambda _after, _again: Seen(0, [])
        self.rollup_of: Callable[..., Any] = self._rollup
        self.remembered = columns([]) if remembered is None else remembered
        self.trend_of: Callable[[Sequence[int]], tuple[Any, Any, Any]] = lambda _: (
            np.array([], dtype=np.int64),
            np.array([]),
            np.array([]),
        )

    async def run(self, _deliver: Callable[..., None]) -> None:
        await asyncio.Event().wait()

    async def latest(self) -> Batch:
        return self.remembered

    async def trend(self, slots: Sequence[int], _since_us: int, _bucket_s: int) -> Any:
        return self.trend_of(slots)

    async def rollup(self, slots: Sequence[int], level: str, since_us: int, until_us: int) -> Any:
        return self.rollup_of(slots, level, since_us, until_us)

    def _rollup(self, slots: Any, _level: str, since_us: int, until_us: int) -> Rollup:
        rows = sorted(
            row for row in self.rolled if row[0] in set(slots) and since_us <= row[1] < until_us
        )
        columns = list(zip(*rows, strict=True)) or [()] * 4
        value = np.array(columns[2], np.float64)
        good = np.array(columns[3], np.int64)
        return Rollup(
            np.array(columns[0], np.int32), np.array(columns[1], np.int64), good, good, value,
            value, value, value,
        )  # fmt: skip

    async def conformance(self, _first: Any, _last: Any) -> Any:
        return self.found

    async def contacts(self) -> Any:
        return self.introduced

    async def camera_events(self, after: int, again: Sequence[int], _most: int) -> Any:
        return self.seen_of(after, again)

    async def maintenance(self, _until_us: int) -> Any:
        return self.announced

    async def picture(self, gateway: str, snapshot: str) -> bytes | None:
        return self.pictures.get((gateway, snapshot))


class Stage:
    """A wall being served on a free port, driven by hand."""

    def __init__(
        self,
        city: Catalogue,
        base_map: dict[str, Any],
        build: str = "build-1",
        door: Door | None = None,
        reload_minutes: tuple[int, int] = (240, 270),
        past: Any = None,
        people: People | None = None,
        signing_in: SigningIn | None = None,
        arrangements: Arrangements | None = None,
        console_url: str | None = None,
        advisor: Any = None,
    ) -> None:
        self.city = city
        self.arrangements = arrangements or Arrangements()
        self._console_url, self._advisor = console_url, advisor
        self._past = past
        self.door = Everybody() if door is None else door
        self._reload_minutes = reload_minutes
        self.people, self.signing_in = people, signing_in
        self.now_us = NOON_US
        self.world = ScriptedWorld()
        self._atlas = atlas.draw(city, base_map)
        self._build = build
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/"
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()
        self.open(build)

    def open(self, build: str) -> None:
        """Start serving, with a hub that knows nothing."""

        async def start() -> None:
            self.hub = Hub(
                self.city, self.world, self.world, self.world,
                build=build, trend_hours=2, now_us=lambda: self.now_us,
                arrangements=self.arrangements,
            )  # fmt: skip
            self.console = None
            if self._console_url is not None:
                self.console = Console(
                    self.city, self._console_url, self.hub.newest, self._advisor, build
                )
            parts = (self.door, self.people, self.console)
            knowing = [one.run() for one in parts if one is not None]
            self._opening = [asyncio.create_task(one) for one in knowing]
            app = wall.application(
                self.hub, self._atlas, self.city, self.door, self._reload_minutes,
                history=self._past or self.world, pictures=self.world, people=self.people,
                signing_in=self.signing_in, console=self.console,
            )  # fmt: skip
            self._server = wall._Server(
                uvicorn.Config(app, host="127.0.0.1", port=self.port, **wall.SERVER_SETTINGS)
            )
            self._serving = asyncio.create_task(self._server.serve())
            while not self._server.started:
                await asyncio.sleep(0.01)

        self._await(start())

    def close(self) -> None:
        """Stop serving; every socket is closed."""

        async def stop() -> None:
            self._server.should_exit = True
            await self._serving
            for one in self._opening:
                one.cancel()
            await asyncio.gather(*self._opening, return_exceptions=True)

        self._await(stop())

    def end(self) -> None:
        self.close()
        self._loop.call_soon_threadsafe(self._loop.stop)

    def _await(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(60)

    def do(self, act: Callable[[], _T]) -> _T:
        """Call something in the wall's own thread."""

        async def call() -> _T:
            return act()

        return self._await(call())

    def hear(self, rows: list[tuple[int, int, float, int]]) -> None:
        self.do(lambda: self.hub.take_record(heard(rows)))

    def second(self, seconds: float = 1, *, tick: bool = True, hears: bool = True) -> None:
        """Let time pass, with the log's tick or without, and push."""
        self.now_us += int(seconds * 1e6)
        if tick:
            self.do(lambda: self.hub.take_record(Tick(self.now_us, hears)))
            self.world.judged_us = self.now_us
        self.do(self.hub.push_second)

    def alerts(self, *rows: AlertRow, complete: bool = False) -> None:
        def act() -> None:
            self.hub.take_alerts(rows, complete)
            self.hub.push_alerts()

        self.do(act)

    def move(self, crews: Sequence[tuple[str, float, float, str, int]]) -> None:
        """Say where all crews are: (id, lon, lat, state, phenomenon time µs)."""
        columns = [list(column) for column in zip(*crews, strict=True)] or [[] for _ in range(5)]
        ids, lon, lat, state, time_us = columns
        movers = frames.Movers(
            at_ms=self.now_us // 1000, id=ids, kind=["crew"] * len(ids),
            name=[(f"{one} 队", f"Crew {one}") for one in ids], lon=lon, lat=lat, state=state,
            time_ms=[one // 1000 for one in time_us],
        )  # fmt: skip
        self.do(lambda: self.hub.take_movers(movers))

    def dispatch(self, picture: Picture) -> None:
        """Let the database tell how incidents, cases and crews stand."""
        self.do(lambda: self.hub.take_dispatch(picture))

    def remember(self) -> None:
        """Read the history, as the wall does when it starts."""
        self._await(self.hub._remember())

    def refresh(self) -> None:
        """Let every section read the history, as the hub does each minute."""

        async def ask() -> None:
            for section in self.hub._sections:
                await section.refresh(self.world, self.now_us)

        self._await(ask())

    def until(self, holds: Callable[[], bool]) -> None:
        """Wait until something holds in the wall's own thread; a hang ends after 20 s."""

        async def wait() -> None:
            while not holds():
                await asyncio.sleep(0.01)

        self._await(wait())
