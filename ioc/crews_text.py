"""How crews and advice read: for a person at a terminal, Chinese first, and as JSON.

What came from the field or from people is never sent to a terminal as it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dispatch.crews import Advice, CrewState, Status, words
from dispatch.crews.advice import Need, Reason
from dispatch.crews.machine import EventKind, possible
from ioc.alerts_text import short
from ioc.devices_text import table, time_text
from ioc.quarantine_text import plain

if TYPE_CHECKING:
    from devices.crew import Crew, Roster
    from dispatch.crews import Escalation
    from storage.crews import Happened


def crew_facts(
    crew: Crew, state: CrewState, now_us: int, *, on_shift: bool, workload: int
) -> dict[str, Any]:
    """Return a crew as JSON."""
    task, position = state.task, state.position
    return {
        "id": crew.id,
        "name": list(crew.name),
        "department": crew.department,
        "home": crew.home,
        "towns": list(crew.towns),
        "skills": list(crew.skills),
        "on_shift": on_shift,
        "status": state.status.value,
        "version": state.version,
        "incident": task.incident if task else None,
        "assigned": time_text(task.assigned_us) if task else None,
        "assigned_by": task.assigned_by if task else None,
        "changed": time_text(state.changed_us) if state.version else None,
        "changed_by": state.changed_by or None,
        "workload": workload,
        "position": position
        and {
            "lon": position.lon,
            "lat": position.lat,
            "time": time_text(position.at_us),
            "age_s": (now_us - position.at_us) // 10**6,
        },
        "possible": [one.value for one in possible(state.status)],
    }


def crews(facts: Sequence[Mapping[str, Any]]) -> str:
    """Return crews as a table."""
    if not facts:
        return "没有队伍；写在 crews.yaml · no crews; they stand in the city's crews.yaml"
    head = (
        "id",
        "状态 status",
        "班次 shift",
        "事件 incident",
        "位置 position",
        "技能 skills",
        "队伍 crew",
    )
    rows = [
        (
            one["id"], _status(one["status"]), "在班 on" if one["on_shift"] else "不在班 off",
            short(one["incident"]) if one["incident"] else "-", _age(one["position"]),
            " ".join(one["skills"]), one["name"][0],
        )
        for one in facts
    ]  # fmt: skip
    free = sum(Status(one["status"]).is_free and one["on_shift"] for one in facts)
    return (
        f"{table(head, rows)}\n\n{len(facts)} 支队伍，{free} 支在班空闲 · {free} on shift and free"
    )


def crew(facts: Mapping[str, Any], roster: Roster, history: Sequence[Mapping[str, Any]]) -> str:
    """Return a crew as it stands, and what it did."""
    department = roster.departments[facts["department"]]
    skills = [" ".join(roster.skills[one]) for one in facts["skills"]]
    position = facts["position"]
    lines = {
        "部门 department": " ".join(department),
        "驻地 home": facts["home"],
        "责任区 towns": " ".join(facts["towns"]) or "全区 all",
        "技能 skills": "、".join(skills),
        "班次 shift": "在班 on" if facts["on_shift"] else "不在班 off",
        "状态 status": f"{_status(facts['status'])} · 版本 version {facts['version']}",
        "事件 incident": facts["incident"],
        "派遣 assigned": facts["assigned"] and f"{facts['assigned']}, {facts['assigned_by']}",
        "任务 tasks, 12 h": str(facts["workload"]),
        "位置 position": position
        and f"{position['lon']:.5f}, {position['lat']:.5f}, {_age(position)}",
        "可以 possible": " ".join(facts["possible"]),
    }
    told = [(name, plain(str(value))) for name, value in lines.items() if value is not None]
    past = "\n".join(_past(one) for one in history)
    return f"{facts['id']}  {' · '.join(facts['name'])}\n{table(('', ''), told)}\n\n{past}".rstrip()


def history_facts(history: Sequence[Happened]) -> list[dict[str, Any]]:
    """Return what happened to a crew as JSON."""
    return [
        {
            "number": one.number,
            "kind": one.kind,
            "status": one.status,
            "at": time_text(one.at_us),
            "actor": one.actor,
            "reason": one.reason,
            "incident": one.incident,
        }
        for one in history
    ]


def advice_facts(given: Advice, need: Need) -> dict[str, Any]:
    """Return advice as JSON."""
    return {
        "at": time_text(given.at_us),
        "need": {"lon": need.lon, "lat": need.lat, "town": need.town, "skill": need.skill or None},
        "choices": [
            {
                "crew": one.crew,
                "eta_s": one.eta_s,
                "distance_km": round(one.distance_km, 3),
                "by_road": one.by_road,
                "workload": one.workload,
                "score_s": one.score_s,
                "version": one.version,
                "reasons": _reasons(one.reasons),
            }
            for one in given.choices
        ],
        "rejections": [
            {"crew": one.crew, "reasons": _reasons(one.reasons)} for one in given.rejections
        ],
    }


def advice(given: Advice, need: Need, roster: Roster) -> str:
    """Return advice as two lists: who should go, and who not."""
    skill = " ".join(roster.skills[need.skill]) if need.skill in roster.skills else "任意 any"
    lines = [f"需要 needed: {skill} · {need.town} · {time_text(given.at_us)}", ""]
    if not given.choices:
        lines.append("没有可派队伍 · nobody can be sent")
    for rank, one in enumerate(given.choices, start=1):
        lines.append(f"{rank}. {one.crew}  {' · '.join(roster.crews[one.crew].name)}")
        lines += [f"   {' · '.join(words.reason(each))}" for each in one.reasons]
    if given.rejections:
        lines += ["", "未推荐 not advised:"]
    for rejected in given.rejections:
        why = "；".join(" · ".join(words.reason(each)) for each in rejected.reasons)
        lines.append(f"   {rejected.crew}: {why}")
    return "\n".join(plain(line) for line in lines)


def escalations(found: Sequence[Escalation]) -> str:
    """Return what was told because crews do not accept."""
    if not found:
        return "没有到期的升级 · nothing is due"
    head = ("到期 due", "队伍 crew", "事件 incident", "已通知 told")
    return table(
        head, [(time_text(one.due_us), one.crew, short(one.incident), one.to) for one in found]
    )


def _reasons(reasons: Sequence[Reason]) -> list[dict[str, Any]]:
    return [{"code": one.code, **one.facts, "text": list(words.reason(one))} for one in reasons]


def _status(word: str) -> str:
    return f"{Status(word).zh} {Status(word).en}"


def _age(position: Mapping[str, Any] | None) -> str:
    if position is None:
        return "未知 unknown"
    age_s = position["age_s"]
    return f"{age_s} s" if age_s < 600 else f"{age_s // 60} min 前旧 old"


def _past(one: Mapping[str, Any]) -> str:
    zh, en = words.EVENTS[EventKind(one["kind"])]
    incident = f"  事件 {short(one['incident'])}" if one["incident"] else ""
    why = f": {one['reason']}" if one["reason"] else ""
    return plain(f"{one['at']}  {zh} {en}  {one['actor']}{why}{incident}")
