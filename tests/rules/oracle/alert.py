"""What is told of a row: its alerts, one open at a time (section 5)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from rules.alerts import Severity, TransitionKind, alert_id
from rules.policy import Policy

_ANNOUNCING = (
    TransitionKind.RAISED,
    TransitionKind.ESCALATED,
    TransitionKind.REACTIVATED,
    TransitionKind.UNSUPPRESSED,
    TransitionKind.REALARMED,
)


class Told(NamedTuple):
    """One transition, without what explains it."""

    alert: str
    version: int
    kind: TransitionKind
    at_us: int
    severity: Severity
    rule: str
    subject: str
    raised_us: int
    first_exceeded_us: int


@dataclass
class Open:
    """The open alert."""

    raised_us: int
    first_exceeded_us: int
    shown: int
    version: int = 0
    has_returned: bool = False
    is_flapping: bool = False
    zero_since_us: int | None = None
    """Since when no level is in alarm, while it flaps."""

    def id(self, rule: str, subject: str) -> str:
        return alert_id(rule, subject, self.raised_us)


class Alerts:
    """All that was ever told of one row."""

    def __init__(self, rule: str, subject: str, policy: Policy) -> None:
        self.rule = rule
        self.subject = subject
        self.policy = policy
        self.told: list[Told] = []
        self.calm_from = 0
        """How many were told when the row last stopped flapping."""
        self.open: Open | None = None
        self.inhibited: str | None = None

    @property
    def newest_us(self) -> int:
        """When the newest of all that was told was; nothing is dated before it."""
        return max(one.at_us for one in self.told)

    def changed(self, at_us: int, after: int, begun_us: int | None) -> None:
        """The severity of the row has changed."""
        if self.open is None:
            if after > 0 and self.inhibited is None:
                assert begun_us is not None
                self._raise(at_us, after, begun_us)
        elif self.policy.latch:
            self._changed_latched(self.open, at_us, after)
        elif after == 0 and self.open.is_flapping:
            self.open.zero_since_us = at_us
        elif after == 0:
            self._tell(TransitionKind.CLEARED, at_us, 0)
        else:
            self.open.zero_since_us = None
            if after > self.open.shown:
                self._tell(TransitionKind.ESCALATED, at_us, after)
            elif after < self.open.shown:
                self._tell(TransitionKind.DEESCALATED, at_us, after)

    def _changed_latched(self, alert: Open, at_us: int, after: int) -> None:
        if after == 0:
            alert.has_returned = True
            self._tell(TransitionKind.RETURNED, at_us, alert.shown)
        elif alert.has_returned:
            alert.has_returned = False
            self._tell(TransitionKind.REACTIVATED, at_us, max(after, alert.shown))
        elif after > alert.shown:
            self._tell(TransitionKind.ESCALATED, at_us, after)

    def settled(self, now_us: int, severity: int) -> None:
        """Tell again what goes on, and end what flapped and has been calm."""
        if self.open is None:
            return
        realarm_us, flapping = self.policy.realarm_us, self.policy.flapping
        if severity > 0 and self.inhibited is None and realarm_us is not None:
            announced_us = [one.at_us for one in self.told if one.kind in _ANNOUNCING][-1]
            if announced_us + realarm_us <= now_us:
                passed = (now_us - announced_us) // realarm_us
                self._tell(
                    TransitionKind.REALARMED, announced_us + passed * realarm_us, self.open.shown
                )
        if severity == 0 and self.open.zero_since_us is not None and flapping is not None:
            calm_us = self.open.zero_since_us + flapping.hold_us
            if calm_us <= now_us:
                self._tell(TransitionKind.CLEARED, calm_us, 0)
                self.calm_from = len(self.told)

    def inhibit(self, reason: str | None, now_us: int, severity: int, begun_us: int | None) -> None:
        """Take note of whether and why the row is not to be told (section 6).

        Args:
            reason: None if it is to be told.
            now_us: the clock.
            severity: of the row.
            begun_us: when the reading was that first met what is in alarm now.
        """
        before, self.inhibited = self.inhibited, reason
        if before is None and reason is not None and self.open is not None:
            self._tell(TransitionKind.SUPPRESSED, now_us, self.open.shown)
        elif before is not None and reason is None and self.open is not None:
            self._tell(TransitionKind.UNSUPPRESSED, now_us, self.open.shown)
        elif before is not None and reason is None and severity > 0:
            assert begun_us is not None
            self._raise(now_us, severity, begun_us)

    def reset(self, alert: str, clock_us: int) -> None:
        if (
            self.open is not None
            and self.open.id(self.rule, self.subject) == alert
            and self.open.has_returned
        ):
            self._tell(TransitionKind.CLEARED, clock_us, 0)

    def _raise(self, at_us: int, severity: int, begun_us: int) -> None:
        # An alert is known by when it was raised: no two of a row at the same time.
        at_us = at_us if not self.told else max(at_us, self.newest_us + 1)
        self.open = Open(at_us, begun_us, severity)
        self._tell(TransitionKind.RAISED, at_us, severity)
        flapping = self.policy.flapping
        if flapping is None or self.policy.latch:
            return
        raises_us = [
            one.at_us for one in self.told[self.calm_from :] if one.kind is TransitionKind.RAISED
        ][-flapping.times :]
        if len(raises_us) == flapping.times and raises_us[-1] - raises_us[0] <= flapping.within_us:
            self.open.is_flapping = True
            self._tell(TransitionKind.FLAPPING, at_us, severity)

    def _tell(self, kind: TransitionKind, at_us: int, severity: int) -> None:
        assert self.open is not None
        if self.told:
            at_us = max(at_us, self.newest_us)
        self.open.version += 1
        self.told.append(
            Told(
                self.open.id(self.rule, self.subject),
                self.open.version,
                kind,
                at_us,
                Severity(severity),
                self.rule,
                self.subject,
                self.open.raised_us,
                self.open.first_exceeded_us,
            )
        )
        self.open.shown = severity
        if kind is TransitionKind.CLEARED:
            self.open = None
