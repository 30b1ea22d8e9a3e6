"""How and when a rule's alerts are told: timers, schedule, suppression."""

from __future__ import annotations

from devices.calendar import Calendar
from rules.language.models import Rule
from rules.policy import Flapping, Policy, Repeat
from rules.schedule import Schedule


def policy(rule: Rule, calendar: Calendar) -> Policy:
    """Return what the engine needs of it."""
    repeat = getattr(rule, "repeat", None)
    quiet_us = _us(rule.clear_after_quiet)
    off_delay_us = _us(rule.off_delay)
    if off_delay_us is None and quiet_us is None:
        off_delay_us = 0
    return Policy(
        on_delay_us=round(rule.on_delay * 1e6),
        off_delay_us=off_delay_us,
        quiet_us=quiet_us,
        repeat=Repeat(repeat.times, round(repeat.within * 1e6)) if repeat else None,
        latch=rule.latch,
        realarm_us=_us(rule.realarm),
        flapping=_flapping(rule),
        schedule=_schedule(rule, calendar),
        under_maintenance=rule.suppress.maintenance,
        under_parent=rule.suppress.parent,
    )


def _flapping(rule: Rule) -> Flapping | None:
    one = rule.flapping
    if one is None:
        return None
    return Flapping(one.times, round(one.within * 1e6), round(one.hold * 1e6))


def _schedule(rule: Rule, calendar: Calendar) -> Schedule | None:
    one = rule.schedule
    if one is None:
        return None
    return Schedule(frozenset(one.days), one.begin, one.end, calendar)


def _us(seconds: float | None) -> int | None:
    return None if seconds is None else round(seconds * 1e6)
