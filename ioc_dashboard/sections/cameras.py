"""视频: which cameras are heard, what they see now, and what they saw last, with its picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from devices import Catalogue, Quality
from devices.events import KINDS
from ioc_dashboard.figures import SEEN_FROM
from ioc_dashboard.ports import History
from ioc_dashboard.sections.section import REFRESH_S, Now

if TYPE_CHECKING:
    from storage.camera_events import CameraEvent
    from storage.maintenance import Announced

STATES: Final = ("online", "silent", "fault", "maintenance")
"""Of a camera. Maintenance wins over the rest: nobody has to look after it now."""

FINDINGS: Final = ("ponding", "obstruction", "crowd")

SHOWN_MOST: Final = 24
"""Events that are kept and sent: no screen shows more pictures."""

FOUND_MOST: Final = 40
"""Findings of one kind that are sent."""

_AT_WORK: Final = (Quality.MAINTENANCE, Quality.CALIBRATING)
_BROKEN: Final = (Quality.FAULT, Quality.COMMUNICATION_FAULT)


class TownCameras(msgspec.Struct, frozen=True):
    """The cameras of one town."""

    town: int
    """Index in the atlas."""
    device: list[int]
    """Index in the atlas, in the catalogue's order."""
    state: list[int]
    """Index in `STATES`, one for each device."""


class Finding(msgspec.Struct, frozen=True):
    """What one camera sees now."""

    slot: int
    value: float
    """Confidence 0 to 1; of a crowd the number of people."""
    limit: float
    time_ms: int


class Findings(msgspec.Struct, frozen=True):
    """What the cameras that look for one thing see now."""

    kind: str
    """One of `FINDINGS`."""
    total: int | None
    """Cameras that see it; None where none of them is believable."""
    of: int
    """Cameras with a believable reading."""
    found: list[Finding]
    """Farthest above the limit first; the first ones."""


class Event(msgspec.Struct, frozen=True):
    """What a camera saw."""

    id: int
    device: int | None
    """Index in the atlas; None where the registry has it not."""
    sent_as: str
    """What it calls itself."""
    zh: str
    en: str
    """The kind of event."""
    time_ms: int
    confidence: float | None
    count: int | None
    text: str
    picture: str | None
    """Path below `/wall/snapshot/`; None: it has none, or it has not come."""
    is_awaited: bool
    """It named a picture that has not come."""


class Cameras(msgspec.Struct, frozen=True):
    """The page's part."""

    counts: list[int]
    """(4,) cameras by state."""
    towns: list[TownCameras]
    """In the catalogue's order, those with cameras."""
    findings: list[Findings]
    """In the order of `FINDINGS`."""
    events: list[Event] | None
    """Newest first by the time it happened; None until the database has said."""
    states: tuple[str, ...] = STATES


