"""A rule set: compiled rules over the datastreams of one city, immutable.

The engine works on subjects, the positions of a rule's datastreams in ascending order of slot.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from devices import Catalogue
from rules.kinds import Condition


@dataclass(frozen=True, slots=True, eq=False)
class CompiledRule:
    """One rule, ready to run; s subjects."""

    id: str
    version: int
    domain: str
    slots: NDArray[np.int32]
    """(s,) datastream of each subject, ascending."""
    position: NDArray[np.int32]
    """(datastreams of the city,) subject of each slot, -1 where the rule does not apply."""
    condition: Condition
    on_delay_us: int
    """How long a level must be wanted before it is in alarm (ISA-18.2 on-delay), µs."""
    off_delay_us: int
    """How long it must be unwanted before it is out of alarm, µs."""
    limit_names: tuple[str, str, str, str]
    """Where the limit of each level comes from: a limit of the station, or `rule`."""
    message_zh: str
    message_en: str

    @property
    def n(self) -> int:
        """Number of subjects."""
        return int(self.slots.shape[0])


@dataclass(frozen=True, slots=True, eq=False)
class RuleSet:
    """All rules in force together."""

    catalogue: Catalogue
    rules: tuple[CompiledRule, ...]
    """In the order of their ids, so that transitions of one reading have one order."""
    digest: str
    """SHA-256 of the texts, hexadecimal: which rules judged."""
