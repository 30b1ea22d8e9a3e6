"""How the figures of alarms read: for a person at a terminal, and as JSON."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any, Final

from rules.alerts import LEVELS
from rules.figures import LEAST_DAYS, Criteria, Figures, Frequent, Targets, Top
from storage.instants import instant

_DAY_US: Final = 86_400_000_000

_NAMED: Final = 10
"""Floods and chattering alarms told one by one; JSON has all."""

_COLOURS: Final = ("蓝 blue", "黄 yellow", "橙 orange", "红 red")

_TARGETS: Final = Targets()
_CRITERIA: Final = Criteria()


def facts(found: Figures) -> dict[str, Any]:
    """Return figures as JSON: times in ISO 8601 with offset, null where there is no share."""
    plain: dict[str, Any] = _plain({**asdict(found), "targets": asdict(_TARGETS)})
    return plain


def render(found: Figures) -> str:
    """Return figures as text, each with its target and whether it is met."""
    days = (found.until_us - found.since_us) / _DAY_US
    who = "1 operator" if found.operators == 1 else f"{found.operators} operators"
    lines = [
        "告警质量 · alarm figures (ISA-18.2-2016 16.4, EEMUA 191)",
        f"{moment(found.since_us)} – {moment(found.until_us)}, {days:.1f} d, {who}",
    ]
    if days < LEAST_DAYS:
        lines.append(
            f"不足{LEAST_DAYS}天，仅供参考 · targets are meant for {LEAST_DAYS} days or more"
        )
    parts = (_rates(found), _floods(found), _nuisances(found), _frequent(found), _severities(found))
    return "\n".join([*lines, "", *(line for part in parts for line in part)])


def moment(time_us: int) -> str:
    """Return a time as people read it here."""
    return instant(time_us).astimezone().isoformat(timespec="seconds")


def _rates(found: Figures) -> Iterator[str]:
    yield _line(str(found.alarms), "告警总数 · alarms raised")
    yield _line(
        f"{found.per_ten_minutes:.2f}",
        "每人每10分钟平均 · per operator and 10 min, on average",
        found.per_ten_minutes <= _TARGETS.per_ten_minutes,
        f"at most {_TARGETS.per_ten_minutes:g}",
    )
    yield _line(
        f"{found.most_in_a_period:g}",
        "最忙时段每人 · per operator in the worst period"
        + (f", from {moment(found.most_start_us)}" if found.alarms else ""),
        found.most_in_a_period <= _TARGETS.most_in_a_period,
        f"at most {_TARGETS.most_in_a_period:g}",
    )
    yield _line(
        f"{found.peak:g}",
        "任意10分钟峰值 · per operator in any 10 min, at the peak"
        + (f", until {moment(found.peak_end_us)}" if found.alarms else ""),
    )
    yield _line(
        _percent(found.acceptable_share),
        f"可接受时段 · periods that are acceptable, with {_CRITERIA.acceptable} or fewer",
    )
    yield _line(
        _percent(found.manageable_share),
        f"可应付时段 · periods that are manageable, with {_CRITERIA.manageable} or fewer",
    )
    yield _line(
        _percent(found.excessive_share),
        f"过载时段 · periods that are excessive, with more than {_CRITERIA.excessive}",
        found.excessive_share <= _TARGETS.excessive_share,
        f"at most {_about(_TARGETS.excessive_share)}",
    )


def _floods(found: Figures) -> Iterator[str]:
    yield _line(
        _percent(found.flood_share),
        f"告警洪泛 · of the time in flood; floods: {len(found.floods)}",
        found.flood_share <= _TARGETS.flood_share,
        f"at most {_about(_TARGETS.flood_share)}",
    )
    for one in found.floods[:_NAMED]:
        length_min = (one.end_us - one.start_us) / 60e6
        yield (
            f"{'':13}{moment(one.start_us)}  {length_min:.1f} min, {one.alarms} alarms, "
            f"peak {one.peak:g}"
        )
    yield from _more(len(found.floods))


def _nuisances(found: Figures) -> Iterator[str]:
    yield _line(
        str(len(found.chattering)),
        "抖动告警 · alarms that chattered"
        + (f", {_percent(found.chattering_share)} of all raises" if found.alarms else ""),
        len(found.chattering) <= _TARGETS.chattering,
        "none",
    )
    yield from _named(found.chattering[:_NAMED])
    yield from _more(len(found.chattering))
    hours = _CRITERIA.stale_us / 3_600_000_000
    yield _line(
        str(found.stale_at_once),
        f"陈旧告警 · alarms open for more than {hours:g} h at once "
        f"({found.stale} in all, {found.stale_open} still open)",
        found.stale_at_once <= _TARGETS.stale_at_once,
        f"at most {_TARGETS.stale_at_once}",
    )


def _frequent(found: Figures) -> Iterator[str]:
    share, target = found.top_alarms.share, _TARGETS.top_share
    yield _line(
        _percent(share),
        "前十告警占比 · come from the ten most frequent alarms",
        None if math.isnan(share) else share <= target,
        f"at most {_about(target)}",
    )
    yield from _named(found.top_alarms.entries)
    yield from _top(found.top_rules, "前十规则占比 · come from the ten most frequent rules")
    yield from _top(found.top_subjects, "前十对象占比 · come from the ten most frequent subjects")


def _top(top: Top, meaning: str) -> Iterator[str]:
    yield _line(_percent(top.share), meaning)
    yield from _named(top.entries)


def _severities(found: Figures) -> Iterator[str]:
    yield f"{'':13}级别分布 · severities, and about how they should be"
    rows = zip(_COLOURS, found.priority_share, _TARGETS.priority_share, strict=True)
    for colour, share, about in rows:
        yield f"  {_percent(share):>9}  {colour} ({_about(about)})"


def _line(value: str, meaning: str, is_met: bool | None = None, target: str = "") -> str:
    mark = " " if is_met is None else "✓" if is_met else "✗"
    return f"{mark} {value:>9}  {meaning}" + (f"; {target}" if target else "")


def _named(entries: tuple[Frequent, ...]) -> Iterator[str]:
    for one in entries:
        yield f"{one.alarms:>19}  {'  '.join(name for name in (one.rule, one.subject) if name)}"


def _more(count: int) -> Iterator[str]:
    if count > _NAMED:
        yield f"{'':13}and {count - _NAMED} more"


def _percent(share: float) -> str:
    if math.isnan(share):
        return "-"
    return "< 0.1 %" if 0 < share < 0.0005 else f"{share * 100:.1f} %"


def _about(share: float) -> str:
    return f"{share * 100:g} %"


def _plain(value: Any, name: str = "") -> Any:  # noqa: ANN401 - as JSON is
    if isinstance(value, dict):
        return {key.removesuffix("_us"): _plain(one, key) for key, one in value.items()}
    if name == "priority_share":
        return {level.word: _plain(one) for level, one in zip(LEVELS, value, strict=True)}
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    if name.endswith("_us"):
        return instant(value).astimezone().isoformat()
    return None if isinstance(value, float) and math.isnan(value) else value
