"""How refusals and events of incidents read, Chinese and English."""

from __future__ import annotations

from typing import Final

from dispatch.incidents.machine import EventKind, Refusal

EVENTS: Final = {
    EventKind.OPENED: ("建立", "opened"), EventKind.ADDED: ("并入告警", "extended"),
    EventKind.REMOVED: ("移出告警", "reduced"), EventKind.MERGED_IN: ("合并", "merged"),
    EventKind.MERGED_AWAY: ("被合并", "merged away"), EventKind.SPLIT_OFF: ("拆分", "split"),
    EventKind.PARENT_SET: ("调整上级事件", "moved"), EventKind.CLOSED: ("关闭", "closed"),
}  # fmt: skip
"""What happened, by kind."""

_REFUSALS: Final = {
    "no_actor": ("须说明操作人", "an actor is needed"),
    "no_reason": ("须说明原因", "a reason is needed"),
    "too_long": ("文字 {is} 字，最多 {most} 字", "the text has {is} characters of {most}"),
    "nothing": ("须指明告警，新建时也可只写标题",
                "name at least one alert, or for a new incident a title"),
    "unknown": ("没有事件 {incident}", "there is no incident {incident}"),
    "exists": ("事件 {incident} 已存在", "incident {incident} exists already"),
    "stale": (
        "事件 {incident} 已由 {by} {how_zh}（版本 {version}，所见为 {seen}），请重新查看",
        "incident {incident} was {how_en} by {by} (version {version}, you saw {seen}); "
        "look at it again",
    ),
    "closed": ("事件 {incident} 已由 {by} 关闭", "incident {incident} was closed by {by}"),
    "merged": (
        "事件 {incident} 已由 {by} 并入 {into}",
        "incident {incident} was merged into {into} by {by}; use that",
    ),
    "itself": (
        "事件 {incident} 不能与自身操作",
        "incident {incident} is the same; name another one",
    ),
    "already_member": (
        "告警 {alert} 已在事件 {incident} 中",
        "alert {alert} is in incident {incident} already",
    ),
    "not_member": ("告警 {alert} 不在事件 {incident} 中",
                   "alert {alert} is not in incident {incident}"),
    "elsewhere": (
        "告警 {alert} 已在事件 {incident} 中，请先移出或合并",
        "alert {alert} is in incident {incident}; remove it there first, or merge the two",
    ),
    "outside_window": (
        "告警时间跨度 {minutes} 分钟，超过 {most} 分钟；请另建事件，可设为下级",
        "its alerts would span {minutes} min, at most {most}; open another incident, "
        "perhaps as its part",
    ),
    "too_many": ("事件将有 {members} 条告警，最多 {most} 条",
                 "it would have {members} alerts, at most {most}"),
    "all_of_it": (
        "不能拆出全部 {members} 条告警，须至少留一条",
        "all {members} alerts would go; leave at least one",
    ),
    "same_parent": ("上级事件未变", "its parent is that already"),
    "parent_is_part": (
        "事件 {incident} 自身是 {parent} 的下级，不能再有下级；请选 {parent}",
        "incident {incident} is a part of {parent} and can have no parts; choose {parent}",
    ),
    "has_parts": (
        "事件 {incident} 有 {parts} 个下级（{first} …），请先处理下级",
        "incident {incident} has {parts} open parts ({first} …); deal with them first",
    ),
    "at_work": (
        "事件 {incident} 尚有队伍在处置：{crews}；请先完成或撤回",
        "crews {crews} are still at incident {incident}; let them finish, or recall them",
    ),
    "still_active": (
        "事件 {incident} 尚有 {active} 条活动告警（{first} …）",
        "incident {incident} has {active} active alerts ({first} …); it ends after them",
    ),
}  # fmt: skip


def refusal(one: Refusal) -> tuple[str, str]:
    """Return a refusal in Chinese and English.

    >>> refusal(Refusal("unknown", {"incident": "7d0c"}))
    ('没有事件 7d0c', 'there is no incident 7d0c')
    """
    words: dict[str, object] = dict(one.facts)
    if how := one.facts.get("how"):
        words["how_zh"], words["how_en"] = EVENTS[EventKind(str(how))]
    zh, en = _REFUSALS[one.code]
    return zh.format(**words), en.format(**words)
