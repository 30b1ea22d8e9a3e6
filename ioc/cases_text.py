"""How cases 案卷 read: for a person at a terminal, Chinese first, and as JSON.

What came from people is never sent to a terminal as it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

import msgspec

from devices.calendar import HOUR_US
from dispatch.cases import (
    Case,
    CaseEvent,
    CasePolicy,
    ClockName,
    EventKind,
    Light,
    Role,
    Who,
    possible,
)
from ioc.devices_text import table, time_text
from ioc.quarantine_text import plain

if TYPE_CHECKING:
    from dispatch.cases.scores import Score, Share
    from storage.case_lists import StageCount

STAGES: Final = {
    "collection": "信息采集", "filing": "案卷建立", "dispatch": "任务派遣", "handling": "任务处理",
    "feedback": "处理反馈", "verification": "核查结案", "evaluation": "综合评价",
}  # fmt: skip
"""Stage in Chinese by its name."""

OUTCOMES: Final = {"closed": "已结案", "rejected": "不予立案", "voided": "已作废"}

ROLES: Final = {Role.SUPERVISION: "监督", Role.COMMAND: "指挥", Role.HANDLING: "处置"}

EVENTS: Final = {
    EventKind.COLLECTED: "上报", EventKind.FILED: "立案", EventKind.REJECTED: "不予立案",
    EventKind.DISPATCHED: "派遣", EventKind.ACCEPTED: "受理", EventKind.RETURNED: "退回",
    EventKind.REPORTED_BACK: "反馈", EventKind.VERIFIED: "核查通过", EventKind.SENT_BACK: "返工",
    EventKind.CLOSED: "结案", EventKind.EVALUATED: "评价", EventKind.EXTENSION_ASKED: "申请延期",
    EventKind.EXTENSION_GRANTED: "同意延期", EventKind.EXTENSION_DENIED: "不同意延期",
    EventKind.SUSPENDED: "挂账", EventKind.RESUMED: "恢复", EventKind.SUPERVISED: "督办",
    EventKind.URGED: "催办", EventKind.VOIDED: "作废",
}  # fmt: skip

_CLOCKS: Final = {
    ClockName.FILING: "立案", ClockName.DISPATCH: "派遣", ClockName.HANDLING: "处置",
    ClockName.VERIFICATION: "核查",
}  # fmt: skip

_LIGHTS: Final = {
    Light.GREEN: "正常", Light.AMBER: "预警", Light.RED: "超期", Light.PAUSED: "暂停",
}  # fmt: skip

_SCORES: Final = {
    "filing": "立案率 filed", "on_time": "按时结案率 closed in time", "overdue": "超期率 overdue",
    "rework": "返工率 sent back", "at_once": "一次办结率 done at once",
}  # fmt: skip


def case_facts(one: Case, now_us: int, policy: CasePolicy) -> dict[str, Any]:
    """Return a case as JSON."""
    category = policy.categories.get(one.report.category)
    department = policy.departments.get(one.department)
    return {
        "id": one.id,
        "number": one.number,
        "version": one.version,
        "stage": one.stage.word,
        "outcome": one.outcome,
        "category": one.report.category,
        "category_name": list(category.name) if category else None,
        "department": one.department,
        "department_name": list(department.name) if department else None,
        "description": one.report.description,
        "place": one.report.place or None,
        "town": one.report.town or None,
        "component": one.report.component or None,
        "lon": one.report.lon,
        "lat": one.report.lat,
        "alert": one.report.alert or None,
        "limit": _limit_facts(one, now_us, policy),
        "suspended": one.is_suspended,
        "supervised": one.is_supervised,
        "urged": one.urged,
        "sent_back": one.sent_back,
        "returned": one.returned,
        "extended": one.extended,
        "extension": None if one.extension is None else [one.extension.zh, one.extension.en],
        "late": list(one.late),
        "mark": one.mark,
        "opened": time_text(one.opened_us),
        "filed": _time(one.filed_us),
        "dispatched": _time(one.dispatched_us),
        "reported_back": _time(one.reported_back_us),
        "handling_due": _time(one.handling_due_us),
        "ended": _time(one.ended_us),
        "changed": time_text(one.changed_us),
        "changed_by": one.changed_by.name,
        "possible": {role: list(possible(one, Who("", role, one.department))) for role in Role},
    }


def cases(facts: Sequence[Mapping[str, Any]], counts: Sequence[StageCount]) -> str:
    """Return cases as a table, and how many are open at each stage."""
    head = (
        "id", "案卷号 number", "阶段 stage", "时限 limit", "类别 category", "单位 department",
        "镇街 town", "内容 description",
    )  # fmt: skip
    rows = [
        (
            str(one["id"]), one["number"], _stage(one), _limit(one["limit"]) or "-",
            _named(one, "category"), _named(one, "department"), plain(one["town"] or "-"),
            plain(one["description"]),
        )
        for one in facts
    ]  # fmt: skip
    told = table(head, rows) if rows else "没有案卷 · no cases"
    return "\n".join([told, "", *_counts(counts)]).rstrip()


def count_facts(counts: Sequence[StageCount]) -> list[dict[str, Any]]:
    """Return how many cases are open at each stage as JSON."""
    return [msgspec.structs.asdict(one) for one in counts]


def case(facts: Mapping[str, Any]) -> str:
    """Return a case as it stands."""
    position = None
    if facts["lon"] is not None:
        position = f"{facts['lon']:.5f} E {facts['lat']:.5f} N"
    late = ", ".join(f"{_CLOCKS[one]} {one}" for one in facts["late"])
    extension = facts["extension"]
    lines = {
        "类别 category": f"{_named(facts, 'category')} ({facts['category']})",
        "单位 department": f"{_named(facts, 'department')} ({facts['department']})",
        "镇街 town": facts["town"],
        "点位 place": facts["place"],
        "部件 component": facts["component"],
        "位置 position": position,
        "告警 alert": facts["alert"],
        "时限 limit": _limit(facts["limit"]),
        "到期 due": facts["limit"] and facts["limit"]["due"],
        "申请延期 extension asked": extension and " · ".join(extension),
        "督办 supervised": "是 yes" if facts["supervised"] else None,
        "催办 urged": facts["urged"] or None,
        "返工 sent back": facts["sent_back"] or None,
        "退回 returned": facts["returned"] or None,
        "延期 extended": facts["extended"] or None,
        "超期 late": late or None,
        "评分 mark": facts["mark"],
    }
    told = [(name, plain(str(value))) for name, value in lines.items() if value]
    for role, able in facts["possible"].items():
        if able:
            told.append((f"可由{ROLES[role]} by {role}", ", ".join(able)))
    return "\n".join(
        [
            f"{facts['number']}  {_stage(facts)}",
            plain(facts["description"]),
            f"id {facts['id']} · 版本 version {facts['version']}",
            "",
            *(f"{name}: {value}" for name, value in told),
        ]
    )


def life_facts(events: Sequence[CaseEvent]) -> list[dict[str, Any]]:
    """Return the life of a case as JSON."""
    return [
        {
            "version": one.version, "kind": one.kind, "time": time_text(one.at_us),
            "actor": one.who.name, "role": one.who.role, "for": one.who.department or None,
            "stage": one.stage.word, "reason": one.text or None, "late": one.late,
            "department": one.department or None, "mark": one.mark,
            "extension": None if one.limit is None else [one.limit.zh, one.limit.en],
            "due": None if one.clock is None else _time(one.clock.due_us),
        }
        for one in events
    ]  # fmt: skip


def life(entries: Sequence[Mapping[str, Any]], policy: CasePolicy) -> str:
    """Return the same for a person: one line for each event."""
    return "\n".join(_event(one, policy) for one in entries)


def done(one: Case) -> str:
    """Return what was done just now."""
    return (
        f"{event_word(one.changed)}: {one.number} (id {one.id}), "
        f"版本 version {one.version}, {STAGES[one.stage.word]} {one.stage.word}"
    )


def score_facts(month: str, found: Sequence[Score]) -> dict[str, Any]:
    """Return scores as JSON: each share with its parts, null where there is nothing to share."""
    return {
        "month": month,
        "departments": [
            {
                "department": one.department,
                **{name: _share_facts(getattr(one, name)) for name in _SCORES},
            }
            for one in found
        ],
    }


def scores(facts: Mapping[str, Any], policy: CasePolicy) -> str:
    """Return the same for a person."""
    if not facts["departments"]:
        return f"{facts['month']}: 没有案卷 · no cases"
    rows = [
        (
            department_word(one["department"], policy),
            *(_percent(one[name]) for name in _SCORES),
        )
        for one in facts["departments"]
    ]  # fmt: skip
    return f"{facts['month']}\n\n" + table(("单位 department", *_SCORES.values()), rows)


def event_word(kind: str) -> str:
    """Return what happened in both languages.

    >>> event_word("sent_back")
    '返工 sent back'
    """
    return f"{EVENTS[EventKind(kind)]} {kind.replace('_', ' ')}"


def department_word(name: str, policy: CasePolicy) -> str:
    """Return a department's Chinese name, or its id where the district has none of it any more."""
    known = policy.departments.get(name)
    return known.name[0] if known else plain(name)


