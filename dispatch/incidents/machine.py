"""The machine of incidents: a command becomes events of one or several of them, or a refusal.

What always holds: an alert is in one open incident at most; the raises of its members lie within
the longest span; parents have no parent, so there is no circle; nothing happens to what is closed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from dispatch.incidents.commands import (
    MOST_TEXT,
    Add,
    Close,
    Command,
    Merge,
    Open,
    Remove,
    SetParent,
    Split,
)
from dispatch.incidents.state import DEFAULT, Incident, Member, Settings

Known = Mapping[str, Incident]
"""Incidents by id."""


class EventKind(StrEnum):
    """What happened to an incident."""

    OPENED = "opened"
    ADDED = "added"
    REMOVED = "removed"
    MERGED_IN = "merged_in"
    """It has the members of another one now."""
    MERGED_AWAY = "merged_away"
    """Another one has its members; it is closed."""
    SPLIT_OFF = "split_off"
    """Some of its members are another incident now."""
    PARENT_SET = "parent_set"
    """It is a part of another one, or of none any more."""
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to one incident; all of them, in order, are its state."""

    incident: str
    version: int
    """Of the incident after it."""
    kind: EventKind
    at_us: int
    """µs since 1970."""
    actor: str
    reason: str = ""
    members: tuple[Member, ...] = ()
    """Which came."""
    alerts: tuple[str, ...] = ()
    """Ids of those which went."""
    other: str = ""
    """The other incident that is concerned; empty where none is."""
    place: str = ""
    """Of an opened one."""
    title: str = ""
    """Of an opened one."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a command was not done; nothing was."""

    code: str
    """A key of the texts in `dispatch.incidents.words`."""
    facts: Mapping[str, str | int] = field(default_factory=dict)
    """What a text about it needs, in the reader's language."""


class _No(Exception):  # noqa: N818 # never leaves this module
    def __init__(self, code: str, **facts: str | int) -> None:
        self.refusal = Refusal(code, facts)


def decide(
    known: Known,
    command: Command,
    settings: Settings = DEFAULT,
) -> tuple[Event, ...] | Refusal:
    """Return what a command makes happen, or why it is refused.

    Args:
        known: at least those that the command names, the parts of these, and every open incident
            that has one of the command's alerts; unchanged.
        command: what is wanted.
        settings: bounds of membership.
    """
    try:
        if not command.actor.strip():
            raise _No("no_actor")
        for text in (command.reason, command.title if isinstance(command, Open) else ""):
            if len(text) > MOST_TEXT:
                raise _No("too_long", **{"is": len(text), "most": MOST_TEXT})
        if isinstance(command, Remove | Merge | Split | Close) and not command.reason.strip():
            raise _No("no_reason")
        match command:
            case Open():
                return _open(known, command, settings)
            case Add():
                return _add(known, command, settings)
            case Remove():
                return _remove(known, command)
            case Merge():
                return _merge(known, command, settings)
            case Split():
                return _split(known, command)
            case SetParent():
                return _set_parent(known, command)
            case Close():
                return _close(known, command)
    except _No as no:
        return no.refusal


def evolve(standing: Incident, event: Event) -> Incident:
    """Return an incident after an event.

    Raises:
        ValueError: the event is not the next one of this incident.
    """
    if (event.incident, event.version) != (standing.id, standing.version + 1):
        raise ValueError(
            f"event {event.version} of {event.incident} does not follow version "
            f"{standing.version} of {standing.id}"
        )
    members = {key: one for key, one in standing.members.items() if key not in event.alerts}
    members |= {one.alert: one for one in event.members}
    changed = replace(
        standing, version=event.version, members=members, changed_by=event.actor,
        changed_how=event.kind.value,
    )  # fmt: skip
    match event.kind:
        case EventKind.OPENED:
            return replace(changed, place=event.place, title=event.title, opened_us=event.at_us)
        case EventKind.MERGED_AWAY:
            return replace(changed, closed_us=event.at_us, merged_into=event.other, parent="")
        case EventKind.PARENT_SET:
            return replace(changed, parent=event.other)
        case EventKind.CLOSED:
            return replace(changed, closed_us=event.at_us)
    return changed


def evolve_all(known: Known, events: Iterable[Event]) -> dict[str, Incident]:
    """Return incidents after events; those that are new begin with their first."""
    found = dict(known)
    for event in events:
        found[event.incident] = evolve(found.get(event.incident) or Incident(event.incident), event)
    return found


def _open(known: Known, command: Open, settings: Settings) -> tuple[Event, ...]:
    if command.incident in known:
        raise _No("exists", incident=command.incident)
    if not (command.members or command.title.strip()):
        raise _No("nothing")
    _check_members(known, Incident(command.incident), command.members, settings)
    place = command.place or next((one.place for one in command.members if one.place), "")
    return (
        Event(
            command.incident, 1, EventKind.OPENED, command.at_us, command.actor, command.reason,
            command.members, place=place, title=command.title,
        ),
    )  # fmt: skip


def _add(known: Known, command: Add, settings: Settings) -> tuple[Event, ...]:
    one = _seen(known, command.incident, command.seen)
    if not command.members:
        raise _No("nothing")
    _check_members(known, one, command.members, settings)
    return (_event(one, command, EventKind.ADDED, members=command.members),)


def _remove(known: Known, command: Remove) -> tuple[Event, ...]:
    one = _seen(known, command.incident, command.seen)
    alerts = _own(one, command.alerts)
    return (_event(one, command, EventKind.REMOVED, alerts=alerts),)


