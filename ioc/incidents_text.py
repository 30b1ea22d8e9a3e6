"""How incidents read: for a person at a terminal, Chinese first, and as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dispatch.crews import Status
from dispatch.incidents import EventKind, Incident, words
from dispatch.queue import Priority
from ioc.alerts_text import SEVERITIES, short
from ioc.devices_text import table, time_text
from ioc.quarantine_text import plain

if TYPE_CHECKING:
    from devices import Catalogue
    from storage.crews import Assigned
    from storage.incidents import Happened
    from storage.queries import AlertRow

_OUTCOMES = {"declined": "拒接", "recalled": "撤回", "finished": "完成"}


def incident_facts(
    one: Incident, catalogue: Catalogue, assigned: Sequence[Assigned] = ()
) -> dict[str, Any]:
    """Return an incident as JSON."""
    place = catalogue.places.get(one.place)
    first_us, last_us = one.span_us
    active = sum(each.active for each in one.members.values())
    return {
        "id": one.id,
        "state": "open" if one.is_open else "merged" if one.merged_into else "closed",
        "priority": one.priority.value if one.priority else None,
        "title": one.title or None,
        "place": one.place or None,
        "place_name": list(place.name) if place else None,
        "places": sorted(one.places),
        "alerts": len(one.members),
        "active": active,
        "first_raised": time_text(first_us),
        "last_raised": time_text(last_us),
        "opened": time_text(one.opened_us),
        "closed": None if one.closed_us is None else time_text(one.closed_us),
        "parent": one.parent or None,
        "merged_into": one.merged_into or None,
        "crews": [each.crew for each in assigned if each.ended_us is None],
        "version": one.version,
        "changed_by": one.changed_by,
    }


def incidents(facts: Sequence[Mapping[str, Any]]) -> str:
    """Return incidents as a table."""
    if not facts:
        return "没有事件 · no incidents"
    head = (
        "id",
        "级别 priority",
        "告警 alerts",
        "最早 first",
        "队伍 crews",
        "上级 parent",
        "事件 incident",
    )
    rows = [
        (
            short(one["id"]), _priority(one), f"{one['active']}/{one['alerts']}",
            one["first_raised"], " ".join(one["crews"]) or "-",
            short(one["parent"]) if one["parent"] else "-", plain(_name(one)),
        )
        for one in facts
    ]  # fmt: skip
    return (
        f"{table(head, rows)}\n\n{len(facts)} 个事件 incidents · 告警 alerts: 活动 active/全部 all"
    )


def incident(
    facts: Mapping[str, Any],
    alerts: Sequence[AlertRow],
    parts: Sequence[Mapping[str, Any]],
    assigned: Sequence[Assigned],
    happened: Sequence[Happened],
) -> str:
    """Return an incident with all that belongs to it."""
    lines = [
        f"{_priority(facts)}  {_name(facts)}",
        f"{facts['id']}  {facts['state']} · 版本 version {facts['version']}",
    ]
    if facts["parent"]:
        lines.append(f"上级 parent {facts['parent']}")
    if facts["merged_into"]:
        lines.append(f"已并入 merged into {facts['merged_into']}")
    lines += ["", f"告警 alerts {facts['active']}/{facts['alerts']}"]
    lines += [
        f"  {short(one.id)}  {SEVERITIES[one.severity]} {one.severity}  "
        f"{'活动 active' if one.active else '已解除 cleared'}  {time_text(one.raised_us)}  "
        f"{one.message_zh}"
        for one in alerts
    ]
    if parts:
        lines += ["", "下级 parts"]
        lines += [f"  {short(one['id'])}  {_priority(one)}  {_name(one)}" for one in parts]
    if assigned:
        lines += ["", "队伍 crews"]
    lines += [f"  {one.crew}  {time_text(one.assigned_us)}  {_stage(one)}" for one in assigned]
    lines += ["", "经过 history", *(_past(one) for one in happened)]
    return "\n".join(plain(line) for line in lines)


def history_facts(happened: Sequence[Happened]) -> list[dict[str, Any]]:
    """Return what happened to an incident as JSON."""
    return [
        {
            "number": one.number,
            "kind": one.kind,
            "at": time_text(one.at_us),
            "actor": one.actor,
            "reason": one.reason,
            "came": one.came,
            "went": one.went,
            "other": one.other,
        }
        for one in happened
    ]


def assigned_facts(assigned: Sequence[Assigned]) -> list[dict[str, Any]]:
    """Return who was sent as JSON."""
    return [
        {
            "crew": one.crew,
            "assigned": time_text(one.assigned_us),
            "assigned_by": one.assigned_by,
            "accepted": None if one.accepted_us is None else time_text(one.accepted_us),
            "ended": None if one.ended_us is None else time_text(one.ended_us),
            "outcome": one.outcome,
            "told": one.told,
        }
        for one in assigned
    ]


def _name(facts: Mapping[str, Any]) -> str:
    name = facts["place_name"]
    where = name[0] if name else facts["place"] or "地点未知 place unknown"
    return f"{facts['title']}（{where}）" if facts["title"] else where


def _priority(facts: Mapping[str, Any]) -> str:
    if facts["priority"] is None:
        return "- 无活动告警 quiet"
    one = Priority(facts["priority"])
    return f"P{one.value} {one.zh}"


def _stage(one: Assigned) -> str:
    if one.outcome:
        return f"{_OUTCOMES[one.outcome]} {one.outcome}"
    if one.accepted_us is not None:
        return f"{Status.ACCEPTED.zh} {Status.ACCEPTED.en}"
    told = f"，已升级 {one.told} 级 escalated" if one.told else ""
    return f"{Status.ASSIGNED.zh} {Status.ASSIGNED.en}{told}"


def _past(one: Happened) -> str:
    zh, en = words.EVENTS[EventKind(one.kind)]
    parts = [f"+{len(one.came)}" if one.came else "", f"-{len(one.went)}" if one.went else ""]
    counted = " ".join(part for part in parts if part)
    other = f"  ↔ {short(one.other)}" if one.other else ""
    why = f": {one.reason}" if one.reason else ""
    return f"  {time_text(one.at_us)}  {zh} {en} {counted}  {one.actor}{why}{other}"
