"""One row through time: from wanted levels to levels in alarm, and from these to its alert.

`evaluate` says what is wanted, `settle` lets timers run out, `change` tells. Every kind of rule
goes through the same three, one row at a time, and only when something can change: the engine sees
to that with columns (`rules.bounds`).

Source:
    ISA-18.2-2016, 5.2 and annex on deadband, on-delay and off-delay; 3.1 for latched, suppressed,
    chattering and re-alarming.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from rules.alerts import TransitionKind as Kind
from rules.live import UNSET, Live
from rules.policy import Policy

LATER = 2**63
"""Later than all there is: the time of a timer that does not run."""


class Teller(Protocol):
    """What the engine does for a row."""

    def tell(self, kind: Kind, at_us: int, level: int, since_us: int, reason: str) -> None:
        """Take down a transition of the open alert, whose version is already counted.

        Args:
            kind: what happened.
            at_us: when.
            level: 0 to 3, the level whose limit explains it.
            since_us: since when the condition held, or was gone; `UNSET` where no delay ran.
            reason: as `rules.alerts.Evidence.reason`.
        """
        ...

    def inhibition(self) -> str:
        """Return why this row is not told now; empty if it is."""
        ...


def evaluate(
    policy: Policy,
    live: Live,
    time_us: int,
    value: float,
    on: Sequence[float],
    off: Sequence[float],
    *,
    falling: bool,
) -> None:
    """Take a value, not NaN, of a time: which levels are wanted.

    Args:
        policy: of the rule.
        live: changed.
        time_us: not before any earlier one.
        value: what is held against the limits.
        on: limit of each level; NaN where there is none.
        off: the same with the hysteresis taken off.
        falling: in alarm at or below.
    """
    for level in range(4):
        limit = off[level] if live.is_active(level) else on[level]
        met = value <= limit if falling else value >= limit
        want(policy, live, time_us, level, met=met)


def want(policy: Policy, live: Live, time_us: int, level: int, *, met: bool) -> None:
    """Take whether a level's condition is met at a time."""
    active = live.is_active(level)
    if met and policy.quiet_us is not None:
        live.met[level] = time_us
    wanted = met
    if policy.repeat is not None and not active and met:
        oldest = time_us - policy.repeat.within_us
        kept = [one for one in live.notes[level] if one > oldest]
        live.notes[level] = [*kept, time_us][-policy.repeat.times :]
        is_pending = live.since[level] != UNSET
        wanted = is_pending or len(live.notes[level]) >= policy.repeat.times
    if wanted == active:
        live.since[level] = UNSET
    elif live.since[level] == UNSET and not (active and policy.off_delay_us is None):
        live.since[level] = time_us


def settle(policy: Policy, live: Live, now_us: int, teller: Teller) -> None:
    """Let the row's timers run out at a time."""
    before = live.severity
    at, begun, since, is_quiet = UNSET, LATER, UNSET, False
    for level in range(4):
        delayed, quiet = _due(policy, live, level)
        due = min(delayed, quiet)
        if due > now_us:
            continue
        if live.is_active(level):
            live.met[level] = UNSET
        else:
            begun = min(begun, live.since[level])
            live.notes[level] = []
        if due > at:
            at, since, is_quiet = due, live.since[level], quiet < delayed
        live.active ^= 1 << level
        live.since[level] = UNSET
    if at != UNSET and live.severity != before:
        if not before:
            live.begun_us = begun
        _change(policy, live, before, at, since, "quiet" if is_quiet else "", teller)
    if (hold := _hold_due(policy, live)) <= now_us:
        _clear(live, hold, UNSET, "calm", teller)
        live.flapping, live.raises = False, []
    if _realarm_due(policy, live) <= now_us and policy.realarm_us is not None:
        passed_us = (now_us - live.announced_us) // policy.realarm_us * policy.realarm_us
        _announce(live, Kind.REALARMED, live.announced_us + passed_us, UNSET, "", teller)


def due_us(policy: Policy, live: Live) -> int:
    """Return when the row's next timer runs out; `LATER` if none runs."""
    due = min(_hold_due(policy, live), _realarm_due(policy, live))
    for level in range(4):
        due = min(due, *_due(policy, live, level))
    return due


def inhibit(policy: Policy, live: Live, at_us: int, teller: Teller) -> None:
    """Ask again whether the row may be told, for one with a level in alarm or an open alert."""
    reason = teller.inhibition()
    was, live.inhibited = live.inhibited, reason
    if bool(reason) == bool(was):
        return
    if not live.is_open:
        if not reason:
            _raise(policy, live, at_us, UNSET, teller)
    elif reason:
        _tell(live, Kind.SUPPRESSED, at_us, UNSET, reason, teller)
    else:
        _announce(live, Kind.UNSUPPRESSED, at_us, UNSET, was, teller)