class CamerasSection:
    """Implements `Section`."""

    page = "cameras"
    every_s = 2
    refresh_s = 3.0
    """An event is to be seen with its picture before the crew is called."""

    def __init__(self, catalogue: Catalogue) -> None:
        """Index cameras by town, and what they look for."""
        self._catalogue = catalogue
        streams = [one for one in catalogue.datastreams if not one.retired]
        alive = {one.device for one in streams}
        self._index = {name: at for at, name in enumerate(catalogue.devices)}
        towns = {town: at for at, town in enumerate(catalogue.towns)}
        self._towns: dict[int, list[int]] = {}
        for name, one in catalogue.devices.items():
            if one.kind == "camera" and name in alive:
                town = towns[catalogue.places[one.place].town]
                self._towns.setdefault(town, []).append(self._index[name])
        self._looks = {
            kind: np.array([s.slot for s in streams if s.observed_property == kind], dtype=np.int64)
            for kind in FINDINGS
        }
        self._limit = np.full(len(catalogue.datastreams), np.nan)
        for stream in streams:
            if stream.observed_property == "crowd":
                self._limit[stream.slot] = stream.limits.get("capacity", np.nan)
            elif stream.observed_property in FINDINGS:
                self._limit[stream.slot] = stream.limits.get("confident", SEEN_FROM)
        self._newest = 0
        self._events: dict[int, CameraEvent] | None = None
        self._announced: list[Announced] = []
        self._maintenance_due_us = 0

    async def refresh(self, history: History, now_us: int) -> None:
        """Read events that came since the last time, and pictures that were still to come."""
        known = self._events or {}
        again = [one.id for one in known.values() if one.snapshot and not one.is_pictured]
        seen = await history.camera_events(self._newest, again, SHOWN_MOST)
        known = {**known, **{one.id: one for one in seen.events}}
        newest = sorted(known.values(), key=lambda one: (-one.time_us, -one.id))[:SHOWN_MOST]
        self._newest = seen.newest
        self._events = {one.id: one for one in newest}
        if now_us >= self._maintenance_due_us:
            self._announced = list(await history.maintenance(now_us))
            self._maintenance_due_us = now_us + int(REFRESH_S * 1e6)

    def show(self, now: Now) -> Cameras:
        """Return states, findings and events as they are now."""
        state = self._states(now)
        towns = [
            TownCameras(town, cameras, state[cameras].tolist())
            for town, cameras in sorted(self._towns.items())
        ]
        all_states = [one for town in towns for one in town.state]
        return Cameras(
            counts=[all_states.count(at) for at in range(len(STATES))],
            towns=towns,
            findings=[self._findings(kind, now) for kind in FINDINGS],
            events=None if self._events is None else [*map(self._event, self._events.values())],
        )

    def _states(self, now: Now) -> NDArray[np.int64]:
        """Return (d,) index in `STATES` by device."""
        heard, quality = now.state.heard(now.us), now.state.quality
        state = np.zeros(now.silent.size, dtype=np.int64)
        state[now.state.device[heard & np.isin(quality, _BROKEN)]] = STATES.index("fault")
        state[now.silent] = STATES.index("silent")
        at_work = np.zeros(state.size, dtype=np.bool_)
        at_work[now.state.device[heard & np.isin(quality, _AT_WORK)]] = True
        for one in self._announced:
            it = one.maintenance
            if one.ended_us is None and it.from_us <= now.us < it.until_us:
                at_work[self._within(it.scope, it.subject)] = True
        state[at_work] = STATES.index("maintenance")
        return state

    def _within(self, scope: str, subject: str) -> list[int]:
        """Return the devices that a maintenance is about; rules and datastreams are no device."""
        places = self._catalogue.places
        return [
            self._index[name]
            for name, one in self._catalogue.devices.items()
            if {
                "device": name, "gateway": one.gateway, "place": one.place,
                "town": places[one.place].town,
            }.get(scope) == subject
        ]  # fmt: skip

    def _findings(self, kind: str, now: Now) -> Findings:
        slots = self._looks[kind]
        slots = slots[now.believable[slots] & np.isfinite(self._limit[slots])]
        value, limit = now.state.result[slots], self._limit[slots]
        found = np.flatnonzero(value >= limit)
        with np.errstate(divide="ignore"):
            found = found[np.argsort(-(value / limit)[found], kind="stable")]
        return Findings(
            kind,
            int(found.size) if slots.size else None,
            int(slots.size),
            [
                Finding(
                    int(slots[at]), round(float(value[at]), 2), float(limit[at]),
                    int(now.state.time_us[slots[at]]) // 1000,
                )
                for at in found[:FOUND_MOST]
            ],
        )  # fmt: skip

    def _event(self, one: CameraEvent) -> Event:
        kind = KINDS[one.kind]
        return Event(
            one.id, self._index.get(one.device), one.sent_as, kind.zh, kind.en,
            one.time_us // 1000, one.confidence, one.count, one.text,
            f"{one.gateway}/{one.snapshot}" if one.is_pictured else None,
            bool(one.snapshot and not one.is_pictured),
        )  # fmt: skip
