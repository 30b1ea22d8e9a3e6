"""How a back-test reads: for a person at a terminal, and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from ioc.replay_text import moment, speed, times
from rules import differing
from rules.differing import Change, Episode, Pair
from rules.figures import OPEN
from storage.instants import instant

if TYPE_CHECKING:
    from ioc.backtest import Backtest, Side

SAID: Final = {
    Change.GAINED: "新增 gained",
    Change.LOST: "消失 lost",
    Change.EARLIER: "提前 earlier",
    Change.LATER: "推迟 later",
    Change.SAME: "不变 same",
}
"""In the order of showing."""


def facts(found: Backtest) -> dict[str, Any]:
    """Return a back-test as JSON: times in ISO 8601 with offset."""
    counts = found.counts
    return {
        "from": _iso(found.from_us),
        "to": _iso(found.until_us),
        "against": found.before.name,
        "before": _side(found.before),
        "after": _side(found.after),
        "changes": {str(one): counts[one] for one in SAID},
        "by_rule": {
            rule: {str(one): count[one] for one in SAID}
            for rule, count in differing.by_rule(found.pairs).items()
        },
        "graver": sum(one.graver > 0 for one in found.pairs),
        "milder": sum(one.graver < 0 for one in found.pairs),
        "alerts": [_pair(one) for one in found.pairs if one.change is not Change.SAME],
        "readings": found.judged.readings,
        "partitions": found.judged.partitions,
        "seconds": round(found.judged.seconds, 3),
        "times_real_time": times(found.judged),
    }


def render(found: Backtest, limit: int) -> str:
    """Return a back-test as text; of each kind of change the first few alerts are named."""
    return "\n".join(_lines(found, limit))


def about(name: str) -> str:
    """Return what a side is called."""
    known = {"live": "实际 live", "changed": "改后 changed"}
    return known.get(name, f"规则版本 {name}")


def _lines(found: Backtest, limit: int) -> Iterator[str]:
    before, after = found.before, found.after
    yield f"规则回测 · changed rules against {about(before.name)}"
    yield f"{moment(found.from_us)} – {moment(found.until_us)}"
    yield speed(found.judged)
    yield ""
    yield f"{'':14}{before.name:>10}{after.name:>10}"
    for value, said, digits in _FIGURES:
        was, now = value(before), value(after)
        yield f"{'':14}{was:>10.{digits}f}{now:>10.{digits}f}  {said}"
    yield ""
    counts = found.counts
    for change, said in SAID.items():
        yield f"{counts[change]:>24}  {said}"
    graver, milder = (sum(one.graver == way for one in found.pairs) for way in (1, -1))
    if graver or milder:
        yield f"{graver:>24}  升级 reached a higher severity than before"
        yield f"{milder:>24}  降级 reached a lower severity than before"
    yield from _rules(found)
    for change in (Change.GAINED, Change.LOST, Change.EARLIER, Change.LATER):
        yield from _named(found, change, limit)


_FIGURES: Final = (
    (lambda one: float(one.figures.alarms), "告警总数 alarms raised", 0),
    (lambda one: one.per_operator_hour, "每人每小时 alarms per operator and hour", 2),
    (lambda one: one.flood_min, "洪泛分钟 minutes in flood", 1),
    (lambda one: float(one.figures.peak), "任意10分钟峰值 most in any 10 min, per operator", 1),
)


def _rules(found: Backtest) -> Iterator[str]:
    rules = differing.by_rule(found.pairs)
    if not rules:
        return
    width = max(len(rule) for rule in rules)
    yield ""
    yield "  ".join(["按规则 by rule".ljust(width - 3), *(f"{one:>8}" for one in SAID)])
    for rule, count in rules.items():
        yield "  ".join([rule.ljust(width), *(f"{count[one] or '·':>8}" for one in SAID)])


def _named(found: Backtest, change: Change, limit: int) -> Iterator[str]:
    pairs = [one for one in found.pairs if one.change is change]
    if not pairs or not limit:
        return
    yield ""
    yield SAID[change]
    for one in pairs[:limit]:
        either = one.either
        yield f"  {moment(either.raised_us)}  {either.rule}  {either.subject}  {_detail(one)}"
    if len(pairs) > limit:
        yield f"  and {len(pairs) - limit} more; --json has all"


def _detail(one: Pair) -> str:
    if one.before is not None and one.after is not None:
        moved_s = (one.after.raised_us - one.before.raised_us) / 1e6
        return f"{moved_s:+.0f} s"
    either = one.either
    if either.cleared_us == OPEN:
        return f"{either.severity.word}, goes on"
    return f"{either.severity.word}, {(either.cleared_us - either.raised_us) / 60e6:.1f} min"


def _side(one: Side) -> dict[str, Any]:
    return {
        "name": one.name,
        "alarms": one.figures.alarms,
        "per_operator_hour": one.per_operator_hour,
        "flood_minutes": one.flood_min,
        "peak_in_ten_minutes": one.figures.peak,
    }


def _pair(one: Pair) -> dict[str, Any]:
    return {
        "change": str(one.change),
        "rule": one.either.rule,
        "subject": one.either.subject,
        "before": _episode(one.before),
        "after": _episode(one.after),
    }


def _episode(one: Episode | None) -> dict[str, Any] | None:
    if one is None:
        return None
    return {
        "raised": _iso(one.raised_us),
        "cleared": None if one.cleared_us == OPEN else _iso(one.cleared_us),
        "severity": one.severity.word,
    }


def _iso(time_us: int) -> str:
    return instant(time_us).astimezone().isoformat()
