"""A rule set: compiled rules over the datastreams of one city, immutable.

What the language makes (`CompiledRule`) and what the engine needs. A rule's subjects are numbered
in the order of `slots`; a *row* of the engine is one subject of one rule.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from devices import Catalogue, Quality
from rules.policy import Policy


@dataclass(frozen=True, slots=True, eq=False)
class CompiledRule:
    """One rule, ready to run; s subjects."""

    id: str
    version: int
    domain: str
    kind: str
    """Key of `rules.kinds.KINDS`."""
    parameters: Any
    """What the kind needs besides limits: the dataclass of its module in `rules.kinds`."""
    slots: NDArray[np.int32]
    """(s,) datastream of each subject, ascending and distinct where subjects are datastreams; else
    the first of its datastreams."""
    subjects: tuple[str, ...] | None
    """(s,) ids of gateways, places or devices; None where subjects are the datastreams."""
    on: NDArray[np.float64]
    """(u, 4) distinct limits by level, NaN where there is no such level."""
    off: NDArray[np.float64]
    """(u, 4) the same with the hysteresis taken off."""
    limits: NDArray[np.int32]
    """(s,) row of `on` and `off` for each subject."""
    limit_names: tuple[str, str, str, str]
    """Where the limit of each level comes from: a limit of the station, or `rule`."""
    falling: bool
    """In alarm at or below the limits instead of at or above them."""
    gate: tuple[Quality, ...]
    """Qualities that are judged, ascending."""
    policy: Policy
    value_unit: str
    """Unit of limits and values, as people read it."""
    value_decimals: int
    """Digits after the point that mean something of a value."""
    message_zh: str
    message_en: str
    plan: str = ""
    skill: str = ""

    @property
    def n(self) -> int:
        """Number of subjects."""
        return int(self.slots.shape[0])

    def subject(self, index: int, catalogue: Catalogue) -> str:
        """Return the id of a subject."""
        if self.subjects is not None:
            return self.subjects[index]
        return catalogue.datastreams[int(self.slots[index])].id
