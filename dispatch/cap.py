"""Messages of the Common Alerting Protocol, CAP 1.2: what may stand in one, and its XML.

Words of CAP live here and nowhere else: a warning colour becomes a severity in `dispatch.cap_told`.
Only what we send is known, which is less than CAP has.

Source:
    OASIS Common Alerting Protocol 1.2 (2010-07-01), 3.2 (data dictionary), 3.3.2 (dates and times).
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum
from typing import Final
from xml.etree.ElementTree import Element, SubElement, tostring

NAMESPACE: Final = "urn:oasis:names:tc:emergency:cap:1.2"

MEDIA_TYPE: Final = "application/cap+xml"

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

_IDENTIFIER: Final = re.compile(r"[^\s,<&]+")
"""3.2.1: identifier and sender have no spaces, commas or restricted characters."""

_NO_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""XML 1.0, 2.2: characters that no document can hold."""

_PLACES: Final = 5
"""Decimals of a coordinate: 1 m."""

Point = tuple[float, float]
"""Degrees north and degrees east, WGS-84: in this order, as CAP has it."""


class CapError(ValueError):
    """A message that CAP has not: the field, and what would be right."""


class Status(StrEnum):
    """How a message is to be handled."""

    ACTUAL = "Actual"
    EXERCISE = "Exercise"
    """Of a drill: only who takes part acts on it."""
    TEST = "Test"
    """Nobody acts on it."""


class MessageType(StrEnum):
    """What a message does."""

    ALERT = "Alert"
    UPDATE = "Update"
    """Takes the place of those that it refers to."""
    CANCEL = "Cancel"
    """Ends those that it refers to."""


class Category(StrEnum):
    """Of what kind the event is."""

    MET = "Met"
    """Weather, floods included."""
    SAFETY = "Safety"
    ENV = "Env"
    TRANSPORT = "Transport"
    INFRA = "Infra"
    OTHER = "Other"


class Urgency(StrEnum):
    """When one should act."""

    IMMEDIATE = "Immediate"
    EXPECTED = "Expected"
    """Within the next hour."""
    PAST = "Past"
    UNKNOWN = "Unknown"


class Severity(StrEnum):
    """How grave it is."""

    EXTREME = "Extreme"
    SEVERE = "Severe"
    MODERATE = "Moderate"
    MINOR = "Minor"
    UNKNOWN = "Unknown"


class Certainty(StrEnum):
    """How sure it is."""

    OBSERVED = "Observed"
    LIKELY = "Likely"
    UNKNOWN = "Unknown"


class ResponseType(StrEnum):
    """What is advised."""

    MONITOR = "Monitor"
    ALL_CLEAR = "AllClear"


@dataclass(frozen=True, slots=True)
class Reference:
    """An earlier message."""

    sender: str
    identifier: str
    sent_us: int
    """µs since 1970; told in whole seconds."""


@dataclass(frozen=True, slots=True)
class Circle:
    """A point and all that is near it."""

    lat: float
    """Degrees north, WGS-84."""
    lon: float
    """Degrees east."""
    radius_km: float
    """0 or more."""

    def __post_init__(self) -> None:
        """Check bounds; raises CapError."""
        _check_point("circle", (self.lat, self.lon))
        if not (math.isfinite(self.radius_km) and self.radius_km >= 0):
            raise CapError(f"circle: radius {self.radius_km:g} km; it must be 0 or more")


@dataclass(frozen=True, slots=True)
class Area:
    """Where it is."""

    description: str
    polygons: tuple[tuple[Point, ...], ...] = ()
    """Each of at least four points, the last one the first again."""
    circles: tuple[Circle, ...] = ()
    geocodes: tuple[tuple[str, str], ...] = ()
    """Name of a code system, and a code."""

    def __post_init__(self) -> None:
        """Check what CAP asks of an area; raises CapError."""
        _check_text("area", self.description)
        for ring in self.polygons:
            for point in ring:
                _check_point("polygon", point)
            if len(ring) < 4 or ring[0] != ring[-1]:
                raise CapError(
                    f"polygon: {len(ring)} points from {ring[:1]} to {ring[-1:]}; it must have at "
                    "least four, the last one the first again"
                )


