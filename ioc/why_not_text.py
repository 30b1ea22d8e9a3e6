"""How the answer to why-not reads: for a person at a terminal, and as JSON."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from devices import Quality
from ioc.replay_text import moment
from rules.alerts import Severity
from rules.messages import COLOUR, duration
from storage.instants import instant

if TYPE_CHECKING:
    from ioc.why_not import Heard, WhyNot
    from rules.explaining import Explanation, LevelSeen

_SUPPRESSED: Final = {
    "schedule": ("不在值守时段内", "it is outside the schedule of the rule"),
    "maintenance": ("正在检修", "there is maintenance"),
    "parent": ("所属网关失联", "its gateway is silent"),
}

_QUALITY_ZH: Final = {
    Quality.SUSPECT: "可疑",
    Quality.MAINTENANCE: "维护",
    Quality.CALIBRATING: "校准",
    Quality.FAULT: "设备故障",
    Quality.COMMUNICATION_FAULT: "通信故障",
    Quality.MANUAL: "人工录入",
    Quality.STOPPED: "停运",
    Quality.OVER_RANGE: "超量程",
    Quality.LATE: "迟到",
    Quality.OUT_OF_ORDER: "乱序",
    Quality.DUPLICATE: "重复",
    Quality.FUTURE: "时间超前",
    Quality.OUT_OF_PHYSICAL_RANGE: "超物理范围",
    Quality.GOOD: "正常",
}


def facts(found: WhyNot) -> dict[str, Any]:
    """Return the answer as JSON: times in ISO 8601 with offset, null where there is none."""
    zh, en = sentence(found)
    heard = found.heard
    return {
        "zh": zh,
        "en": en,
        "at": _iso(found.at_us),
        **_plain(asdict(found.explanation)),
        "repeat": _times(found.explanation),
        "datastreams": list(found.datastreams),
        "judged_qualities": [_word(one) for one in found.gate],
        "last_hour": {
            "came": heard.total,
            "judged": heard.judged,
            "late": heard.late,
            "no_number": heard.no_number,
            "quality": {_word(one): n for one, n in sorted(heard.quality.items())},
        },
        "alert": found.alert,
        "last_alert": None if found.last is None else _plain(asdict(found.last)),
    }


def _times(seen: Explanation) -> dict[str, float] | None:
    if seen.repeat is None:
        return None
    return {"times": seen.repeat[0], "within_s": seen.repeat[1] / 1e6}


def render(found: WhyNot) -> str:
    """Return the answer as text, in Chinese first."""
    return "\n".join(_lines(found))


def sentence(found: WhyNot) -> tuple[str, str]:
    """Return why, in one sentence, in Chinese and in English."""
    seen = found.explanation
    zh, en = [], []
    for reason in seen.reasons:
        parts = _sentence(reason, found)
        zh.append(parts[0])
        en.append(parts[1])
    return "；".join(zh) + "。", "; ".join(en) + "."


def _sentence(reason: str, found: WhyNot) -> tuple[str, str]:
    seen = found.explanation
    match reason:
        case "alert":
            since = moment(seen.open_since_us or 0)
            return (
                f"有告警：自 {since} 起，查看 ioc alerts why {found.alert}",
                f"there is an alert, since {since}: see ioc alerts why {found.alert}",
            )
        case "unheard":
            return _unheard(found.heard)
        case "unknown":
            return (
                "没有可判定的值：读数不足、过旧或缺少可比对象",
                "there is no value to judge: too few readings, too old ones, or no partners",
            )
        case "repeat":
            return _repeat(seen)
        case "delay":
            return _delay(seen)
        case "below":
            return _below(seen)
    zh, en = _SUPPRESSED[reason]
    if not any(one.is_active for one in seen.levels):
        return f"即使达到也不告警：{zh}", f"it would not be told anyway: {en}"
    return f"已达到限值但被抑制：{zh}", f"a limit is reached and the alert suppressed: {en}"


def _unheard(heard: Heard) -> tuple[str, str]:
    if heard.total:
        return (
            f"没有任何读数被判定，最近一小时来的 {heard.total} 条都未通过",
            f"no reading was ever judged; none of the {heard.total} of the last hour could be",
        )
    return (
        "没有任何读数被判定，最近一小时也没有来",
        "no reading was ever judged, and none came in the last hour",
    )


def _below(seen: Explanation) -> tuple[str, str]:
    nearest = _nearest(seen)
    if nearest is None:
        return "条件不成立", "the condition is not met"
    zh_level, en_level = COLOUR[Severity[nearest.level.upper()]]
    gap = _gap(nearest, seen)
    zh, en = (
        tuple(_amount(one, seen.value_unit, language) for one in (seen.value, nearest.limit, gap))
        for language in (0, 1)
    )
    side = ("高于", "above") if seen.falling else ("低于", "below")
    return (
        f"当前 {zh[0]}，{side[0]}{zh_level}限值 {zh[1]}，还差 {zh[2]}",
        f"it is at {en[0]}, {side[1]} the {en_level} limit {en[1]}, by {en[2]}",
    )


def _delay(seen: Explanation) -> tuple[str, str]:
    waiting = [one for one in seen.levels if one.since_us is not None and not one.is_active]
    if not waiting or seen.clock_us is None:
        return "正在延时", "a delay still runs"
    since_us = min(one.since_us for one in waiting if one.since_us is not None)
    held_s = max(0.0, (seen.clock_us - since_us) / 1e6)
    left_s = max(0.0, (since_us + seen.on_delay_us - seen.clock_us) / 1e6)
    zh, en = (
        tuple(duration(one, language) for one in (held_s, left_s, seen.on_delay_us / 1e6))
        for language in (0, 1)
    )
    return (
        f"条件已持续 {zh[0]}，须持续 {zh[2]}，还要 {zh[1]}",
        f"the condition has held for {en[0]} of {en[2]}; {en[1]} are still to run",
    )


def _repeat(seen: Explanation) -> tuple[str, str]:
    assert seen.repeat is not None  # noqa: S101 (the reason is given only with it)
    met, (times, within_us) = max(one.met for one in seen.levels), seen.repeat
    zh, en = (duration(within_us / 1e6, language) for language in (0, 1))
    return (
        f"{zh} 内达到 {met} 次，须 {times} 次",
        f"it was met {met} of {times} times within {en}",
    )


def _nearest(seen: Explanation) -> LevelSeen | None:
    """Return the level that would be reached first; None where none is missing anything."""
    missing = [(_gap(one, seen), one) for one in seen.levels]
    return min(
        ((gap, one) for gap, one in missing if gap > 0), default=(0.0, None), key=lambda one: one[0]
    )[1]


def _gap(one: LevelSeen, seen: Explanation) -> float:
    """Return what the value is short of a limit; 0 or less where it is reached."""
    return seen.value - one.limit if seen.falling else one.limit - seen.value


def _lines(found: WhyNot) -> Iterator[str]:
    seen = found.explanation
    zh, en = sentence(found)
    yield zh
    yield en
    yield ""
    clock = "–" if seen.clock_us is None else moment(seen.clock_us)
    yield f"规则 rule       {seen.rule}, version {seen.rule_version}, {seen.kind}"
    yield f"对象 subject    {seen.subject}"
    yield f"时刻 at         {moment(found.at_us)} (日志时钟 clock of the log {clock})"
    judged = "–" if seen.judged_us is None else moment(seen.judged_us)
    yield f"最新读数 newest {_number(seen.result)} at {judged}"
    yield f"判定值 value    {_amount(seen.value, seen.value_unit, 1)}"
    for one in seen.levels:
        yield _level(one, seen)
    if seen.repeat is not None:
        within = duration(seen.repeat[1] / 1e6, 1)
        yield f"重复 repeat     {seen.repeat[0]} times within {within}"
    if seen.due_us is not None:
        yield f"计时 timer      runs out at {moment(seen.due_us)}"
    if seen.inhibited:
        yield f"抑制 suppressed {' '.join(_SUPPRESSED[seen.inhibited])}"
    yield from _hour(found)
    if found.last is not None:
        raised, cleared = moment(found.last.raised_us), moment(found.last.cleared_us)
        yield f"上次告警 last   {raised} – {cleared}, ioc alerts why {found.last.alert}"


def _level(one: LevelSeen, seen: Explanation) -> str:
    zh, en = COLOUR[Severity[one.level.upper()]]
    way = "<=" if seen.falling else ">="
    said = [f"{way} {_amount(one.limit, seen.value_unit, 1)}"]
    if one.off != one.limit:
        said.append(f"back at {_amount(one.off, seen.value_unit, 1)}")
    if math.isfinite(seen.value):
        gap = _gap(one, seen)
        said.append(f"missing {_amount(gap, seen.value_unit, 1)}" if gap > 0 else "reached")
    if one.is_active:
        said.append("in alarm")
    if one.since_us is not None:
        said.append(f"{'unwanted' if one.is_active else 'wanted'} since {moment(one.since_us)}")
    if one.met:
        said.append(f"met {one.met} times")
    return f"{zh} {en:<9}   {', '.join(said)}"


def _hour(found: WhyNot) -> Iterator[str]:
    heard = found.heard
    yield f"最近一小时 last hour: {heard.total} 条 readings came, {heard.judged} 被判定 judged"
    for quality, count in sorted(heard.quality.items()):
        yield f"  {count:>6} 质量 quality {_QUALITY_ZH[quality]} {_word(quality)}"
    if heard.late:
        yield f"  {heard.late:>6} 迟到 not newer than one that was judged"
    if heard.no_number:
        yield f"  {heard.no_number:>6} 无数值 without a number"
    if heard.total > heard.judged:
        yield f"  判定的质量 judged qualities: {', '.join(_word(one) for one in found.gate)}"


def _word(quality: Quality) -> str:
    return quality.name.lower()


def _amount(value: float, unit: str, language: int) -> str:
    if unit == "s":
        return duration(value, language)
    return f"{_number(value)} {unit}".rstrip()


def _number(value: float) -> str:
    return f"{value:.6g}" if math.isfinite(value) else "–"


def _plain(value: Any, name: str = "") -> Any:  # noqa: ANN401 - as JSON is
    if isinstance(value, dict):
        return {_key(key): _plain(one, key) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if name.endswith("_delay_us"):
        return value / 1e6
    if name.endswith("_us"):
        return None if value is None else _iso(value)
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _key(name: str) -> str:
    if name.endswith("_delay_us"):
        return name.removesuffix("_us") + "_s"
    return name.removesuffix("_us")


def _iso(time_us: int) -> str:
    return instant(time_us).astimezone().isoformat()
