"""One level of one row: when it is wanted, and when its timers are over (sections 3 and 4)."""

from __future__ import annotations

from typing import NamedTuple

from rules.policy import Policy, Repeat


class Verdict(NamedTuple):
    """What one evaluation said of the level."""

    time_us: int
    met: bool
    wanted: bool


class Level:
    """All verdicts and all flips there ever were; the rest is searched for."""

    def __init__(self, on: float, off: float, *, falling: bool, policy: Policy) -> None:
        self.on = on
        self.off = off
        self.falling = falling
        self.policy = policy
        self.verdicts: list[Verdict] = []
        self.flips: list[int] = []
        """How many verdicts there were at each flip."""

    @property
    def is_active(self) -> bool:
        return len(self.flips) % 2 == 1

    @property
    def verdicts_since_flip(self) -> list[Verdict]:
        return self.verdicts[self.flips[-1] if self.flips else 0 :]

    def is_reached_by(self, value: float) -> bool:
        limit = self.off if self.is_active else self.on
        return value <= limit if self.falling else value >= limit  # never with NaN

    def evaluated(self, time_us: int, met: bool, repeat: Repeat | None) -> None:
        """Note a verdict."""
        wanted = met
        if met and not self.is_active and repeat is not None and self.since_us is None:
            notes = [one.time_us for one in self.verdicts_since_flip if one.met] + [time_us]
            recent = [note for note in notes if note > time_us - repeat.within_us]
            wanted = len(recent) >= repeat.times
        self.verdicts.append(Verdict(time_us, met, wanted))

    @property
    def since_us(self) -> int | None:
        """Since when the level is wanted otherwise than it is; None: it is as it is wanted."""
        begun = None
        for verdict in reversed(self.verdicts_since_flip):
            if verdict.wanted == self.is_active:
                break
            begun = verdict.time_us
        return begun

    @property
    def last_met_us(self) -> int:
        return [one.time_us for one in self.verdicts if one.met][-1]

    def due_us(self, now_us: int) -> int | None:
        """Return when the first timer that is over by now was over; None: none is."""
        timers = []
        delay_us = self.policy.off_delay_us if self.is_active else self.policy.on_delay_us
        if self.since_us is not None and delay_us is not None:
            timers.append(self.since_us + delay_us)
        if self.is_active and self.policy.quiet_us is not None:
            timers.append(self.last_met_us + self.policy.quiet_us)
        return min((timer for timer in timers if timer <= now_us), default=None)

    def flip(self) -> None:
        self.flips.append(len(self.verdicts))