@dataclass(frozen=True, slots=True, kw_only=True)
class Info:
    """What a message says in one language."""

    language: str
    """RFC 3066, e.g. `zh-CN`."""
    event: str
    """What kind of event, in words."""
    categories: tuple[Category, ...]
    """At least one."""
    urgency: Urgency
    severity: Severity
    certainty: Certainty
    responses: tuple[ResponseType, ...] = ()
    onset_us: int | None = None
    """When it began, µs since 1970; None where nobody knows."""
    expires_us: int | None = None
    """When it is to be forgotten, µs since 1970; None: by its update or cancel only."""
    sender_name: str = ""
    headline: str = ""
    description: str = ""
    instruction: str = ""
    web: str = ""
    """Where more stands, a full address; empty where nowhere."""
    contact: str = ""
    parameters: tuple[tuple[str, str], ...] = ()
    """Names and values of our own."""
    areas: tuple[Area, ...] = ()

    def __post_init__(self) -> None:
        """Check what CAP asks of an information block; raises CapError."""
        if not re.fullmatch(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*", self.language):
            raise CapError(f"language: {self.language!r} must be like zh-CN")
        _check_text("event", self.event)
        if not self.categories:
            raise CapError("category: is missing; give at least one")


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message."""

    identifier: str
    """Of this message for ever: another content has another one."""
    sender: str
    """Unique in the world, e.g. a name of ours in the internet's names."""
    sent_us: int
    """µs since 1970; told in whole seconds, rounded down."""
    status: Status
    type: MessageType
    restriction: str = ""
    """Who may have it; empty: everybody (scope Public instead of Restricted)."""
    note: str = ""
    references: tuple[Reference, ...] = ()
    """What an update or cancel is of: all earlier messages about the same; at least one."""
    incidents: tuple[str, ...] = ()
    """What other messages are about the same happening."""
    infos: tuple[Info, ...] = ()

    def __post_init__(self) -> None:
        """Check what CAP asks of a message; raises CapError."""
        names = [("identifier", self.identifier), ("sender", self.sender)]
        for one in self.references:
            names += [("references", one.identifier), ("references", one.sender)]
        names += [("incidents", one) for one in self.incidents]
        for field, name in names:
            if not _IDENTIFIER.fullmatch(name) or _NO_XML.search(name):
                raise CapError(f"{field}: {name!r} must be there, without space, comma, < or &")
        if (self.type is MessageType.ALERT) == bool(self.references):
            what = "is the first of its kind and has" if self.references else "has"
            right = "no references" if self.references else "at least one reference"
            raise CapError(f"references: an {self.type} {what} {len(self.references)}; {right}")


def xml(message: Message, zone: timedelta) -> bytes:
    """Return a message as XML in UTF-8.

    Characters that XML cannot hold become U+FFFD; ends of lines become line feeds.

    Args:
        message: what is told.
        zone: offset of its times, east of UTC, whole minutes.

    Raises:
        CapError: an offset that a time cannot have.
    """
    return tostring(
        element(message, zone), encoding="utf-8", xml_declaration=True, default_namespace=NAMESPACE
    )


def element(message: Message, zone: timedelta) -> Element:
    """Return a message as an element of a document; see `xml`."""
    root = Element(_name("alert"))
    scope = "Restricted" if message.restriction else "Public"
    _put(root, "identifier", message.identifier)
    _put(root, "sender", message.sender)
    _put(root, "sent", time_text(message.sent_us, zone))
    _put(root, "status", message.status)
    _put(root, "msgType", message.type)
    _put(root, "scope", scope)
    _put(root, "restriction", message.restriction)
    _put(root, "note", message.note)
    references = (
        f"{one.sender},{one.identifier},{time_text(one.sent_us, zone)}"
        for one in message.references
    )
    _put(root, "references", " ".join(references))
    _put(root, "incidents", " ".join(message.incidents))
    for info in message.infos:
        _put_info(SubElement(root, _name("info")), info, zone)
    return root


def time_text(time_us: int, zone: timedelta) -> str:
    """Return a time as CAP has it: whole seconds, rounded down, with a numeric offset.

    >>> time_text(1_790_000_000_999_999, timedelta(hours=8))
    '2026-09-21T22:13:20+08:00'
    >>> time_text(0, timedelta(0))
    '1970-01-01T00:00:00-00:00'

    Raises:
        CapError: an offset that a time cannot have.

    Source:
        3.3.2: never `Z`; UTC is -00:00.
    """
    if zone % timedelta(minutes=1) or abs(zone) > timedelta(hours=14):
        raise CapError(f"offset {zone}; it must be whole minutes, at most 14 h")
    moment = (_EPOCH + timedelta(seconds=time_us // 1_000_000)).astimezone(timezone(zone))
    text = moment.isoformat(timespec="seconds")
    return text if zone else f"{text.removesuffix('+00:00')}-00:00"


def _put_info(into: Element, info: Info, zone: timedelta) -> None:
    """Put an information block into its element, in the order of the schema."""
    _put(into, "language", info.language)
    for category in info.categories:
        _put(into, "category", category)
    _put(into, "event", info.event)
    for response in info.responses:
        _put(into, "responseType", response)
    _put(into, "urgency", info.urgency)
    _put(into, "severity", info.severity)
    _put(into, "certainty", info.certainty)
    for name, at_us in (("onset", info.onset_us), ("expires", info.expires_us)):
        _put(into, name, "" if at_us is None else time_text(at_us, zone))
    _put(into, "senderName", info.sender_name)
    _put(into, "headline", info.headline)
    _put(into, "description", info.description)
    _put(into, "instruction", info.instruction)
    _put(into, "web", info.web)
    _put(into, "contact", info.contact)
    for pair in info.parameters:
        _put_pair(into, "parameter", pair)
    for area in info.areas:
        _put_area(SubElement(into, _name("area")), area)


def _put_area(into: Element, area: Area) -> None:
    _put(into, "areaDesc", area.description)
    for ring in area.polygons:
        _put(into, "polygon", " ".join(_point(one) for one in ring))
    for one in area.circles:
        radius = f"{one.radius_km:.3f}".rstrip("0").rstrip(".")
        _put(into, "circle", f"{_point((one.lat, one.lon))} {radius}")
    for pair in area.geocodes:
        _put_pair(into, "geocode", pair)


def _put_pair(into: Element, tag: str, pair: tuple[str, str]) -> None:
    inner = SubElement(into, _name(tag))
    for name, text in zip(("valueName", "value"), pair, strict=True):
        SubElement(inner, _name(name)).text = storable(text)  # also where it is empty


def _put(into: Element, tag: str, text: str) -> None:
    """Add a field, unless there is nothing to say."""
    if text:
        SubElement(into, _name(tag)).text = storable(str(text))


def storable(text: str) -> str:
    r"""Return a text as XML can hold it.

    >>> storable("a\r\nb\x1b")
    'a\nb�'
    """
    return _NO_XML.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n"))


def _name(tag: str) -> str:
    return f"{{{NAMESPACE}}}{tag}"


def _point(point: Point) -> str:
    lat, lon = (f"{one + 0.0:.{_PLACES}f}" for one in point)
    return f"{lat},{lon}"


def _check_point(field: str, point: Point) -> None:
    lat, lon = point
    if not (-90 <= lat <= 90 and -180 <= lon <= 180):
        raise CapError(
            f"{field}: {lat:g},{lon:g} is no point; write degrees north, -90 to 90, then east, "
            "-180 to 180"
        )


def _check_text(field: str, text: str) -> None:
    if not text.strip():
        raise CapError(f"{field}: is missing")
