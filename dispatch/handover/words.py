"""How handovers and their refusals read, Chinese and English; the machine gives codes only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from devices.calendar import BEIJING
from dispatch.handover.handover import EventKind, Section, Side
from dispatch.handover.refusals import Refusal, RefusalCode

Pair = tuple[str, str]
"""Chinese and English."""

SECTIONS: Final[Mapping[Section, Pair]] = {
    Section.SUMMARY: ("总体情况", "Summary"),
    Section.INCIDENTS: ("在办事件", "Open incidents"),
    Section.ALERTS: ("告警", "Alerts"),
    Section.CASES: ("到期及超期案卷", "Cases due or late"),
    Section.DEVICES: ("离线设备", "Devices not heard"),
    Section.CREWS: ("在外队伍", "Crews at work"),
    Section.MAINTENANCE: ("检修", "Maintenance"),
    Section.TASKS: ("移交事项", "Tasks for the next shift"),
}

SIDES: Final[Mapping[Side, Pair]] = {
    Side.OUTGOING: ("交班人", "Handed over by"),
    Side.INCOMING: ("接班人", "Taken over by"),
}

STATUSES: Final[Mapping[str, Pair]] = {
    "draft": ("草稿", "draft"),
    "outgoing": ("待接班人签字", "waits for who takes over"),
    "signed": ("双方已签字", "signed by both"),
}

EVENTS: Final[Mapping[EventKind, Pair]] = {
    EventKind.DRAFTED: ("起草", "drafted"),
    EventKind.EDITED: ("修改", "edited"),
    EventKind.SIGNED: ("签字", "signed"),
    EventKind.REOPENED: ("撤回签字", "reopened"),
}

_FIELDS: Final[Mapping[str, str]] = {
    "by": "姓名", "reason": "原因", "text": "内容", "section": "栏目",
}  # fmt: skip


def refusal(one: Refusal) -> Pair:
    """Return a refusal in Chinese and English: what, where, and what would be right.

    >>> refusal(Refusal(RefusalCode.SAME_PERSON, "by", {"by": "陈一禾"}))[0]
    '交班人陈一禾不能自己接班，须由另一人签字'
    """
    return _SENTENCES[one.code](one.field, one.facts)


def clock(time_us: int) -> str:
    """Return a time as people in Beijing read it.

    >>> clock(0)
    '1970-01-01 08:00'
    """
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=time_us)
    return moment.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M")


def _unknown(_: str, about: Mapping[str, Any]) -> Pair:
    which = about.get("handover", "")
    return (
        f"没有{f' {which} 的' if which else ''}交接班记录，请先起草",
        f"there is no handover{f' {which}' if which else ''}; draft it first",
    )


def _stale(_: str, about: Mapping[str, Any]) -> Pair:
    if about["seen"] > about["version"]:
        return (
            f"记录只到第 {about['version']} 版，没有第 {about['seen']} 版",
            f"the handover is at version {about['version']}, there is no {about['seen']} yet",
        )
    zh, en = EVENTS[EventKind(about["done"])]
    at = clock(about["at_us"])
    return (
        f"{about['by']} 已于 {at} {zh}（版本 {about['version']}，所见为 {about['seen']}），"
        "请重新查看",
        f"{about['by']} was first: {en} at {at} (version {about['version']}, "
        f"you saw {about['seen']}); look at it again",
    )


def _signed(_: str, about: Mapping[str, Any]) -> Pair:
    at = clock(about["at_us"])
    return (
        f"{about['outgoing']} 与 {about['incoming']} 已于 {at} 签字，不能再改",
        f"it was signed by {about['outgoing']} and {about['incoming']} at {at}; "
        "it never changes again",
    )


def _half_signed(_: str, about: Mapping[str, Any]) -> Pair:
    at = clock(about["at_us"])
    return (
        f"{about['by']} 已于 {at} 签字，须先撤回签字再修改",
        f"{about['by']} signed it at {at}; reopen it to edit it",
    )


def _not_signed(field: str, _: Mapping[str, Any]) -> Pair:
    if field:
        return "交班人尚未签字，不能接班", "who hands over has not signed yet; that comes first"
    return "尚无人签字，可直接修改", "nobody has signed it; edit it as it is"


def _signed_already(_: str, about: Mapping[str, Any]) -> Pair:
    at = clock(about["at_us"])
    return (
        f"{about['by']} 已于 {at} 交班签字，请接班人签字",
        f"{about['by']} signed as outgoing at {at}; who takes over signs next",
    )


def _same(_: str, about: Mapping[str, Any]) -> Pair:
    return (
        f"交班人{about['by']}不能自己接班，须由另一人签字",
        f"{about['by']} handed over and cannot take over; somebody else must sign",
    )


def _p1(_: str, about: Mapping[str, Any]) -> Pair:
    named = ", ".join(str(one)[:8] for one in about["alerts"])
    return (
        f"有 {about['count']} 条一级告警未确认（{named}），确认后才能签字",
        f"{about['count']} alerts of P1 are not acknowledged ({named}); acknowledge them first",
    )


def _not_begun(_: str, about: Mapping[str, Any]) -> Pair:
    at = clock(about["from_us"])
    return f"该班次 {at} 才开始", f"the shift begins at {at}; there is nothing to hand over yet"


def _too_early(_: str, about: Mapping[str, Any]) -> Pair:
    until, since = clock(about["until_us"]), clock(about["from_us"])
    return (
        f"该班次到 {until} 结束，{since} 起可以签字",
        f"the shift ends at {until}; it can be signed from {since} on",
    )


def _old(_: str, about: Mapping[str, Any]) -> Pair:
    age, most = about["age_s"] // 60, about["most_s"] // 60
    at = clock(about["drafted_us"])
    return (
        f"草稿为 {at} 的情况，已过 {age} 分钟（最多 {most} 分钟），请重新起草后签字",
        f"its facts are of {at}, {age} min old, at most {most} min; draft it anew, then sign",
    )


def _other_shift(_: str, about: Mapping[str, Any]) -> Pair:
    return (
        f"情况属于班次 {about['shift']}，记录属于 {about['right']}",
        f"the facts are of {about['shift']}, the handover is of {about['right']}",
    )


def _missing(field: str, _: Mapping[str, Any]) -> Pair:
    return f"须说明{_FIELDS.get(field, field)}", f"{field} is needed"


def _too_long(field: str, about: Mapping[str, Any]) -> Pair:
    return (
        f"{_FIELDS.get(field, field)}有 {about['length']} 字，最多 {about['most']} 字",
        f"{field} has {about['length']} characters, at most {about['most']}",
    )


def _unknown_word(field: str, about: Mapping[str, Any]) -> Pair:
    right = ", ".join(about["right"])
    near_zh = f"，是否为 {about['near']}" if about["near"] else ""
    near_en = f"; did you mean {about['near']}?" if about["near"] else ";"
    return (
        f"没有{_FIELDS.get(field, field)} {about['word']}{near_zh}；可用：{right}",
        f"{field} {about['word']!r} is not known{near_en} known: {right}",
    )


_SENTENCES: Final[Mapping[RefusalCode, Callable[[str, Mapping[str, Any]], Pair]]] = {
    RefusalCode.UNKNOWN_HANDOVER: _unknown,
    RefusalCode.STALE_VERSION: _stale,
    RefusalCode.SIGNED: _signed,
    RefusalCode.HALF_SIGNED: _half_signed,
    RefusalCode.NOT_SIGNED: _not_signed,
    RefusalCode.SIGNED_ALREADY: _signed_already,
    RefusalCode.SAME_PERSON: _same,
    RefusalCode.UNACKNOWLEDGED_P1: _p1,
    RefusalCode.NOT_BEGUN: _not_begun,
    RefusalCode.TOO_EARLY: _too_early,
    RefusalCode.OLD_DRAFT: _old,
    RefusalCode.OTHER_SHIFT: _other_shift,
    RefusalCode.MISSING: _missing,
    RefusalCode.TOO_LONG: _too_long,
    RefusalCode.UNKNOWN_WORD: _unknown_word,
}