def reset(live: Live, at_us: int, teller: Teller) -> None:
    """Let a latched alert end whose condition is gone."""
    if live.is_open and live.returned and not live.active:
        _clear(live, at_us, UNSET, "reset", teller)


def withdraw(live: Live, at_us: int, teller: Teller) -> None:
    """End an alert whose rule no longer applies."""
    _tell(live, Kind.WITHDRAWN, at_us, UNSET, "rule", teller)
    _forget_alert(live)


def deescalate(live: Live, at_us: int, teller: Teller) -> None:
    """Take an alert down to the levels that its rule still has."""
    live.shown = live.severity
    _tell(live, Kind.DEESCALATED, at_us, UNSET, "rule", teller)


def _due(policy: Policy, live: Live, level: int) -> tuple[int, int]:
    """Return when a level flips by its delay, and when by quiet."""
    since = live.since[level]
    if not live.is_active(level):
        return (LATER if since == UNSET else since + policy.on_delay_us), LATER
    delayed, quiet = LATER, LATER
    if since != UNSET and policy.off_delay_us is not None:
        delayed = since + policy.off_delay_us
    if policy.quiet_us is not None and live.met[level] != UNSET:
        quiet = live.met[level] + policy.quiet_us
    return delayed, quiet


def _hold_due(policy: Policy, live: Live) -> int:
    if policy.flapping is None or not live.is_open or live.calm_us == UNSET:
        return LATER
    return live.calm_us + policy.flapping.hold_us


def _realarm_due(policy: Policy, live: Live) -> int:
    if policy.realarm_us is None or not live.is_open or not live.active or live.inhibited:
        return LATER
    return live.announced_us + policy.realarm_us


def _change(
    policy: Policy, live: Live, before: int, at_us: int, since_us: int, reason: str, teller: Teller
) -> None:
    """Tell of another severity, if it is to be told."""
    after = live.severity
    if not before and not live.is_open:
        live.inhibited = teller.inhibition()
    if not live.is_open:
        if after and not live.inhibited:
            _raise(policy, live, at_us, since_us, teller)
        elif not after:
            live.inhibited = ""
        return
    live.calm_us = UNSET
    if policy.latch:
        _change_latched(live, after, at_us, since_us, reason, teller)
    elif after > live.shown:
        live.shown = after
        _announce(live, Kind.ESCALATED, at_us, since_us, reason, teller)
    elif not after and live.flapping:
        live.calm_us = at_us
    elif not after:
        _clear(live, at_us, since_us, reason, teller)
    elif after < live.shown:
        live.shown = after
        _tell(live, Kind.DEESCALATED, at_us, since_us, reason, teller)


def _change_latched(
    live: Live, after: int, at_us: int, since_us: int, reason: str, teller: Teller
) -> None:
    if not after:
        live.returned = True
        _tell(live, Kind.RETURNED, at_us, since_us, reason, teller)
        return
    if after <= live.shown and not live.returned:
        return
    kind = Kind.REACTIVATED if live.returned else Kind.ESCALATED
    live.shown, live.returned = max(live.shown, after), False
    _announce(live, kind, at_us, since_us, reason, teller)


def _raise(policy: Policy, live: Live, at_us: int, since_us: int, teller: Teller) -> None:
    live.shown = live.severity
    # An alert is known by when it was raised: a reading that comes late must not raise another one
    # at the time of the one before.
    live.raised_us = at_us if live.told_us == UNSET else max(at_us, live.told_us + 1)
    live.first_us = live.begun_us
    _announce(live, Kind.RAISED, live.raised_us, since_us, "", teller)
    if policy.flapping is None:
        return
    live.raises = [*live.raises, live.raised_us][-policy.flapping.times :]
    is_many = len(live.raises) == policy.flapping.times
    if is_many and live.raises[-1] - live.raises[0] <= policy.flapping.within_us:
        live.flapping = True
        _tell(live, Kind.FLAPPING, live.raised_us, UNSET, "", teller)


def _clear(live: Live, at_us: int, since_us: int, reason: str, teller: Teller) -> None:
    _tell(live, Kind.CLEARED, at_us, since_us, reason, teller)
    _forget_alert(live)


def _announce(
    live: Live, kind: Kind, at_us: int, since_us: int, reason: str, teller: Teller
) -> None:
    """Tell of a transition that people must hear of as of something new."""
    _tell(live, kind, at_us, since_us, reason, teller)
    live.announced_us = live.told_us


def _tell(live: Live, kind: Kind, at_us: int, since_us: int, reason: str, teller: Teller) -> None:
    """Tell of a transition; the life of an alert never goes back in time."""
    live.version += 1
    live.told_us = max(at_us, live.told_us)
    teller.tell(kind, live.told_us, live.shown - 1, since_us, reason)


def _forget_alert(live: Live) -> None:
    live.shown = live.version = 0
    live.raised_us = live.first_us = live.announced_us = live.calm_us = UNSET
    live.returned = False
    if not live.active:
        live.inhibited = ""