def _merge(known: Known, command: Merge, settings: Settings) -> tuple[Event, ...]:
    if command.into == command.other:
        raise _No("itself", incident=command.into)
    into = _seen(known, command.into, command.seen)
    other = _seen(known, command.other, command.seen_other)
    members = tuple(other.members.values())
    _check_bounds(into, members, settings)
    freed = into.parent == other.id
    top = into.id if freed or not into.parent else into.parent
    events = [
        _event(into, command, EventKind.MERGED_IN, members=members, other=other.id),
        _event(other, command, EventKind.MERGED_AWAY, alerts=tuple(other.members), other=into.id),
    ]
    if freed:
        after = evolve(into, events[0])
        events.append(_event(after, command, EventKind.PARENT_SET))
    events += [
        _event(part, command, EventKind.PARENT_SET, other=top)
        for part in _parts(known, other)
        if part.id != into.id
    ]
    return tuple(events)


def _split(known: Known, command: Split) -> tuple[Event, ...]:
    one = _seen(known, command.incident, command.seen)
    if command.new in known:
        raise _No("exists", incident=command.new)
    alerts = _own(one, command.alerts)
    if len(alerts) == len(one.members):
        raise _No("all_of_it", incident=one.id, members=len(alerts))
    members = tuple(one.members[alert] for alert in alerts)
    place = next((each.place for each in members if each.place), one.place)
    return (
        _event(one, command, EventKind.SPLIT_OFF, alerts=alerts, other=command.new),
        Event(
            command.new, 1, EventKind.OPENED, command.at_us, command.actor, command.reason,
            members, other=one.id, place=place, title=one.title,
        ),
    )  # fmt: skip


def _set_parent(known: Known, command: SetParent) -> tuple[Event, ...]:
    one = _seen(known, command.incident, command.seen)
    if command.parent == one.parent:
        raise _No("same_parent", incident=one.id, parent=one.parent)
    if command.parent:
        if command.parent == one.id:
            raise _No("itself", incident=one.id)
        parent = _open_one(known, command.parent)
        if parent.parent:
            raise _No("parent_is_part", incident=parent.id, parent=parent.parent)
        if parts := _parts(known, one):
            raise _No("has_parts", incident=one.id, parts=len(parts), first=parts[0].id)
    return (_event(one, command, EventKind.PARENT_SET, other=command.parent),)


def _close(known: Known, command: Close) -> tuple[Event, ...]:
    one = _seen(known, command.incident, command.seen)
    if active := [each.alert for each in one.members.values() if each.active]:
        raise _No("still_active", incident=one.id, active=len(active), first=active[0])
    if command.at_work:
        raise _No("at_work", incident=one.id, crews=", ".join(command.at_work))
    if parts := _parts(known, one):
        raise _No("has_parts", incident=one.id, parts=len(parts), first=parts[0].id)
    return (_event(one, command, EventKind.CLOSED),)


def _event(
    one: Incident,
    command: Command,
    kind: EventKind,
    *,
    members: tuple[Member, ...] = (),
    alerts: tuple[str, ...] = (),
    other: str = "",
) -> Event:
    return Event(
        one.id, one.version + 1, kind, command.at_us, command.actor, command.reason, members,
        alerts, other,
    )  # fmt: skip


def _open_one(known: Known, incident: str) -> Incident:
    if incident not in known:
        raise _No("unknown", incident=incident)
    one = known[incident]
    if not one.is_open:
        code = "merged" if one.merged_into else "closed"
        raise _No(code, incident=one.id, by=one.changed_by, into=one.merged_into)
    return one


def _seen(known: Known, incident: str, seen: int) -> Incident:
    """Return an open incident that is as its actor saw it."""
    one = _open_one(known, incident)
    if one.version != seen:
        raise _No(
            "stale", incident=one.id, version=one.version, seen=seen, by=one.changed_by,
            how=one.changed_how,
        )  # fmt: skip
    return one


def _own(one: Incident, alerts: Iterable[str]) -> tuple[str, ...]:
    """Return alerts, each once, which all are members."""
    wanted = tuple(dict.fromkeys(alerts))
    if not wanted:
        raise _No("nothing")
    for alert in wanted:
        if alert not in one.members:
            raise _No("not_member", incident=one.id, alert=alert)
    return wanted


def _check_members(
    known: Known, one: Incident, members: Iterable[Member], settings: Settings
) -> None:
    """Return if alerts may come into an incident."""
    new = list(members)
    seen: set[str] = set()
    for member in new:
        holder = next(
            (each for each in known.values() if each.is_open and member.alert in each.members), None
        )
        if member.alert in seen or (holder and holder.id == one.id):
            raise _No("already_member", incident=one.id, alert=member.alert)
        if holder:
            raise _No("elsewhere", incident=holder.id, alert=member.alert, by=holder.changed_by)
        seen.add(member.alert)
    _check_bounds(one, new, settings)


def _check_bounds(one: Incident, members: Iterable[Member], settings: Settings) -> None:
    new = list(members)
    every = [*one.members.values(), *new]
    if len(every) > settings.most:
        raise _No("too_many", incident=one.id, members=len(every), most=settings.most)
    raised = [each.raised_us for each in every]
    if raised and max(raised) - min(raised) > settings.longest_us:
        raise _No(
            "outside_window", incident=one.id, minutes=(max(raised) - min(raised)) // 60_000_000,
            most=settings.longest_us // 60_000_000,
        )  # fmt: skip


def _parts(known: Known, one: Incident) -> list[Incident]:
    """Return open incidents that are a part of another one, by id."""
    return sorted(
        (each for each in known.values() if each.is_open and each.parent == one.id),
        key=lambda each: each.id,
    )
