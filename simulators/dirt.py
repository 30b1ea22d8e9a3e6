"""Dirt: what broken devices and drivers send, in known numbers.

The share is per reading and drawn from a generator that the caller hands in. Every bad reading is
sent beside a good one, never instead of it, so what was sent is exactly good plus bad.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from devices import DOMAINS, PROPERTIES, Catalogue
from devices.refusal import Reason
from simulators.senml_packs import PackDraft, Record

KINDS: Final = ("malformed", "unknown_device", "null_value", "out_of_range", "future")
"""Kinds of dirt, as the publisher counts them."""

REASON: Final = {
    "malformed": Reason.UNDECODABLE,
    "unknown_device": Reason.UNKNOWN_DATASTREAM,
    "null_value": Reason.NOT_A_NUMBER,
    "out_of_range": Reason.OUT_OF_PHYSICAL_RANGE,
    "future": Reason.FUTURE,
}
"""What the line must say about each kind."""

UNKNOWN_DOMAIN: Final = "unknown"
"""Domain of dirt that no datastream can be told for."""

MALFORMED: Final = b'[{"bn":"gw-0/","n":"water_level","v":3.'
"""A payload that was cut off on its way."""

_AHEAD_S: Final = 86_400.0


@dataclass(frozen=True, slots=True)
class Dirt:
    """One bad reading."""

    kind: str
    """One of `KINDS`."""
    domain: str
    """Domain of its datastream, or `unknown`."""
    record: Record | None
    """What goes at the end of a pack; None for a payload of its own (`MALFORMED`)."""
    slot: int = -1
    """Datastream that it claims to be of; -1 where there is none."""
    time_us: int = 0
    """Phenomenon time that it claims, µs since 1970."""
    value: float = math.nan
    """Result that it claims; NaN where it has none."""


def pick(
    catalogue: Catalogue, draft: PackDraft, share: float, generator: np.random.Generator
) -> Sequence[Dirt]:
    """Return the bad readings that go with a pack, mostly none.

    Args:
        catalogue: whose datastreams are spoilt.
        draft: the good readings.
        share: bad readings for each good one.
        generator: where chance comes from.
    """
    if share <= 0:
        return ()
    rows = np.flatnonzero(generator.random(len(draft.slot)) < share)
    return [
        _spoil(catalogue, draft, int(row), KINDS[int(generator.integers(len(KINDS)))])
        for row in rows
    ]


def _spoil(catalogue: Catalogue, draft: PackDraft, row: int, kind: str) -> Dirt:
    slot = int(draft.slot[row])
    one = catalogue.datastreams[slot]
    domain = DOMAINS[catalogue.domain[slot]]
    time_us = int(draft.time_us[row])
    base_s = int(draft.time_us[0]) // 1_000_000
    good = Record(
        bn=f"{one.device}/",
        n=one.observed_property,
        u=PROPERTIES[one.observed_property].unit,
        v=float(draft.value[row]),
        t=(time_us - base_s * 1_000_000) / 1e6,
    )
    if kind == "malformed":
        return Dirt(kind, UNKNOWN_DOMAIN, None)
    if kind == "unknown_device":
        good.bn = f"{draft.gateway}-replaced/"
        domain, slot = UNKNOWN_DOMAIN, -1
    elif kind == "null_value":
        good.v = None
    elif kind == "out_of_range":
        span = float(catalogue.physical_max[slot] - catalogue.physical_min[slot])
        good.v = float(catalogue.physical_max[slot]) + max(1.0, span)
    else:
        good.t = (good.t or 0.0) + _AHEAD_S
        time_us += int(_AHEAD_S * 1e6)
    value = good.v if isinstance(good.v, float) else math.nan
    return Dirt(kind, domain, good, slot, time_us, value)
