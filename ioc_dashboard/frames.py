"""Frames: what travels on `/ws/wall`, as JSON, serialised once for all screens.

`hello` → `snapshot` → `diff` each second, `alerts` whenever an alert changed. Each of these
carries `seq` and the `prev` it follows; a screen that sees a gap asks for a snapshot. A `section`
is the part of one page, whole each time, for the screens that show it; `movers` come whole too,
when they have moved. A screen says which page it shows, or that it wants a snapshot (`Wish`).
Columns of one struct have one length. Times are integer milliseconds since 1970 UTC, instants.
The scripts in `assets/` read these names: change both together.
"""

from __future__ import annotations

import msgspec


class Hello(msgspec.Struct, frozen=True, tag_field="type", tag="hello"):
    """First frame of a connection."""

    build: str
    """Changes with the page or the city; a page of another build reloads once."""


class Values(msgspec.Struct, frozen=True):
    """Newest readings, columns by datastream."""

    slot: list[int]
    result: list[float | None]
    """Canonical unit, rounded to what the property's digits mean; None for no number."""
    time_ms: list[int]
    quality: list[int]


class Devices(msgspec.Struct, frozen=True):
    """Devices whose silence changed; in a snapshot all that are silent."""

    device: list[int]
    """Index in the atlas."""
    silent: list[bool]


class AlertLine(msgspec.Struct, frozen=True):
    """One row of the alert list."""

    id: str
    version: int
    handled: int
    """Version of what people did with it."""
    priority: int
    """1–4, `dispatch.Priority`."""
    slot: int
    device: int
    active: bool
    acknowledged: bool
    flapping: bool
    """It comes and goes too often to be told each time."""
    raised_ms: int
    changed_ms: int
    cleared_ms: int | None
    result: float | None
    """What raised it, canonical unit."""
    limit: float | None
    zh: str
    en: str
    drill: bool
    """Of a drill 演练: it is none, and says so."""


class Marks(msgspec.Struct, frozen=True):
    """Every device with an active alert: its most urgent one."""

    device: list[int]
    priority: list[int]
    unacknowledged: list[bool]


class Alerts(msgspec.Struct, frozen=True):
    """The alert list as it is now; it replaces what the page had."""

    lines: list[AlertLine]
    """In the order of `dispatch.order`, the first ones only; those of drills after all others."""
    open: list[int]
    """(4,) active alerts of P1–P4, without those that are not told."""
    total: int
    """All of these, on the list or not."""
    suppressed: int
    """Active alerts that are not told: by schedule, maintenance, or a silent gateway."""
    shelved: int
    """Other active alerts that somebody took out of sight."""
    oldest_unacknowledged_ms: int | None
    """When the oldest active alert that nobody took was raised."""
    marks: Marks
    drills: int
    """Active alerts of a drill; they count nowhere else, and no mark is theirs."""


class Figure(msgspec.Struct, frozen=True):
    """One key figure with its age and its source."""

    value: float | None = None
    """None: no believable reading stands behind it now."""
    time_ms: int | None = None
    """Newest phenomenon time among the readings behind it."""
    slot: int | None = None
    """The one datastream it comes from, where it is one."""
    of: int | None = None
    """How many readings stand behind it."""


class Domain(msgspec.Struct, frozen=True):
    """How alive one domain is."""

    newest_ms: int | None
    """Phenomenon time of its newest reading."""
    state: str
    """`fresh`, `late` or `silent`."""
    devices: int
    silent: int
    rate: float
    """Readings per second over the last ten seconds."""
    worst: int
    """Most urgent priority among its active alerts; 0 for none."""


class Links(msgspec.Struct, frozen=True):
    """What the wall itself can hear."""

    log_ms: int | None
    """When the log last spoke; it does so each second."""
    sources: bool
    """Every collecting gateway that speaks is connected to its broker: messages can come."""
    database: bool
    judged_ms: int | None
    """Up to which time the rules have judged everything that was stored."""


class Present(msgspec.Struct, frozen=True):
    """What is computed anew each second."""

    figures: dict[str, Figure]
    domains: list[Domain]
    """In the order of `devices.DOMAINS`."""
    links: Links
    scenario: str
    """`flood` while water alerts call for it, otherwise empty; pages rearrange."""


class Series(msgspec.Struct, frozen=True):
    """One line of a trend chart."""

    id: str
    time_ms: list[int]
    value: list[float | None]


class Snapshot(msgspec.Struct, frozen=True, tag_field="type", tag="snapshot"):
    """Everything; it needs nothing before it."""

    seq: int
    at_ms: int
    """The wall's clock."""
    values: Values
    devices: Devices
    present: Present
    alerts: Alerts
    trends: list[Series]
    trend_ms: int
    """Length of the trend charts."""


class Diff(msgspec.Struct, frozen=True, tag_field="type", tag="diff"):
    """What changed in the last second."""

    seq: int
    prev: int
    at_ms: int
    values: Values
    devices: Devices
    present: Present
    trends: list[Series]
    """New points; empty most seconds."""


class AlertsChanged(msgspec.Struct, frozen=True, tag_field="type", tag="alerts"):
    """The alert list changed; sent at once, not with the next second."""

    seq: int
    prev: int
    at_ms: int
    alerts: Alerts


class SectionShown(msgspec.Struct, frozen=True, tag_field="type", tag="section"):
    """One page's own part, as it is now."""

    page: str
    at_ms: int
    data: msgspec.Raw
    """A struct of `sections`, of the module with the page's name."""


class Movers(msgspec.Struct, frozen=True, tag_field="type", tag="movers"):
    """All that moves on the map, as it is now; it replaces what the page had. Columns by mover."""

    at_ms: int
    id: list[str]
    kind: list[str]
    """What it is; the page knows how to draw a `crew`."""
    name: list[tuple[str, str]]
    """Chinese, English."""
    lon: list[float]
    """Degrees east, in the datum of the atlas."""
    lat: list[float]
    """Degrees north."""
    state: list[str]
    """Of a crew: `idle`, `assigned`, `accepted`, `en_route`, `on_scene`, `handling` or `done`."""
    time_ms: list[int]
    """Phenomenon time of the position: when it was there."""


Frame = Hello | Snapshot | Diff | AlertsChanged | SectionShown | Movers


class Wish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a screen says."""

    page: str | None = None
    """The page it shows from now on."""
    snapshot: bool = False
    """It saw a gap."""


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Frame)
_wishes = msgspec.json.Decoder(Wish)


def encode(frame: msgspec.Struct) -> bytes:
    """Write one frame, or the data of a section.

    >>> encode(Hello("a1"))
    b'{"type":"hello","build":"a1"}'
    """
    return _encoder.encode(frame)


def decode(frame: bytes) -> Frame:
    """Read one frame, as a test or another program would."""
    return _decoder.decode(frame)


def wish(text: str | bytes) -> Wish:
    """Read what a screen says.

    Raises:
        msgspec.DecodeError: it is no wish.

    >>> wish('{"page":"flood"}')
    Wish(page='flood', snapshot=False)
    """
    return _wishes.decode(text)
