"""The hub: one place that knows the present, and one frame for all screens.

Each second it sends what changed; an alert goes out at once. A frame is serialised once and the
same bytes go to every screen. A screen that cannot keep up is let go and comes back for a
snapshot: it must never slow the others, or the wall, down.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from devices import PROPERTIES, Catalogue, Tick
from devices.record import Record
from ioc_dashboard import frames, movers
from ioc_dashboard.arrangements import Arrangements
from ioc_dashboard.board import Board
from ioc_dashboard.explaining import Explanation
from ioc_dashboard.figures import Badges, Figures
from ioc_dashboard.pages import PAGES
from ioc_dashboard.ports import AlertRows, Dispatching, History, Readings
from ioc_dashboard.scenario import Scenario
from ioc_dashboard.screen import Screen
from ioc_dashboard.section_frames import SectionFrames
from ioc_dashboard.sections import Now, Section, sections_of
from ioc_dashboard.state import LatestValues
from ioc_dashboard.trends import Trends, series_of
from rules.indices import Report

if TYPE_CHECKING:
    from storage.dispatch_picture import Picture
    from storage.queries import AlertRow

DEAF_FOR_US = 2_500_000
"""So long after a gateway said that it hears nothing it is taken to be so: two ticks and more, for
another gateway may be well."""

ALERTS_TOGETHER_S = 0.05
"""Alert changes this close go out as one frame: a transaction raises many, the eye sees one."""


def wall_clock_us() -> int:
    """Return now: µs since 1970."""
    return time.time_ns() // 1000


async def _for_ever(name: str, work: Coroutine[Any, Any, None]) -> None:
    """Run what must not end: a task group takes a part that ended, or was cancelled, for done.

    Raises:
        RuntimeError: it ended by itself.
    """
    try:
        await work
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        raise RuntimeError(f"the hub's {name} were cancelled from within") from error
    raise RuntimeError(f"the hub's {name} ended by themselves")


class Hub:
    """The present of one city, and the screens that show it."""

    def __init__(
        self,
        catalogue: Catalogue,
        readings: Readings,
        alerts: AlertRows,
        history: History,
        *,
        build: str,
        trend_hours: float,
        now_us: Callable[[], int] = wall_clock_us,
        dispatching: Dispatching | None = None,
        arrangements: Arrangements | None = None,
    ) -> None:
        """Wire the hub; `run` starts it.

        Args:
            catalogue: the city.
            readings: the log from now on.
            alerts: alerts, now and whenever one changes.
            history: what the database remembers.
            build: see `frames.Hello`.
            trend_hours: length of the trend charts.
            now_us: the clock.
            dispatching: incidents, cases and crews; None where nobody tells of them.
            arrangements: what crews and cases are called.
        """
        self._readings, self._alerts, self._history = readings, alerts, history
        self._dispatching = dispatching
        self._dispatch: Picture | None = None
        self._dispatch_us = 0
        self._now_us = now_us
        self._hello = frames.encode(frames.Hello(build))
        self._state = LatestValues(catalogue)
        self._board = Board(catalogue)
        self._figures = Figures(catalogue)
        self._badges = Badges(catalogue)
        self._trends = Trends(series_of(catalogue), trend_hours)
        self._scenario = Scenario()
        self._arrangements = arrangements or Arrangements()
        self._moving: frames.Movers | None = None
        self._sections = SectionFrames(sections_of(catalogue, self._arrangements))
        self._decimals = [
            PROPERTIES[one.observed_property].decimals + 1 for one in catalogue.datastreams
        ]
        self._screens: set[Screen] = set()
        self._seq = 0
        self._log_us: int | None = None
        self._movers: bytes | None = None
        """Newest frame of what moves; None while nobody says where anything is."""
        self._deaf_us = 0
        """When a gateway last said that it hears nothing."""
        self._silent = self._state.silent_devices(now_us())
        self._present = self._compute()
        self._list = self._board.show()
        self._alerts_changed = asyncio.Event()
        self._snapshot: bytes | None = None
        self._frames_sent = 0
        self._screens_lost = 0

    def facts(self) -> dict[str, object]:
        """Return what `ioc status` shows of the wall."""
        now_us = self._now_us()
        return {
            "screens": len(self._screens),
            "screens_lost": self._screens_lost,
            "frames_sent": self._frames_sent,
            "readings": int(self._state.received.sum()),
            "readings_unknown": self._state.unknown,
            "log_age_s": None if self._log_us is None else round((now_us - self._log_us) / 1e6, 1),
            "database": self._alerts.connected,
            "open_alerts": self._list.total,
        }

    # -- screens

    def join(self) -> Screen:
        """Return a new screen with its hello and snapshot waiting."""
        screen = Screen(PAGES[0].id)
        screen.send(self._hello)
        screen.send(self._take_snapshot())
        if self._movers is not None:
            screen.send(self._movers)
        self._screens.add(screen)
        return screen

    def grant(self, screen: Screen, wish: frames.Wish) -> None:
        """Give a screen what it asks for: a snapshot after a gap, the part of its page."""
        if wish.snapshot:
            screen.send(self._take_snapshot())
        if wish.page is not None:
            screen.page = wish.page
            if part := self._sections.of(wish.page, self._now()):
                screen.send(part)

    def explain(self, index: str, report: Report) -> Explanation | None:
        """Return why an index on the wall is what it is; None where nothing is known of it."""
        return self._sections.explain(index, self._now(), report)

    def newest(self, slots: Sequence[int]) -> frames.Values:
        """Return the newest values of some datastreams, those never heard left out."""
        wanted = np.array(slots, dtype=np.int64)
        return self._values(wanted[self._state.time_us[wanted] > 0])

    def leave(self, screen: Screen) -> None:
        """Forget a screen."""
        self._screens.discard(screen)

    # -- the world

    def take_record(self, record: Record | Tick) -> None:
        """Take in one record of the log."""
        self._log_us = self._now_us()
        if isinstance(record, Tick):
            if not record.hears:
                self._deaf_us = self._log_us
        else:
            self._state.apply(record.batch)

    def take_alerts(self, rows: Sequence[AlertRow], complete: bool) -> None:
        """Take in alerts."""
        if self._board.take(rows, complete, self._now_us()):
            self._alerts_changed.set()

    def take_movers(self, moving: frames.Movers) -> None:
        """Take in where everything that moves is now, and show it at once."""
        self._movers = frames.encode(moving)
        for screen in list(self._screens):
            self._deliver(screen, self._movers)

    def take_dispatch(self, picture: Picture) -> None:
        """Take in how incidents, cases and crews stand; the next second shows it."""
        self._dispatch, self._dispatch_us = picture, self._now_us()
        moving = movers.movers(picture, self._arrangements.roster)
        if self._moving is None or not movers.is_same(moving, self._moving):
            self._moving = moving
            self.take_movers(moving)

    async def run(self) -> None:
        """Run until cancelled. An exception here is a broken assumption and ends the wall."""
        endless = {
            "readings": self._readings.run(self.take_record),
            "alerts": self._alerts.run(self.take_alerts),
            "pushing alerts": self._push_alerts(),
            "pushing seconds": self._push_seconds(),
            **{f"section {one.page}": self._refresh(one) for one in self._sections},
        }
        if self._dispatching is not None:
            endless["dispatch"] = self._dispatching.run(self.take_dispatch)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._remember())
            for name, work in endless.items():
                tasks.create_task(_for_ever(name, work))

    async def _remember(self) -> None:
        self._state.apply(await self._history.latest(), live=False)
        await self._trends.load(self._history, self._now_us())
        self.resynchronise()

    async def _refresh(self, section: Section) -> None:
        while True:
            await section.refresh(self._history, self._now_us())
            await asyncio.sleep(section.refresh_s)

    async def _push_alerts(self) -> None:
        while True:
            await self._alerts_changed.wait()
            await asyncio.sleep(ALERTS_TOGETHER_S)
            self._alerts_changed.clear()
            self.push_alerts()

    async def _push_seconds(self) -> None:
        while True:
            await asyncio.sleep(1.0 - self._now_us() % 1_000_000 / 1e6)
            self.push_second()

    # -- frames

    def push_alerts(self) -> None:
        """Send the alert list as it is now."""
        self._list = self._board.show()
        prev, self._seq = self._seq, self._seq + 1
        self._broadcast(frames.AlertsChanged(self._seq, prev, self._now_us() // 1000, self._list))

    def push_second(self) -> None:
        """Send what changed since the last second."""
        now_us = self._now_us()
        if self._board.pass_time(now_us):
            self._alerts_changed.set()
        before = self._silent
        self._silent = self._state.silent_devices(now_us)
        self._present = self._compute()
        points = self._trends.sample(self._state, now_us)
        changed = np.flatnonzero(self._silent != before)
        prev, self._seq = self._seq, self._seq + 1
        self._broadcast(
            frames.Diff(
                seq=self._seq,
                prev=prev,
                at_ms=now_us // 1000,
                values=self._values(self._state.take_changed()),
                devices=frames.Devices(changed.tolist(), self._silent[changed].tolist()),
                present=self._present,
                trends=points,
            )
        )
        self._push_sections()

    def _push_sections(self) -> None:
        watched = {screen.page for screen in self._screens}
        for page, part in self._sections.due(watched, self._now()):
            for screen in [one for one in self._screens if one.page == page]:
                self._deliver(screen, part)

    def _now(self) -> Now:
        now_us = self._now_us()
        return Now(
            now_us, self._state, self._state.believable(now_us), self._silent, self._board.told(),
            self._dispatch, self._dispatch_us,
        )  # fmt: skip

    def resynchronise(self) -> None:
        """Send every screen a snapshot."""
        self._snapshot = None
        for screen in list(self._screens):
            self._deliver(screen, self._take_snapshot())

    def _take_snapshot(self) -> bytes:
        if self._snapshot is None:
            now_us = self._now_us()
            silent = np.flatnonzero(self._silent)
            self._snapshot = frames.encode(
                frames.Snapshot(
                    seq=self._seq,
                    at_ms=now_us // 1000,
                    values=self._values(np.flatnonzero(self._state.time_us)),
                    devices=frames.Devices(silent.tolist(), [True] * silent.size),
                    present=self._present,
                    alerts=self._list,
                    trends=self._trends.columns(),
                    trend_ms=self._trends.window_ms,
                )
            )
        return self._snapshot

    def _broadcast(self, frame: frames.Frame) -> None:
        self._snapshot = None
        if not self._screens:
            return
        encoded = frames.encode(frame)
        for screen in list(self._screens):
            self._deliver(screen, encoded)

    def _deliver(self, screen: Screen, frame: bytes) -> None:
        screen.send(frame)
        self._frames_sent += 1
        if screen.lost:
            self._screens_lost += 1
            self._screens.discard(screen)

    def _compute(self) -> frames.Present:
        now_us = self._now_us()
        judged_us = self._alerts.judged_us
        return frames.Present(
            figures=self._figures.compute(self._state, now_us),
            domains=self._badges.compute(self._state, now_us, self._silent, self._board.worst()),
            links=frames.Links(
                log_ms=None if self._log_us is None else self._log_us // 1000,
                sources=now_us - self._deaf_us > DEAF_FOR_US,
                database=self._alerts.connected,
                judged_ms=None if judged_us is None else judged_us // 1000,
            ),
            scenario=self._scenario.of(self._board.told(), now_us),
        )

    def _values(self, slots: NDArray[np.int64]) -> frames.Values:
        state = self._state
        return frames.Values(
            slot=slots.tolist(),
            result=[
                round(value, self._decimals[slot]) if value == value else None
                for slot, value in zip(slots.tolist(), state.result[slots].tolist(), strict=True)
            ],
            time_ms=(state.time_us[slots] // 1000).tolist(),
            quality=state.quality[slots].tolist(),
        )
