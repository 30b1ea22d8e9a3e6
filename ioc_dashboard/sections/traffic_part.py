"""What the page 交通 is told; `assets/pages/traffic.js` reads it."""

from __future__ import annotations

from typing import Final

import msgspec

CLASSES: Final = ("free", "slow", "congested", "jammed")
"""畅通, 缓行, 拥堵, 严重拥堵; each limit but the first is the upper bound of its class, km/h."""


class Index(msgspec.Struct, frozen=True):
    """The travel time index of the district or a town."""

    value: float | None
    """Now; 1 is free flow."""
    of: int
    """Segments with a believable speed and flow."""
    segments: int
    """All that can have an index."""
    time_ms: int | None
    """Newest reading behind it."""
    hour: float | None
    """Over the last 60 minutes."""
    last_week: float | None
    """Over the same 60 minutes a week ago."""


class TownTraffic(msgspec.Struct, frozen=True):
    """One town."""

    town: int
    """Index in the atlas."""
    index: Index
    congested: int
    """Segments in 拥堵 or worse."""
    known: int
    """Segments whose state is known."""


class SegmentLine(msgspec.Struct, frozen=True):
    """One segment in one direction."""

    slot: int
    """Of its speed; the atlas has its name."""
    state: int
    """Index in `CLASSES`."""
    speed: float
    flow: float | None
    occupancy: float | None
    time_ms: int
    since_ms: int | None
    """Since when it is congested, by minute means; None: it is not, or not for a minute."""
    is_at_least: bool
    """It may have begun before `since_ms`: nothing older was looked at."""


class Incident(msgspec.Struct, frozen=True):
    """Something that hinders traffic: an alert, or what a camera sees on the road."""

    key: str
    kind: str
    """`alert` or `obstruction`."""
    slot: int
    priority: int
    """1–4; 0 for a camera's finding that is no alert."""
    since_ms: int
    acknowledged: bool
    value: float | None
    zh: str
    en: str


class Crossing(msgspec.Struct, frozen=True):
    """One intersection."""

    id: str
    zh: str
    en: str
    town: int
    state: int | None
    """Of its worst arm; None: of none a believable speed."""
    arms: int
    known: int
    flow: float | None
    """Vehicles per hour over its arms with a believable flow."""
    occupancy: float | None
    """Of its fullest arm."""
    slot: int
    """Speed of its worst arm, or of its first."""


class Line(msgspec.Struct, frozen=True):
    """The district's index over time, and a week before."""

    start_ms: int
    step_ms: int
    value: list[float | None]
    last_week: list[float | None]


class States(msgspec.Struct, frozen=True):
    """Every road segment, for the map. Columns by segment and direction."""

    slot: list[int]
    """Of its speed."""
    state: list[int]
    """Index in `CLASSES`, −1 where no believable speed is known."""
    newest_ms: int | None
    """Newest reading behind them."""


class Traffic(msgspec.Struct, frozen=True):
    """The page's part."""

    index: Index
    states: list[int]
    """(4,) segments by class."""
    segments: States
    unknown: int
    """Segments without a believable speed."""
    towns: list[TownTraffic]
    """Highest index first, unknown last."""
    worst: list[SegmentLine]
    """Those that are not 畅通, worst first."""
    worst_total: int
    incidents: list[Incident]
    """Most urgent first, then oldest; findings without an alert last."""
    incidents_total: int
    crossings: list[Crossing]
    """Worst first."""
    day: Line
    hours: Line
