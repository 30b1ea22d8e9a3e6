"""How plans and responses read: for a person at a terminal, Chinese first, and as JSON.

What came from people is never sent to a terminal as it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from dispatch.plans import EventKind, ItemState, Level, Plan, PlanBook, Response, Run, RunItem
from dispatch.plans import words as plan_words
from dispatch.plans.response import ResponseEvent
from ioc.alerts_text import short
from ioc.devices_text import table, time_text
from ioc.quarantine_text import plain

if TYPE_CHECKING:
    from storage.plans import Happened

_RESPONSE_NONE: Final = "无响应 none"


def plan_facts(one: Plan) -> dict[str, Any]:
    """Return a plan of the city as JSON."""
    return {
        "id": one.id,
        "name": list(one.name),
        "domains": list(one.domains),
        "items": [
            {
                "id": each.id, "name": list(each.name), "owner": each.owner,
                "owner_name": list(each.owner_name),
                "within_s": None if each.within_us is None else each.within_us / 1e6,
            }
            for each in one.items
        ],
    }  # fmt: skip


def run_facts(one: Run, book: PlanBook, now_us: int) -> dict[str, Any]:
    """Return a plan that was started as JSON."""
    plan = book.plans.get(one.plan)
    items = [_item_facts(each, one, now_us) for each in one.items]
    return {
        "id": one.id,
        "plan": one.plan,
        "name": list(plan.name) if plan else None,
        "incident": one.incident,
        "version": one.version,
        "finished": one.is_finished,
        "open": len(one.open_items),
        "overdue": sum(each["overdue"] for each in items),
        "started": time_text(one.started_us),
        "started_by": one.started_by,
        "alert": one.alert or None,
        "items": items,
    }


def history_facts(happened: Sequence[Happened]) -> list[dict[str, Any]]:
    """Return what happened to a run as JSON."""
    return [
        {
            "number": one.number, "kind": one.kind, "at": time_text(one.at_us),
            "actor": one.actor, "text": one.text, "item": one.item or None,
            "incident": one.incident,
        }
        for one in happened
    ]  # fmt: skip


def runs(facts: Sequence[Mapping[str, Any]]) -> str:
    """Return started plans as a table."""
    if not facts:
        return "没有已启动的预案 · no plan was started"
    head = (
        "事件 incident", "预案 plan", "待办 open", "超时 overdue", "启动 started", "启动人 by",
        "名称 name",
    )  # fmt: skip
    rows = [
        (
            short(one["incident"]), plain(one["plan"]), f"{one['open']}/{len(one['items'])}",
            str(one["overdue"] or "-"), one["started"], plain(one["started_by"]), _name(one),
        )
        for one in facts
    ]  # fmt: skip
    return table(head, rows)


def plans(facts: Sequence[Mapping[str, Any]]) -> str:
    """Return the city's plans as a table."""
    if not facts:
        return "没有预案；写在 plans.yaml · no plans; they stand in the city's plans.yaml"
    head = ("预案 plan", "领域 domains", "事项 items", "名称 name")
    return table(
        head,
        [
            (one["id"], " ".join(one["domains"]), str(len(one["items"])), " ".join(one["name"]))
            for one in facts
        ],
    )


def run(facts: Mapping[str, Any], past: Sequence[Mapping[str, Any]]) -> str:
    """Return a started plan with its items and what happened to it."""
    alert = f" · 告警 alert {short(facts['alert'])}" if facts["alert"] else ""
    lines = [
        f"{_name(facts)}  {facts['plan']}",
        f"事件 incident {facts['incident']} · 版本 version {facts['version']}",
        f"{facts['started']} 由 {facts['started_by']} 启动 started{alert}",
        "",
        *(_item(one) for one in facts["items"]),
        "",
        "经过 history",
        *(_past(one) for one in past),
    ]
    return "\n".join(plain(line) for line in lines)


def done(one: Run, item: str) -> str:
    """Return in one line what became of an item."""
    (own,) = [each for each in one.items if each.item.id == item]
    left = len(one.open_items)
    return plain(
        f"{own.state.zh} {own.state.value}: {own.item.name[0]} · 待办 {left} 项 left "
        f"· 版本 version {one.version}"
    )


