"""How events and refusals of plans and responses read, Chinese and English."""

from __future__ import annotations

from typing import Final

from dispatch.plans.machine import EventKind, Refusal
from dispatch.plans.response import Level, ResponseKind
from dispatch.plans.run import ItemState

EVENTS: Final = {
    EventKind.STARTED: ("启动", "started"), EventKind.DONE: ("完成", "done"),
    EventKind.SKIPPED: ("跳过", "skipped"), EventKind.REOPENED: ("重新打开", "reopened"),
    EventKind.MOVED: ("随事件合并转移", "moved with its incident"),
}  # fmt: skip
"""What happened, by kind."""

_DOING: Final = {
    "skipped": ("跳过事项", "skipping an item"), "reopened": ("重新打开事项", "reopening an item"),
    "response": ("调整响应级别", "a change of the response level"),
}  # fmt: skip

_REFUSALS: Final = {
    "no_actor": ("须说明操作人", "an actor is needed"),
    "no_reason": ("{doing_zh}须说明原因", "{doing_en} needs a reason"),
    "too_long": ("文字 {is} 字，最多 {most} 字", "the text has {is} characters, at most {most}"),
    "unknown_plan": (
        "没有预案 {plan}{near_zh}；现有：{known}",
        "there is no plan {plan}{near_en} known: {known}",
    ),
    "unknown_run": (
        "事件 {incident} 未启动预案 {plan}；请先启动",
        "plan {plan} was not started in incident {incident}; start it first",
    ),
    "unknown_item": (
        "预案 {plan} 没有事项 {item}{near_zh}；现有：{known}",
        "plan {plan} has no item {item}{near_en} known: {known}",
    ),
    "already": (
        "事件 {incident} 已由 {by} 启动预案 {plan}；一个事件只启动一次",
        "plan {plan} was started in incident {incident} by {by}; once per incident",
    ),
    "not_open": (
        "事项 {item} 已由 {by} 处理（{state_zh}）",
        "item {item} is {state} already, by {by}",
    ),
    "open": ("事项 {item} 尚未处理", "item {item} is open; only a done or skipped one is reopened"),
    "stale": (
        "事项 {item} 已由 {by} 变更（{state_zh}，版本 {version}，所见为 {seen}），请重新查看",
        "item {item} was changed by {by} to {state} (version {version}, you saw {seen}); "
        "look at it again",
    ),
    "not_yet": (
        "只到版本 {version}，所见不能是 {seen}",
        "it is at version {version}; you cannot have seen {seen}",
    ),
    "stale_response": (
        "响应已由 {by} {how_zh}，现为{level_zh}（版本 {version}，所见为 {seen}），请重新查看",
        "the response was {how} by {by} and is {level_en} now (version {version}, you saw {seen}); "
        "look at it again",
    ),
    "same_level": (
        "响应已是{level_zh}，由 {by} 决定",
        "the response is {level_en} already, by {by}",
    ),
    "no_response": ("没有响应可终止", "there is no response to end"),
}  # fmt: skip


def refusal(one: Refusal) -> tuple[str, str]:
    """Return a refusal in Chinese and English: what, where, and what would be right.

    >>> refusal(Refusal("no_reason", {"do": "skipped"}))
    ('跳过事项须说明原因', 'skipping an item needs a reason')
    """
    words: dict[str, object] = dict(one.facts)
    if do := one.facts.get("do"):
        words["doing_zh"], words["doing_en"] = _DOING[str(do)]
    if "near" in one.facts:
        near = one.facts["near"]
        words["near_zh"] = f"，是否指 {near}" if near else ""
        words["near_en"] = f"; did you mean {near}?" if near else ";"
    if "state" in one.facts:
        words["state_zh"] = ItemState(str(one.facts["state"])).zh
    if "level" in one.facts:
        word = str(one.facts["level"])
        words["level_zh"] = f" {Level(word).zh}" if word else "无响应"
        words["level_en"] = f"level {word}" if word else "over"
    if "how" in one.facts:
        how = str(one.facts["how"])
        words["how_zh"] = ResponseKind(how).zh if how else "变更"
    zh, en = _REFUSALS[one.code]
    return zh.format(**words), en.format(**words)
