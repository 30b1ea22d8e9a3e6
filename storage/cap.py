"""What others may fetch: alerts and incidents as they stand, as messages of CAP 1.2.

A message tells what holds now and refers to what was told before: its identifier grows with each
step that changes what is told, so one identifier always says the same. Reading only.

All take a psycopg AsyncConnection in autocommit.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final, Literal, TypeAlias

from psycopg import AsyncConnection, sql
from psycopg.rows import TupleRow

from devices.catalogue import Catalogue
from devices.city import Place
from dispatch import atom
from dispatch.atom import Feed
from dispatch.cap import Message
from dispatch.cap_told import FeedSettings, Step, Told, message
from dispatch.incidents import Incident
from rules.alerts import TransitionKind
from storage import drills, incidents, plans, queries, responses
from storage.instants import to_us
from storage.queries import AlertRow

_Connection = AsyncConnection[TupleRow]

Of: TypeAlias = Literal["incidents", "alerts"]
"""What a feed is of: incidents, so that one happening is one entry; or each alert."""

KEPT_US: Final = 24 * 3_600_000_000
"""How long a feed tells that something is over, µs: who fetches it daily learns of it."""

_MOST: Final = 500
"""Entries of a feed."""

_MOST_LINES: Final = 10
"""Alerts that the description of an incident names."""

_TOLD: Final = tuple(
    one.value
    for one in (
        TransitionKind.RAISED, TransitionKind.ESCALATED, TransitionKind.DEESCALATED,
        TransitionKind.REACTIVATED, TransitionKind.UNSUPPRESSED, TransitionKind.REALARMED,
        TransitionKind.CLEARED, TransitionKind.WITHDRAWN,
    )
)  # fmt: skip
"""Transitions after which something else is told."""


async def feed(
    connection: _Connection,
    city: Catalogue,
    settings: FeedSettings,
    zone: timedelta,
    *,
    of: Of = "incidents",
    with_drills: bool = False,
    address: str = "",
) -> bytes:
    """Return the feed: what is open, and what ended in the last 24 h, as Atom with CAP inside.

    Alerts that are suppressed or shelved are told by nobody. Those of drills are left out unless
    they are asked for; their status is Exercise.

    Args:
        connection: where to ask.
        city: the catalogue in force.
        settings: who tells.
        zone: offset of times, east of UTC.
        of: what an entry is.
        with_drills: tell what drills raise, too.
        address: where the feed is fetched; empty for a file.

    Raises:
        dispatch.cap.CapError: a setting that CAP has not.
    """
    now_us = await plans.now_us(connection)
    told = await (_incidents(connection, city, now_us) if of == "incidents"
                  else _alerts(connection, city, now_us))  # fmt: skip
    if with_drills:
        told += await alerts_told(connection, city, await drills.shown(connection, _MOST))
    above = Feed(f"urn:ioc:{city.code}:cap:{of}", f"{city.name[0]}告警", city.name[0], address)
    return atom.xml(above, [message(one, city, settings) for one in told], now_us, zone)


async def of_alert(
    connection: _Connection, alert: str, city: Catalogue, settings: FeedSettings
) -> Message | None:
    """Return what is told of an alert, also one of a drill; None where there is none of that id."""
    rows = await queries.alerts_by_id(connection, [alert])
    rows = rows or await drills.by_id(connection, [alert])
    told = await alerts_told(connection, city, rows)
    return message(told[0], city, settings) if told else None


async def of_incident(
    connection: _Connection, incident: str, city: Catalogue, settings: FeedSettings
) -> Message | None:
    """Return what is told of an incident; None where there is none of that id."""
    found = await incidents.by_id(connection, [incident])
    told = await incidents_told(connection, city, list(found.values()))
    return message(told[0], city, settings) if told else None


async def alerts_told(
    connection: _Connection, city: Catalogue, rows: Sequence[AlertRow]
) -> list[Told]:
    """Return alerts as they are to be told, in their order."""
    real = [one.id for one in rows if not one.drill]
    steps = await _alert_steps(connection, real)
    belongs = await _incidents_of(connection, real)
    levels = await responses.of_incidents(
        connection, {each for those in belongs.values() for each in those}
    )
    found = []
    for one in rows:
        own = belongs.get(one.id, ())
        found.append(
            Told(
                id=one.id,
                steps=_drill_steps(one) if one.drill else steps[one.id],
                is_over=not one.active,
                is_drill=one.drill,
                colour=one.severity,
                domain=one.domain,
                headline=(one.message_zh, one.message_en),
                onset_us=one.first_exceeded_us,
                places=_place(city, one.datastream),
                incidents=own,
                level=next((levels[each] for each in own if each in levels), None),
                rule=one.rule,
            )
        )
    return found


async def incidents_told(
    connection: _Connection, city: Catalogue, found: Sequence[Incident]
) -> list[Told]:
    """Return incidents as they are to be told, in their order."""
    names = [one.id for one in found]
    steps = await _incident_steps(connection, names)
    levels = await responses.of_incidents(connection, names)
    members = {alert for one in found for alert in one.members}
    rows = {one.id: one for one in await queries.alerts_by_id(connection, list(members))}
    told = []
    for one in found:
        alerts = sorted((rows[alert] for alert in one.members), key=_gravest)
        worst = alerts[0] if alerts else None
        told.append(
            Told(
                id=one.id,
                steps=steps[one.id],
                is_over=not one.is_open,
                colour=worst.severity if worst else None,
                domain=worst.domain if worst else "",
                headline=_headline(one, worst, city),
                description=_description(alerts),
                onset_us=min((each.first_exceeded_us for each in alerts), default=one.opened_us),
                places=tuple(
                    city.places[place] for place in sorted(one.places) if place in city.places
                ),
                incidents=(one.id,),
                level=levels.get(one.id),
            )
        )
    return told


async def _incidents(connection: _Connection, city: Catalogue, now_us: int) -> list[Told]:
    found = {one.id: one for one in await incidents.open_incidents(connection, _MOST)}
    for one in await incidents.recent(connection, _MOST):
        if one.closed_us is None or one.closed_us >= now_us - KEPT_US:
            found.setdefault(one.id, one)
    return await incidents_told(connection, city, list(found.values()))


async def _alerts(connection: _Connection, city: Catalogue, now_us: int) -> list[Told]:
    rows = {one.id: one for one in await queries.open_alerts(connection, _MOST)}
    for one in await queries.recent_alerts(connection, _MOST):
        if one.cleared_us is None or one.cleared_us >= now_us - KEPT_US:
            rows.setdefault(one.id, one)
    return await alerts_told(
        connection, city, [one for one in rows.values() if one.is_told(now_us)]
    )


async def _alert_steps(
    connection: _Connection, alerts: Sequence[str]
) -> dict[str, tuple[Step, ...]]:
    cursor = await connection.execute(
        sql.SQL(
            "SELECT alert::text, version, {recorded} FROM alert_transition "
            "WHERE alert = ANY(%s::uuid[]) AND kind = ANY(%s) ORDER BY alert, version"
        ).format(recorded=to_us("recorded")),
        (list(alerts), list(_TOLD)),
    )
    found: dict[str, list[Step]] = {one: [] for one in alerts}
    for alert, *step in await cursor.fetchall():
        found[alert].append(Step(*step))
    return {alert: tuple(steps) for alert, steps in found.items()}


async def _incident_steps(
    connection: _Connection, names: Sequence[str]
) -> dict[str, tuple[Step, ...]]:
    """Return what changed incidents or their members while they were that, in order of storage."""
    cursor = await connection.execute(
        sql.SQL(
            "SELECT incident::text, row_number() OVER (PARTITION BY incident ORDER BY at), {at} "
            "FROM (SELECT incident, at FROM incident_event WHERE incident = ANY(%(names)s::uuid[]) "
            "UNION ALL SELECT member.incident, recorded FROM incident_member AS member "
            "JOIN incident ON incident.id = member.incident "
            "JOIN alert_transition AS step ON step.alert = member.alert "
            "WHERE member.incident = ANY(%(names)s::uuid[]) AND step.kind = ANY(%(kinds)s) "
            "AND recorded > joined AND recorded <= coalesce(departed, incident.closed, 'infinity')"
            ") AS step (incident, at) ORDER BY 1, 2"
        ).format(at=to_us("at")),
        {"names": list(names), "kinds": list(_TOLD)},
    )
    found: dict[str, list[Step]] = {one: [] for one in names}
    for incident, *step in await cursor.fetchall():
        found[incident].append(Step(*step))
    return {incident: tuple(steps) for incident, steps in found.items()}


async def _incidents_of(
    connection: _Connection, alerts: Sequence[str]
) -> dict[str, tuple[str, ...]]:
    cursor = await connection.execute(
        "SELECT alert::text, array_agg(incident::text ORDER BY id) FROM incident_member "
        "WHERE alert = ANY(%s::uuid[]) AND departed IS NULL GROUP BY alert",
        (list(alerts),),
    )
    return {alert: tuple(found) for alert, found in await cursor.fetchall()}


def _drill_steps(one: AlertRow) -> tuple[Step, ...]:
    """Return the first and the newest: a drill keeps no transitions."""
    first = Step(1, one.raised_us)
    return (first,) if one.version == 1 else (first, Step(one.version, one.changed_us))


def _place(city: Catalogue, slot: int) -> tuple[Place, ...]:
    return (city.place_of(slot),) if 0 <= slot < len(city.datastreams) else ()


def _gravest(one: AlertRow) -> tuple[bool, int, int, str]:
    """Return what alerts are sorted by: active first, then the gravest, then the oldest."""
    rank = ("red", "orange", "yellow", "blue").index(one.severity)
    return not one.active, rank, one.raised_us, one.id


def _headline(one: Incident, worst: AlertRow | None, city: Catalogue) -> tuple[str, str]:
    if one.title or worst is None:
        place = city.places.get(one.place)
        where = place.name if place else ("", "")
        return (
            "：".join(filter(None, (where[0], one.title))),
            ": ".join(filter(None, (where[1], one.title))),
        )
    more = len(one.members) - 1
    return (
        worst.message_zh + (f"（另有 {more} 条告警）" if more else ""),
        worst.message_en + (f" (and {more} more alerts)" if more else ""),
    )


def _description(alerts: Sequence[AlertRow]) -> tuple[str, str]:
    named, more = alerts[:_MOST_LINES], len(alerts) - _MOST_LINES
    zh = [one.message_zh if one.active else f"{one.message_zh}（已解除）" for one in named]
    en = [one.message_en if one.active else f"{one.message_en} (over)" for one in named]
    if more > 0:
        zh.append(f"另有 {more} 条")
        en.append(f"and {more} more")
    return "\n".join(zh), "\n".join(en)