def response_facts(one: Response, book: PlanBook) -> dict[str, Any]:
    """Return a response as JSON."""
    name = book.matters.get(one.scope.matter)
    return {
        "scope": one.scope.key,
        "incident": one.scope.incident or None,
        "matter": one.scope.matter or None,
        "matter_name": list(name) if name else None,
        "level": one.level.value if one.level else None,
        "version": one.version,
        "since": time_text(one.since_us) if one.version else None,
        "by": one.by or None,
        "reason": one.reason or None,
    }


def response_history_facts(events: Sequence[ResponseEvent]) -> list[dict[str, Any]]:
    """Return what happened to a response as JSON."""
    return [
        {
            "number": one.version, "kind": one.kind.value,
            "level": one.level.value if one.level else None, "at": time_text(one.at_us),
            "actor": one.actor, "reason": one.reason,
        }
        for one in events
    ]  # fmt: skip


def responses(facts: Sequence[Mapping[str, Any]]) -> str:
    """Return responses that are on."""
    if not facts:
        return "没有应急响应 · no response is on"
    return "\n".join(response(one) for one in facts)


def response(facts: Mapping[str, Any]) -> str:
    """Return a response as one line."""
    if facts["matter"]:
        name = facts["matter_name"] or [facts["matter"], facts["matter"]]
        scope = f"全区{name[0]} {name[1]}"
    else:
        scope = f"事件 incident {short(facts['incident'])}"
    if facts["level"] is None:
        return plain(f"{scope}  {_RESPONSE_NONE}")
    level = Level(facts["level"])
    return plain(
        f"{scope}  应急响应 {level.zh} level {level.value}  {facts['since']}  {facts['by']}: "
        f"{facts['reason']}"
    )


def response_history(facts: Sequence[Mapping[str, Any]], events: Sequence[ResponseEvent]) -> str:
    """Return what happened to a response."""
    lines = [
        f"  {one['at']}  {event.kind.zh} {one['kind']}"
        f"{f' {event.level.zh}' if event.level else ''}  {one['actor']}: {one['reason']}"
        for one, event in zip(facts, events, strict=True)
    ]
    return "\n".join(plain(line) for line in lines)


def _item_facts(one: RunItem, run: Run, now_us: int) -> dict[str, Any]:
    due_us = one.due_us(run.started_us)
    return {
        "id": one.item.id,
        "name": list(one.item.name),
        "owner": one.item.owner,
        "owner_name": list(one.item.owner_name),
        "state": one.state.value,
        "due": None if due_us is None else time_text(due_us),
        "overdue": one.state is ItemState.OPEN and due_us is not None and due_us < now_us,
        "told": one.is_told,
        "by": one.by or None,
        "at": None if one.at_us is None else time_text(one.at_us),
        "text": one.text or None,
    }


def _item(one: Mapping[str, Any]) -> str:
    state = ItemState(one["state"])
    mark = {"open": "[ ]", "done": "[x]", "skipped": "[-]"}[state.value]
    line = f"{mark} {one['name'][0]} {one['name'][1]}  ({one['id']})  {one['owner_name'][0]}"
    if state is not ItemState.OPEN:
        said = f": {one['text']}" if one["text"] else ""
        return f"{line}  {state.zh} {state.value} {one['at']} {one['by']}{said}"
    if one["due"] is None:
        return line
    late = "  超时 overdue" if one["overdue"] else ""
    told = "，已提醒 told" if one["told"] else ""
    return f"{line}  须于 by {one['due']}{late}{told}"


def _past(one: Mapping[str, Any]) -> str:
    zh, en = plan_words.EVENTS[EventKind(one["kind"])]
    item = f" {one['item']}" if one["item"] else ""
    why = f": {one['text']}" if one["text"] else ""
    return f"  {one['at']}  {zh} {en}{item}  {one['actor']}{why}"


def _name(facts: Mapping[str, Any]) -> str:
    return plain(" ".join(facts["name"]) if facts["name"] else facts["plan"])
