"""The clock of a case: which limit runs, when it is amber and when it is over.

A case has one clock at a time. It is replaced, never changed: every function gives a new one with
the two instants worked out, so that whoever reads a stored case needs no calendar.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from devices.working_hours import WorkingHours
from dispatch.cases.limits import Limit, counted_us, reached_us


class ClockName(StrEnum):
    """What has a limit."""

    FILING = "filing"
    """立案: from the report until it is filed or not."""
    DISPATCH = "dispatch"
    """派遣: from filing until a department has it."""
    HANDLING = "handling"
    """处置: from dispatch until the department reports back."""
    VERIFICATION = "verification"
    """核查: from there until the case is closed, or sent back."""


class Light(StrEnum):
    """How a clock stands."""

    GREEN = "green"
    AMBER = "amber"
    """A share of the limit is used up (预警)."""
    RED = "red"
    """The limit is over (超期)."""
    PAUSED = "paused"
    """It does not run (挂账), and was not over when it stopped."""


class Clock(msgspec.Struct, frozen=True):
    """A limit that runs."""

    name: ClockName
    is_working: bool
    """It counts working hours only; else all hours."""
    length_us: int
    """Of the limit with its extensions, in its own time."""
    amber_us: int
    """In its own time: after so much of it the clock is amber."""
    runs: tuple[tuple[int, int | None], ...]
    """From and to, µs since 1970; without an end it runs."""
    amber_at_us: int | None
    """µs since 1970; from then on it is amber. None while it is paused before."""
    due_us: int | None
    """µs since 1970; after it the limit is over. None while it is paused before."""

    @property
    def is_paused(self) -> bool:
        """Whether it does not run."""
        return self.runs[-1][1] is not None

    def light(self, at_us: int) -> Light:
        """Return how it stands at a time, µs since 1970, not before it was made so."""
        if self.is_late(at_us):
            return Light.RED
        if self.is_paused:
            return Light.PAUSED
        is_amber = self.amber_at_us is not None and at_us >= self.amber_at_us
        return Light.AMBER if is_amber else Light.GREEN

    def is_late(self, at_us: int) -> bool:
        """Return whether what is done at a time comes too late; at `due_us` it does not."""
        return self.due_us is not None and at_us > self.due_us

    def left_us(self, at_us: int, hours: WorkingHours) -> int:
        """Return how much of the limit is left at a time, in its own time; below 0: over.

        Args:
            at_us: µs since 1970, not before the clock was made so.
            hours: the district's.
        """
        own = hours if self.is_working else None
        return self.length_us - sum(
            counted_us(from_us, at_us if to_us is None else to_us, own)
            for from_us, to_us in self.runs
        )


def start(
    name: ClockName, limit: Limit, amber_share: float, at_us: int, hours: WorkingHours
) -> Clock:
    """Return a clock that begins to run.

    Args:
        name: what it limits.
        limit: how long.
        amber_share: of the limit, above 0 and at most 1, after which it is amber.
        at_us: when, µs since 1970.
        hours: the district's.
    """
    length_us = limit.length_us(hours)
    amber_us = round(length_us * amber_share)
    fresh = Clock(name, limit.unit.is_working, length_us, amber_us, ((at_us, None),), None, None)
    return _settled(fresh, hours)


def pause(clock: Clock, at_us: int, hours: WorkingHours) -> Clock:
    """Return the clock, stopped at a time.

    Raises:
        ValueError: it is stopped already.
    """
    *before, (from_us, to_us) = clock.runs
    if to_us is not None:
        raise ValueError("the clock is paused already; resume it first")
    return _settled(msgspec.structs.replace(clock, runs=(*before, (from_us, at_us))), hours)


def resume(clock: Clock, at_us: int, hours: WorkingHours) -> Clock:
    """Return the clock, running again from a time with what was left.

    Raises:
        ValueError: it runs.
    """
    if not clock.is_paused:
        raise ValueError("the clock runs; only a paused one can be resumed")
    return _settled(msgspec.structs.replace(clock, runs=(*clock.runs, (at_us, None))), hours)


def extend(clock: Clock, limit: Limit, hours: WorkingHours) -> Clock:
    """Return the clock with a longer limit; what is left before it gets red grows, amber moves too.

    Raises:
        ValueError: the extension is not in the clock's own time.
    """
    if limit.unit.is_working != clock.is_working:
        raise ValueError(f"{limit.en} is not of this clock's time; extend it in its own")
    more_us = limit.length_us(hours)
    length_us = clock.length_us + more_us
    amber_us = clock.amber_us + more_us
    return _settled(msgspec.structs.replace(clock, length_us=length_us, amber_us=amber_us), hours)


def _settled(clock: Clock, hours: WorkingHours) -> Clock:
    """Return the clock with its two instants."""
    own = hours if clock.is_working else None
    return msgspec.structs.replace(
        clock,
        amber_at_us=reached_us(clock.runs, clock.amber_us, own),
        due_us=reached_us(clock.runs, clock.length_us, own),
    )
