"""What one row of the queue says: an alert, or the incident that has several."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from devices import PROPERTIES, Catalogue
from dispatch import Priority, order
from dispatch.crews import CrewState
from dispatch.incidents import Incident

if TYPE_CHECKING:
    from storage.queries import AlertRow

Pair = tuple[str, str]
"""Chinese, English."""


class AlertLine(msgspec.Struct, frozen=True, omit_defaults=True, tag="alert", tag_field="kind"):
    """An alert as it stands."""

    id: str
    handled: int
    """Version of what people did with it: what an action has to name."""
    version: int
    priority: int
    slot: int
    place: Pair
    town: Pair
    zh: str
    en: str
    raised_ms: int
    domain: str
    symbol: str
    """Unit."""
    decimals: int
    result: float | None
    """Which it was told with; None where it is no number."""
    limit: float | None
    is_member: bool = False
    """It stands under its incident."""
    incident: str = ""
    """Id of its open incident."""
    active: bool = True
    acknowledged: bool = False
    acknowledged_by: str = ""
    owner: str = ""
    flapping: bool = False
    returned: bool = False
    cleared_ms: int | None = None
    shelved_until_ms: int | None = None
    """None where it is not shelved now."""
    shelved_by: str = ""
    shelve_reason: str = ""
    suppressed: str = ""
    """`schedule`, `maintenance` or `parent`."""
    verdict: str = ""


class CrewAt(msgspec.Struct, frozen=True):
    """A crew that was sent there."""

    crew: str
    name: Pair
    status: Pair
    version: int
    """What a command to it has to name."""
    since_ms: int
    """Since when it is in that status."""
    assigned_ms: int
    assigned_by: str


class IncidentLine(msgspec.Struct, frozen=True, omit_defaults=True, tag="incident",
                   tag_field="kind"):  # fmt: skip
    """An incident with the alerts of it that fit the filter."""

    id: str
    version: int
    priority: int
    """0 where none of its alerts is active any more."""
    title: str
    place: Pair
    town: Pair
    alerts: int
    unacknowledged: int
    raised_ms: int
    """Of its oldest alert."""
    zh: str
    """Message of the worst of them."""
    en: str
    is_expanded: bool
    crews: list[CrewAt] = []


class GoneLine(msgspec.Struct, frozen=True, tag="gone", tag_field="kind"):
    """What stood there is not known any more."""

    id: str


Line = AlertLine | IncidentLine | GoneLine


class Writer:
    """Writes rows in the words of a city."""

    def __init__(self, catalogue: Catalogue, names: dict[str, Pair]) -> None:
        """Take the city, and crews' names by id."""
        self._catalogue, self._names = catalogue, names

    def alert(
        self, row: AlertRow, now_us: int, incident: Incident | None, *, is_member: bool = False
    ) -> AlertLine:
        """Return the row of an alert."""
        place, town = self.place(row.datastream)
        stream = self._catalogue.datastreams[row.datastream]
        about = PROPERTIES[stream.observed_property]
        shelved = row.is_shelved(now_us)
        return AlertLine(
            id=row.id, handled=row.handled, version=row.version,
            priority=Priority.of_colour(row.severity), slot=row.datastream, place=place, town=town,
            zh=row.message_zh, en=row.message_en, raised_ms=row.raised_us // 1000,
            domain=row.domain, symbol=about.symbol, decimals=about.decimals,
            result=_number(row.result), limit=_number(row.limit), is_member=is_member,
            incident=incident.id if incident else "", active=row.active,
            acknowledged=row.acknowledged, acknowledged_by=row.acknowledged_by or "",
            owner=row.owner or "", flapping=row.flapping, returned=row.returned,
            cleared_ms=None if row.cleared_us is None else row.cleared_us // 1000,
            shelved_until_ms=(row.shelved_until_us or 0) // 1000 if shelved else None,
            shelved_by=(row.shelved_by or "") if shelved else "",
            shelve_reason=(row.shelve_reason or "") if shelved else "",
            suppressed=row.suppressed or "", verdict=row.verdict or "",
        )  # fmt: skip

    def incident(
        self, one: Incident, rows: Sequence[AlertRow], crews: Sequence[CrewState], *,
        is_expanded: bool,
    ) -> IncidentLine:  # fmt: skip
        """Return the row of an incident, with those of its alerts that are to count."""
        active = [Priority.of_colour(row.severity) for row in rows if row.active]
        worst = order(rows)[:1]
        place, town = self.named(one.place)
        return IncidentLine(
            id=one.id, version=one.version, priority=min(active, default=0), title=one.title,
            place=place, town=town, alerts=len(rows),
            unacknowledged=sum(not row.acknowledged for row in rows),
            raised_ms=min((row.raised_us for row in rows), default=one.opened_us) // 1000,
            zh=worst[0].message_zh if worst else "", en=worst[0].message_en if worst else "",
            is_expanded=is_expanded, crews=[self.crew(each) for each in crews],
        )  # fmt: skip

    def crew(self, state: CrewState) -> CrewAt:
        """Return a crew that is sent somewhere."""
        task = state.task
        return CrewAt(
            state.crew, self._names.get(state.crew, (state.crew, state.crew)),
            (state.status.zh, state.status.en), state.version, state.changed_us // 1000,
            task.assigned_us // 1000 if task else 0, task.assigned_by if task else "",
        )  # fmt: skip

    def place(self, slot: int) -> tuple[Pair, Pair]:
        """Return place and town of a datastream."""
        return self.named(self._catalogue.place_of(slot).id)

    def named(self, place: str) -> tuple[Pair, Pair]:
        """Return the names of a place and its town; empty for an unknown one."""
        found = self._catalogue.places.get(place)
        if found is None:
            return ("", ""), ("", "")
        return found.name, self._catalogue.towns[found.town].name


def _number(value: float) -> float | None:
    return value if value == value else None
