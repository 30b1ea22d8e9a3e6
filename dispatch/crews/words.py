"""How reasons and refusals read, Chinese and English; the pure rooms around it give codes only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from dispatch.crews.advice import Reason
from dispatch.crews.commands import Do
from dispatch.crews.machine import EventKind, Refusal
from dispatch.crews.state import Status

EVENTS: Final = {
    EventKind.DISPATCHED: ("派遣", "dispatched"), EventKind.ACCEPTED: ("接单", "accepted"),
    EventKind.DECLINED: ("拒接", "declined"), EventKind.DEPARTED: ("出发", "departed"),
    EventKind.ARRIVED: ("到场", "arrived"), EventKind.STARTED: ("开始处置", "started"),
    EventKind.FINISHED: ("处置完成", "finished"), EventKind.RECALLED: ("撤回", "recalled"),
    EventKind.READIED: ("待命", "made ready"),
}  # fmt: skip
"""What happened, by kind."""

_REASONS: Final = {
    "way_by_road": (
        "沿路约 {minutes} 分钟（直线 {km} km）",
        "about {minutes} min by road ({km} km)",
    ),
    "way_across": (
        "不经已知道路，按直线绕行估算约 {minutes} 分钟（直线 {km} km）",
        "about {minutes} min across, no known road is faster ({km} km)",
    ),
    "workload": ("近 12 小时 {tasks} 次任务", "{tasks} tasks in 12 h"),
    "home_town": ("本责任区", "its own town"),
    "away": ("非本责任区", "not its town"),
    "off_shift": ("不在班", "off shift"),
    "lacks_skill": ("缺技能 {skill}", "lacks skill {skill}, has {has}"),
    "busy": ("{status_zh}", "busy: {status_en}"),
    "no_position": ("位置未知", "no known position"),
    "position_old": ("位置已 {age_s} 秒未更新，上限 {most_s} 秒",
                     "position is {age_s} s old, at most {most_s} s"),
    "position_ahead": ("位置时间超前 {ahead_s} 秒", "position is {ahead_s} s in the future"),
    "outside_radius": ("距离 {km} km，超出 {most_km} km", "{km} km away, at most {most_km} km"),
}  # fmt: skip

_REFUSALS: Final = {
    "stale": (
        "{crew} 已由 {by} {how_zh}（版本 {version}，所见为 {seen}），请重新查看",
        "crew {crew} was {how_en} by {by} (version {version}, you saw {seen}); look at it again",
    ),
    "stale_idle": (
        "{crew} 尚无任何指令（版本 {version}，所见为 {seen}），请重新查看",
        "nobody has told crew {crew} anything (version {version}, you saw {seen}); "
        "look at it again",
    ),
    "busy": (
        "{crew} 已由 {assigned_by} 派往事件 {incident}，现 {status_zh}；请另选队伍或先撤回",
        "crew {crew} was dispatched by {assigned_by} to incident {incident} and is {status_en}; "
        "send another, or recall it first",
    ),
    "not_from_here": (
        "{crew} 现 {status_zh}，不能{do_zh}；可以：{allowed_zh}",
        "crew {crew} is {status_en} and cannot {do}; it can {allowed}",
    ),
    "no_reason": ("{do_zh}须说明原因", "{do} needs a reason"),
    "reason_too_long": ("原因 {is} 字，最多 {most} 字", "the reason has {is} characters of {most}"),
    "no_actor": ("须说明操作人", "an actor is needed"),
    "no_incident": ("派遣须指明事件", "a dispatch needs an incident"),
}


def reason(one: Reason) -> tuple[str, str]:
    """Return a reason in Chinese and English.

    >>> reason(Reason("position_old", {"age_s": 700, "most_s": 600}))[1]
    'position is 700 s old, at most 600 s'
    """
    return _told(_REASONS[one.code], one.facts)


def refusal(one: Refusal) -> tuple[str, str]:
    """Return a refusal in Chinese and English: what, where, and what would be right.

    >>> refusal(Refusal("no_reason", {"do": "recall"}))
    ('撤回须说明原因', 'recall needs a reason')
    >>> facts = {"crew": "pumps", "version": 0, "seen": 7, "by": "", "how": ""}
    >>> refusal(Refusal("stale", facts))[1].partition("(")[0]
    'nobody has told crew pumps anything '
    """
    never = one.code == "stale" and not one.facts.get("how")
    return _told(_REFUSALS["stale_idle" if never else one.code], one.facts)


def _told(texts: tuple[str, str], facts: Mapping[str, object]) -> tuple[str, str]:
    """Return texts filled with facts, and with the words for codes among them."""
    words: dict[str, object] = dict(facts)
    if "status" in facts:
        status = Status(str(facts["status"]))
        words |= {"status_zh": status.zh, "status_en": status.en}
    if facts.get("how"):
        words["how_zh"], words["how_en"] = EVENTS[EventKind(str(facts["how"]))]
    if "do" in facts:
        words["do_zh"] = Do(str(facts["do"])).zh
    if "allowed" in facts:
        words["allowed_zh"] = "、".join(Do(one).zh for one in str(facts["allowed"]).split())
        words["allowed"] = str(facts["allowed"]).replace(" ", ", ")
    if "eta_s" in facts:
        words["minutes"] = max(1, round(float(str(facts["eta_s"])) / 60))
    return texts[0].format(**words), texts[1].format(**words)
