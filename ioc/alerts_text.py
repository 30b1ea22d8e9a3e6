"""How alerts read: for a person at a terminal, Chinese first, and as JSON.

What came from the field or from people is never sent to a terminal as it is.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from devices import Quality
from ioc.devices_text import table, time_text
from ioc.quarantine_text import plain

if TYPE_CHECKING:
    from storage.alert_life import Done, Stepped
    from storage.maintenance import Announced
    from storage.queries import AlertRow

SEVERITIES: Final = {"red": "红", "orange": "橙", "yellow": "黄", "blue": "蓝"}
"""Warning colour in Chinese by its name."""

_KINDS: Final = {
    "raised": "产生", "escalated": "升级", "deescalated": "降级", "cleared": "解除",
    "withdrawn": "撤销", "returned": "条件消失，闭锁", "reactivated": "再次触发",
    "suppressed": "抑制", "unsuppressed": "解除抑制", "flapping": "抖动", "realarmed": "再次提醒",
    "acknowledge": "确认", "unacknowledge": "撤销确认", "comment": "备注", "shelve": "搁置",
    "unshelve": "取消搁置", "reset": "请求复位", "verdict": "判定",
}  # fmt: skip

_REASONS: Final = {
    "quiet": "长时间平静", "calm": "抖动平息", "reset": "人工复位", "schedule": "不在值守时段",
    "maintenance": "检修", "parent": "上级网关静默", "rule": "规则变更",
}  # fmt: skip

_VERDICTS: Final = {"true": "真警 true alarm", "false": "误报 false alarm"}


def short(alert: str) -> str:
    """Return the beginning of an id that people type.

    >>> short("7d0c2f1a-0000-5000-8000-000000000000")
    '7d0c2f1a'
    """
    return alert[:8]


def alert_facts(row: AlertRow, now_us: int) -> dict[str, Any]:
    """Return an alert as JSON."""
    return {
        "id": row.id,
        "state": _state(row, now_us),
        "severity": row.severity,
        "domain": row.domain,
        "rule": row.rule,
        "rule_version": row.rule_version,
        "subject": row.subject,
        "message": [row.message_zh, row.message_en],
        "active": row.active,
        "acknowledged": row.acknowledged,
        "acknowledged_by": row.acknowledged_by,
        "acknowledged_at": _time(row.acknowledged_us),
        "owner": row.owner,
        "suppressed": row.suppressed,
        "flapping": row.flapping,
        "returned": row.returned,
        "shelved": row.is_shelved(now_us),
        "shelved_until": _time(row.shelved_until_us),
        "shelved_by": row.shelved_by,
        "shelve_reason": row.shelve_reason,
        "verdict": row.verdict,
        "first_exceeded": _time(row.first_exceeded_us),
        "raised": _time(row.raised_us),
        "changed": _time(row.changed_us),
        "cleared": _time(row.cleared_us),
        "result": _number(row.result),
        "limit": _number(row.limit),
        "plan": row.plan or None,
        "skill": row.skill or None,
        "version": row.version,
        "handled": row.handled,
    }


def alerts(rows: Sequence[AlertRow], now_us: int) -> str:
    """Return alerts as a table."""
    head = ("id", "级别 severity", "状态 state", "产生 raised", "对象 subject", "告警 alert")
    cells = [
        (
            short(one.id), _severity(one.severity), _state(one, now_us), time_text(one.raised_us),
            plain(one.subject), plain(one.message_zh),
        )
        for one in rows
    ]  # fmt: skip
    hidden = sum(one.active and not one.is_told(now_us) for one in rows)
    kept = f"，其中 {hidden} 条被抑制或搁置 · {hidden} of them suppressed or shelved"
    counted = f"{len(rows)} 条告警 alerts{kept if hidden else ''}"
    return f"{table(head, cells)}\n\n{counted}" if rows else "没有告警 · no alerts"


def head(facts: Mapping[str, Any]) -> str:
    """Return what an alert is, in three lines."""
    zh, en = facts["message"]
    return "\n".join(
        [
            f"{_severity(facts['severity'])}  {plain(zh)} · {plain(en)}",
            f"{facts['id']}  {facts['state']}",
            f"规则 rule {facts['rule']} v{facts['rule_version']} · 对象 subject "
            f"{plain(facts['subject'])} · {facts['domain']}",
        ]
    )


def alert(facts: Mapping[str, Any]) -> str:
    """Return an alert as it stands."""
    shelved = None
    if facts["shelved"]:
        shelved = f"{facts['shelved_until']}, {facts['shelved_by']}: {facts['shelve_reason']}"
    acknowledged = None
    if facts["acknowledged"]:
        acknowledged = f"{facts['acknowledged_at']}, {facts['acknowledged_by']}"
    lines = {
        "初次越限 first exceeded": facts["first_exceeded"],
        "产生 raised": facts["raised"],
        "变更 changed": facts["changed"],
        "解除 cleared": facts["cleared"],
        "测值 result": facts["result"],
        "限值 limit": facts["limit"],
        "确认 acknowledged": acknowledged,
        "责任 owner": facts["owner"],
        "搁置至 shelved until": shelved,
        "抑制 suppressed": facts["suppressed"] and _reason(facts["suppressed"]),
        "抖动 flapping": "是 yes" if facts["flapping"] else None,
        "判定 verdict": facts["verdict"] and _VERDICTS[facts["verdict"]],
        "预案 plan": facts["plan"],
        "技能 skill": facts["skill"],
    }
    told = [(name, plain(str(value))) for name, value in lines.items() if value is not None]
    rows = table(("", ""), told).splitlines()[1:]
    return "\n".join([head(facts), "", *rows])


def life_facts(steps: Sequence[Stepped], done: Sequence[Done]) -> list[dict[str, Any]]:
    """Return what happened to an alert and what people did, in the order in which it was stored.

    Transitions are dated by the log, which may be late, and actions by the database's clock; both
    were stored by the latter.
    """
    told = [
        (
            step.recorded_us,
            {
                "time": _time(step.at_us), "kind": step.kind, "version": step.version,
                "severity": step.severity, "rule_version": step.rule_version,
                "recorded": _time(step.recorded_us), "evidence": step.evidence,
            },
        )
        for step in steps
    ]  # fmt: skip
    acted = [
        (
            one.at_us,
            {
                "time": _time(one.at_us), "kind": one.kind, "number": one.number,
                "actor": one.actor, "reason": one.reason, "detail": one.detail,
            },
        )
        for one in done
    ]  # fmt: skip
    return [facts for _, facts in heapq.merge(told, acted, key=lambda one: one[0])]


def life(entries: Sequence[Mapping[str, Any]]) -> str:
    """Return the same for a person."""
    return "\n".join(
        line for one in entries for line in (_step(one) if "evidence" in one else _action(one))
    )


def announced(number: int, scope: str, subject: str, from_us: int, until_us: int) -> str:
    """Return what maintenance was announced."""
    return (
        f"检修已登记 maintenance {number}: {scope} {plain(subject)}, "
        f"{time_text(from_us)} – {time_text(until_us)}"
    )


def maintenance_facts(one: Announced, now_us: int) -> dict[str, Any]:
    """Return maintenance as JSON."""
    about = one.maintenance
    if one.ended_us is not None:
        state = "ended"
    elif now_us >= about.until_us:
        state = "over"
    else:
        state = "to come" if now_us < about.from_us else "goes on"
    return {
        "id": about.id, "state": state, "scope": about.scope, "subject": about.subject,
        "from": _time(about.from_us), "until": _time(about.until_us), "actor": one.actor,
        "reason": one.reason, "ended": _time(one.ended_us), "ended_by": one.ended_by,
    }  # fmt: skip


def maintenance(facts: Sequence[Mapping[str, Any]]) -> str:
    """Return the same for a person."""
    states = {"ended": "已结束", "over": "已过期", "to come": "未开始", "goes on": "进行中"}
    head = ("id", "状态 state", "范围 scope", "对象 subject", "自 from", "至 until", "原因 reason")
    rows = [
        (
            str(one["id"]), f"{states[one['state']]} {one['state']}", one["scope"],
            plain(one["subject"]), one["from"], one["until"],
            f"{plain(one['reason'])} ({plain(one['actor'])})",
        )
        for one in facts
    ]  # fmt: skip
    return table(head, rows) if rows else "没有检修 · no maintenance"


def _state(row: AlertRow, now_us: int) -> str:
    """Return the state of an alert.

    Source:
        ISA-18.2-2016, 5.2: the states of an alarm, shelved and suppressed before all others.
    """
    if row.active and row.is_shelved(now_us):
        return "已搁置 shelved"
    if row.active and row.suppressed is not None:
        return f"已抑制 suppressed ({row.suppressed})"
    taken = row.acknowledged
    if not row.active:
        return "已解除 normal" if taken else "已解除未确认 cleared, unacknowledged"
    if row.returned:
        return f"闭锁{'已' if taken else '未'}确认 latched, {'' if taken else 'un'}acknowledged"
    flaps = "，抖动 flapping" if row.flapping else ""
    return ("已确认 acknowledged" if taken else "未确认 unacknowledged") + flaps


def _step(one: Mapping[str, Any]) -> list[str]:
    seen = one["evidence"]
    severity = f"  {_severity(one['severity'])}" if one["severity"] else ""
    reason = f"  {_reason(seen['reason'])}" if seen.get("reason") else ""
    lines = [f"{one['time']}  {_kind(one['kind'])}{severity}{reason}"]
    told = [_value(seen), f"规则版本 rule version {one['rule_version']}", *_timers(seen)]
    lines += [f"    {part}" for part in told if part]
    for each in seen.get("inputs") or ():
        value = "无 none" if each["result"] is None else f"{each['result']:g}"
        at = f", {_time(each['phenomenon_time_us'])}" if each["phenomenon_time_us"] else ""
        lines.append(f"    输入 input {each['name']} = {value}{at} ({plain(each['datastream'])})")
    return lines


def _action(one: Mapping[str, Any]) -> list[str]:
    reason = f": {plain(one['reason'])}" if one["reason"] else ""
    detail = one["detail"]
    more = []
    if "owner" in detail:
        more.append(f"责任 owner {plain(str(detail['owner']))}")
    if "until" in detail:
        more.append(f"至 until {detail['until']}")
    if "taken_over_from" in detail:
        more.append(f"沿用 taken over from {short(detail['taken_over_from'])}")
    if "verdict" in detail:
        more.append(_VERDICTS[detail["verdict"]])
    told = f"  {', '.join(more)}" if more else ""
    return [f"{one['time']}  {_kind(one['kind'])}  {plain(one['actor'])}{reason}{told}"]


def _value(seen: Mapping[str, Any]) -> str:
    """Return what was held against which limit."""
    result = _measured(seen["result"], seen["unit"])
    at = f" ({_time(seen['phenomenon_time_us'])})" if seen["phenomenon_time_us"] else ""
    quality = Quality(seen["quality"]).name.lower()
    told = [f"测值 result {result}{at} · 质量 quality {quality}"]
    value, unit = seen.get("value"), seen.get("value_unit") or seen["unit"]
    if value is not None and value != seen["result"]:
        told.append(f"判定值 value {_measured(value, unit)}")
    limit, off = seen["limit"], seen["off"]
    if limit is not None:
        named = f" ({seen['limit_name']})" if seen["limit_name"] not in ("", "rule") else ""
        told.append(f"限值 limit {_measured(limit, unit)}{named}")
        if off is not None and off != limit:
            told.append(f"回差限值 off {_measured(off, unit)}")
    return " · ".join(told)


def _timers(seen: Mapping[str, Any]) -> list[str]:
    told = []
    if seen["on_delay_us"]:
        told.append(f"触发延时 on-delay {seen['on_delay_us'] / 1e6:g} s")
    if seen["off_delay_us"] > 0:
        told.append(f"恢复延时 off-delay {seen['off_delay_us'] / 1e6:g} s")
    elif seen["off_delay_us"] < 0:
        told.append("仅平静后恢复 ends by quiet only")
    if seen.get("since_us"):
        told.append(f"起算 since {_time(seen['since_us'])}")
    return [f"计时 timers: {', '.join(told)}"] if told else []


def _kind(kind: str) -> str:
    return f"{_KINDS.get(kind, '')} {kind}".strip()


def _severity(word: str) -> str:
    return f"{SEVERITIES[word]} {word}"


def _reason(word: str) -> str:
    return f"{_REASONS.get(word, '')} {word}".strip()


def _measured(value: float | None, unit: str) -> str:
    return "无 none" if value is None else f"{value:.6g} {unit}".rstrip()


def _number(value: float) -> float | None:
    return value if value == value else None


def _time(time_us: int | None) -> str | None:
    return None if time_us is None else time_text(time_us)
