"""What a row remembers while something is the matter with it.

Most rows of a city never have one: nothing is pending, in alarm or open. So these few are Python
objects, read and changed one at a time, and the many are columns (`rules.state`).
"""

from __future__ import annotations

import msgspec

UNSET = -(2**63)
"""The time of what has not happened, µs."""


class Live(msgspec.Struct, array_like=True):
    """One row. Times are µs since 1970 of the log, or `UNSET`. Lists by level are blue first."""

    slot: int = -1
    """The row's datastream, so that a checkpoint can be divided by datastreams."""
    active: int = 0
    """Levels in alarm, bit by level."""
    since: list[int] = msgspec.field(default_factory=lambda: [UNSET] * 4)
    """Since when each level is wanted and not in alarm, or in alarm and not wanted."""
    met: list[int] = msgspec.field(default_factory=lambda: [UNSET] * 4)
    """Newest evaluation that met each level; only where quiet ends it."""
    notes: list[list[int]] = msgspec.field(default_factory=lambda: [[], [], [], []])
    """Evaluations that met each level, oldest first; only where it must be met several times."""
    begun_us: int = UNSET
    """What began the present time in alarm."""
    occurrences: list[int] = msgspec.field(default_factory=list)
    """Only for counts: those that still count, oldest first."""
    value: float = float("nan")
    """What was last held against the limits; kept here only in a checkpoint."""
    inhibited: str = ""
    """Why nothing is told; empty: it is told."""
    # The open alert.
    shown: int = 0
    """Its severity as told; 0 without an open alert."""
    raised_us: int = UNSET
    first_us: int = UNSET
    version: int = 0
    announced_us: int = UNSET
    """When it was last told as new or again."""
    returned: bool = False
    """Latched, and the condition is gone."""
    # Over several alerts.
    flapping: bool = False
    raises: list[int] = msgspec.field(default_factory=list)
    """Times of the newest raises; only where flapping is looked for."""
    told_us: int = UNSET
    """Time of its newest transition."""
    calm_us: int = UNSET
    """Since when an alert that flaps has had no level in alarm."""

    @property
    def severity(self) -> int:
        """The highest level in alarm, 1 to 4; 0 for none."""
        return self.active.bit_length()

    @property
    def is_open(self) -> bool:
        """Whether there is an open alert."""
        return self.shown > 0

    @property
    def concerns(self) -> bool:
        """Whether it matters if the row is told: a level is in alarm, or an alert is open."""
        return bool(self.active or self.shown)

    @property
    def is_waiting(self) -> bool:
        """Whether a delay runs."""
        return any(one != UNSET for one in self.since)

    @property
    def is_idle(self) -> bool:
        """Whether it may be forgotten."""
        return self.told_us == UNSET and self.is_calm

    @property
    def is_calm(self) -> bool:
        """Whether nothing is the matter."""
        return not (
            self.active
            or self.shown
            or self.occurrences
            or self.raises
            or self.is_waiting
            or any(self.notes)
        )

    def is_active(self, level: int) -> bool:
        """Whether a level, 0 to 3, is in alarm."""
        return bool(self.active >> level & 1)

    def is_wanted(self, level: int) -> bool:
        """Whether a level was wanted at the last evaluation."""
        return self.is_active(level) == (self.since[level] == UNSET)

    def clone(self) -> Live:
        """Return one that may be changed."""
        return msgspec.structs.replace(
            self,
            since=self.since.copy(),
            met=self.met.copy(),
            notes=[one.copy() for one in self.notes],
            occurrences=self.occurrences.copy(),
            raises=self.raises.copy(),
        )
