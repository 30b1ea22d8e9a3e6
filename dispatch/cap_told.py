"""What is told of an alert or an incident: from our words to those of CAP.

A warning colour 预警 becomes CAP's severity. The response level 应急响应 is told beside it as a
parameter of its own: neither follows from the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from devices.catalogue import Catalogue
from devices.city import Place
from dispatch.cap import (
    Area,
    Category,
    Certainty,
    Circle,
    Info,
    Message,
    MessageType,
    Reference,
    ResponseType,
    Severity,
    Status,
    Urgency,
)
from dispatch.plans.response import Level

LANGUAGES: Final = ("zh-CN", "en-US")
"""Of the information blocks, in the order of our names and messages."""

MOST_HEADLINE: Final = 160
"""Characters (3.2.2, headline: longer ones are cut by some displays)."""

MOST_PLACES: Final = 50
"""Areas of one message; what is more is named by its town only."""

MOST_REFERENCES: Final = 20
"""Earlier messages that one refers to, the newest: each of them referred to those before it."""

_SEVERITIES: Final = {
    "red": Severity.EXTREME,
    "orange": Severity.SEVERE,
    "yellow": Severity.MODERATE,
    "blue": Severity.MINOR,
}

_COLOURS: Final = {
    "red": ("红色", "Red"), "orange": ("橙色", "Orange"), "yellow": ("黄色", "Yellow"),
    "blue": ("蓝色", "Blue"),
}  # fmt: skip

_EVENTS: Final = {
    "water": (Category.MET, ("水情", "Water level and flooding")),
    "air": (Category.ENV, ("空气质量", "Air quality")),
    "traffic": (Category.TRANSPORT, ("道路交通", "Road traffic")),
    "camera": (Category.SAFETY, ("视频巡查", "Seen by camera")),
}
"""Category and kind of event by the alert's domain."""

_OTHER: Final = (Category.OTHER, ("城市运行事件", "Event in the city"))


@dataclass(frozen=True, slots=True)
class FeedSettings:
    """Who tells, and to whom."""

    sender: str = ""
    """Unique in the world, without space or comma, as `ioc@example.org`; empty: `ioc.` and the
    division code of the district."""
    restriction: str = "政务网内部使用 · Government intranet only"
    """Who may have it; empty: everybody."""
    contact: str = ""
    """Where one asks back; may be empty."""
    test: bool = False
    """All that is told is a test: nobody acts on it."""
    radius_km: float = 0.5
    """Of the circle around a place, km, 0 to 50."""

    def __post_init__(self) -> None:
        """Check bounds.

        Raises:
            ValueError: a setting that cannot be.
        """
        if any(one.isspace() or one in ",<&" for one in self.sender):
            raise ValueError(f"sender: {self.sender!r} must have no space, comma, < or &")
        if not 0 <= self.radius_km <= 50:
            raise ValueError(f"radius_km: {self.radius_km:g} must be 0 to 50")


@dataclass(frozen=True, slots=True)
class Step:
    """A moment from which on something else was told."""

    number: int
    """Grows; the same for ever for the same moment."""
    at_us: int
    """µs since 1970."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An alert or an incident as it is to be told."""

    id: str
    steps: tuple[Step, ...]
    """All that were told, the newest last; at least one."""
    is_over: bool
    is_drill: bool = False
    colour: str | None
    """Warning colour, its last one where it is over; None where there is none."""
    domain: str
    """Of the alert, of an incident that of its worst; empty where it has none."""
    headline: tuple[str, str]
    """Chinese and English."""
    description: tuple[str, str] = ("", "")
    onset_us: int | None = None
    """When it began; None where nobody knows."""
    places: tuple[Place, ...] = ()
    """Where it is; none: the whole district."""
    incidents: tuple[str, ...] = ()
    """Ids of the incidents that it belongs to, or its own."""
    level: Level | None = None
    """Response level of its incident; None where there is no response."""
    rule: str = ""
    """Which rule saw it; empty for an incident."""