def _event(one: Mapping[str, Any], policy: CasePolicy) -> str:
    told_for = f" {department_word(one['for'], policy)}" if one["for"] else ""
    reason = f": {plain(one['reason'])}" if one["reason"] else ""
    more = []
    if one["department"]:
        more.append(f"单位 department {department_word(one['department'], policy)}")
    if one["extension"]:
        more.append(f"延 by {one['extension'][0]}")
    if one["mark"] is not None:
        more.append(f"评分 mark {one['mark']}")
    if one["late"]:
        more.append(f"{_CLOCKS[one['late']]}超期 {one['late']} late")
    told = f"  {', '.join(more)}" if more else ""
    who = f"{plain(one['actor'])} ({ROLES[one['role']]} {one['role']}{told_for})"
    return f"{one['time']}  {event_word(one['kind'])}  {who}{reason}{told}"


def _limit_facts(one: Case, now_us: int, policy: CasePolicy) -> dict[str, Any] | None:
    clock = one.clock
    if clock is None:
        return None
    at_us = max(now_us, one.changed_us)
    return {
        "of": clock.name,
        "light": clock.light(at_us),
        "due": _time(clock.due_us),
        "amber": _time(clock.amber_at_us),
        "left_h": clock.left_us(at_us, policy.hours) / HOUR_US,
        "counts": "working hours" if clock.is_working else "all hours",
    }


