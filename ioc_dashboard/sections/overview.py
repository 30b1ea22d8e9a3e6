"""总览: vital signs against before, the towns by what is open in them, cases, who is on duty."""

from __future__ import annotations

import msgspec
import numpy as np

from devices import Catalogue
from dispatch import Priority
from dispatch.handover.roster import on_duty
from ioc_dashboard.arrangements import Arrangements
from ioc_dashboard.ports import History
from ioc_dashboard.sections.dispatch_cases import News, news
from ioc_dashboard.sections.naming import Name, Naming
from ioc_dashboard.sections.section import REFRESH_S, Now
from ioc_dashboard.sections.vital_signs import Sign, VitalSigns


class TownLine(msgspec.Struct, frozen=True):
    """One town, and why it stands where it stands."""

    town: int
    """Index in the atlas."""
    open: list[int]
    """(4,) active alerts of P1–P4 that are told; drills are none."""
    unacknowledged: int
    oldest_ms: int | None
    """When the oldest of those that nobody took was raised."""
    devices: int
    silent: int


class Duty(msgspec.Struct, frozen=True):
    """Who is on duty in the centre (值班)."""

    shift: Name
    leader: Name
    """值班长."""
    people: list[Name]
    """The others."""
    until_ms: int
    """When the next shift begins."""


class Overview(msgspec.Struct, frozen=True):
    """The page's part."""

    signs: list[Sign]
    """Empty until the database has said."""
    towns: list[TownLine]
    """Most P1 first, then P2, P3, P4, then the longest waiting, then most silent devices."""
    read_ms: int | None
    """When the database last told of cases; None: it has not yet."""
    cases: list[News]
    """What changed last, the newest first."""
    duty: Duty | None
    """None where the city does not say."""


class OverviewSection:
    """Implements `Section`."""

    page = "overview"
    every_s = 1
    refresh_s = REFRESH_S

    def __init__(self, catalogue: Catalogue, arrangements: Arrangements) -> None:
        """Index towns."""
        self._arrangements = arrangements
        self._naming = Naming(catalogue, arrangements)
        towns = {town: at for at, town in enumerate(catalogue.towns)}
        names = {name: at for at, name in enumerate(catalogue.devices)}
        self._towns = len(towns)
        self._town_of_device = np.array(
            [towns[catalogue.places[one.place].town] for one in catalogue.devices.values()],
            dtype=np.int64,
        )
        device_of_slot = [names[one.device] for one in catalogue.datastreams]
        self._town_of_slot = [int(self._town_of_device[at]) for at in device_of_slot]
        self._counted = np.zeros(len(names), dtype=np.bool_)
        self._counted[[at for at, one in zip(device_of_slot, catalogue.datastreams, strict=True)
                       if not one.retired]] = True  # fmt: skip
        self._signs = VitalSigns(catalogue)

    async def refresh(self, history: History, now_us: int) -> None:
        """Read the hours before."""
        await self._signs.refresh(history, now_us)

    def show(self, now: Now) -> Overview:
        """Return signs and towns, and what the newest picture of the database says."""
        picture = now.dispatch
        if picture is None:
            return Overview(self._signs.signs, self._lines(now), None, [], self._duty(now))
        return Overview(
            self._signs.signs,
            self._lines(now),
            now.dispatch_us // 1000,
            news(picture, self._arrangements, self._naming, now.us),
            self._duty(now),
        )

    def _duty(self, now: Now) -> Duty | None:
        roster = self._arrangements.duty
        if roster is None:
            return None
        found = on_duty(roster, now.us, self._arrangements.calendar)
        return Duty(
            found.shift.name,
            found.leader.name,
            [one.name for _, one in found.people],
            found.until_us // 1000,
        )

    def _lines(self, now: Now) -> list[TownLine]:
        counts = np.zeros((self._towns, len(Priority)), dtype=np.int64)
        waiting = [0] * self._towns
        oldest: list[int | None] = [None] * self._towns
        for row in now.alerts:
            if not row.active or row.drill:
                continue
            town = self._town_of_slot[row.datastream]
            counts[town, Priority.of_colour(row.severity) - 1] += 1
            if not row.acknowledged:
                waiting[town] += 1
                raised_ms = row.raised_us // 1000
                oldest[town] = min(raised_ms, oldest[town] or raised_ms)
        devices = np.bincount(self._town_of_device[self._counted], minlength=self._towns)
        silent = np.bincount(
            self._town_of_device[self._counted & now.silent], minlength=self._towns
        )
        lines = [
            TownLine(
                at, counts[at].tolist(), waiting[at], oldest[at], int(devices[at]), int(silent[at])
            )
            for at in range(self._towns)
        ]
        return sorted(
            lines,
            key=lambda one: (
                [-count for count in one.open],
                one.oldest_ms if one.oldest_ms is not None else 1 << 62,
                -one.silent / max(one.devices, 1),
                one.town,
            ),
        )