def message(told: Told, city: Catalogue, feed: FeedSettings) -> Message:
    """Return what is told now: the first alert, an update of it, or its cancel.

    Args:
        told: as it stands.
        city: whose towns and bounds.
        feed: who tells.

    Raises:
        dispatch.cap.CapError: the feed's sender or a place is none.
    """
    sender = feed.sender or f"ioc.{city.code}"
    *earlier, newest = told.steps
    if told.is_over:
        kind = MessageType.CANCEL
    else:
        kind = MessageType.UPDATE if earlier else MessageType.ALERT
    references = [
        Reference(sender, _identifier(told.id, one), one.at_us)
        for one in earlier[-MOST_REFERENCES:]
    ]
    return Message(
        identifier=_identifier(told.id, newest),
        sender=sender,
        sent_us=newest.at_us,
        status=_status(told, feed),
        type=kind,
        restriction=feed.restriction,
        note="演练，无需实际处置 · Exercise: nobody acts on it" if told.is_drill else "",
        references=tuple(references),
        incidents=told.incidents,
        infos=tuple(_info(told, city, feed, index) for index in range(len(LANGUAGES))),
    )


def _identifier(name: str, step: Step) -> str:
    return f"{name}.{step.number}"


def _status(told: Told, feed: FeedSettings) -> Status:
    if told.is_drill:
        return Status.EXERCISE
    return Status.TEST if feed.test else Status.ACTUAL


def _info(told: Told, city: Catalogue, feed: FeedSettings, index: int) -> Info:
    """Return what is told in one language: 0 for Chinese, 1 for English."""
    category, event = _EVENTS.get(told.domain, _OTHER)
    parameters = [("warningColour", told.colour or ""), ("rule", told.rule)]
    if told.level is not None:
        parameters.append(("responseLevel", told.level.value))
    return Info(
        language=LANGUAGES[index],
        event=event[index],
        categories=(category,),
        urgency=_urgency(told),
        severity=_SEVERITIES[told.colour] if told.colour else Severity.UNKNOWN,
        certainty=Certainty.OBSERVED if told.colour else Certainty.UNKNOWN,
        responses=(ResponseType.ALL_CLEAR if told.is_over else ResponseType.MONITOR,),
        onset_us=told.onset_us,
        sender_name=city.name[index],
        headline=_headline(told, index),
        description=told.description[index],
        contact=feed.contact,
        parameters=tuple(pair for pair in parameters if pair[1]),
        areas=_areas(told.places, city, feed.radius_km, index),
    )


def _urgency(told: Told) -> Urgency:
    if told.is_over:
        return Urgency.PAST
    if told.colour is None:
        return Urgency.UNKNOWN
    return Urgency.IMMEDIATE if told.colour in ("red", "orange") else Urgency.EXPECTED


def _headline(told: Told, index: int) -> str:
    marks = [("【演练】", "[Exercise] ")[index]] if told.is_drill else []
    if told.is_over:
        marks.append(("【解除】", "[Over] ")[index])
    if told.colour:
        marks.append(f"{_COLOURS[told.colour][index]}{('预警：', ' warning: ')[index]}")
    whole = "".join(marks) + told.headline[index]
    return whole if len(whole) <= MOST_HEADLINE else f"{whole[: MOST_HEADLINE - 1]}…"


def _areas(
    places: Sequence[Place], city: Catalogue, radius_km: float, index: int
) -> tuple[Area, ...]:
    if not places:
        west, south, east, north = city.bounds
        ring = ((south, west), (south, east), (north, east), (north, west), (south, west))
        return (Area(city.name[index], polygons=(ring,), geocodes=(("GB/T 2260", city.code),)),)
    areas = [
        Area(
            _where(one, city, index),
            circles=(Circle(one.lat, one.lon, radius_km),),
            geocodes=(("GB/T 10114", city.towns[one.town].code),),
        )
        for one in places[:MOST_PLACES]
    ]
    towns = dict.fromkeys(one.town for one in places[MOST_PLACES:])
    areas += [
        Area(city.towns[town].name[index], geocodes=(("GB/T 10114", city.towns[town].code),))
        for town in towns
    ]
    return tuple(areas)


def _where(place: Place, city: Catalogue, index: int) -> str:
    town = city.towns[place.town].name[index]
    return f"{town}{place.name[index]}" if index == 0 else f"{place.name[index]}, {town}"