def _limit(facts: Mapping[str, Any] | None) -> str | None:
    if facts is None:
        return None
    unit = "工作时 work h" if facts["counts"] == "working hours" else "小时 h"
    left_h = facts["left_h"]
    told = f"剩余 left {left_h:.1f}" if left_h >= 0 else f"已超 over {-left_h:.1f}"
    light = Light(facts["light"])
    return f"{_CLOCKS[facts['of']]} {facts['of']} {_LIGHTS[light]} {light}, {told} {unit}"


def _stage(facts: Mapping[str, Any]) -> str:
    if facts["outcome"] and facts["stage"] != "evaluation":
        return f"{OUTCOMES[facts['outcome']]} {facts['outcome']}"
    told = f"{STAGES[facts['stage']]} {facts['stage']}"
    return f"{told}, 挂账 suspended" if facts["suspended"] else told


def _counts(counts: Sequence[StageCount]) -> list[str]:
    told = []
    for one in counts:
        parts = [
            f"{word} {getattr(one, light)}"
            for light, word in (
                ("amber", "预警 amber"), ("red", "超期 late"), ("paused", "挂账 suspended"),
            )
            if getattr(one, light)
        ]  # fmt: skip
        more = f" ({', '.join(parts)})" if parts else ""
        told.append(f"{STAGES[one.stage]} {one.stage}: {one.open}{more}")
    return told


def _named(facts: Mapping[str, Any], what: str) -> str:
    names = facts[f"{what}_name"]
    return names[0] if names else plain(facts[what])


def _share_facts(one: Share) -> dict[str, Any]:
    return {**asdict(one), "value": one.value}


def _percent(one: Mapping[str, Any]) -> str:
    if one["value"] is None:
        return "NA"
    return f"{one['value']:.1%} ({one['numerator']}/{one['denominator']})"


def _time(time_us: int | None) -> str | None:
    return None if time_us is None else time_text(time_us)
