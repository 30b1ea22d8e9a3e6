"""Judge measurements: which become observations, which are refused and why.

Knows the catalogue. Nothing is lost here: every measurement is in exactly one of the two results.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

from devices import DOMAINS, PROPERTIES, Catalogue, Quality
from devices.refusal import Reason
from ingest.codecs import Measurement

Row = tuple[int, int, float, int]
"""Slot, phenomenon time in µs, result, quality: as `devices.record.columns` takes it."""

UNKNOWN_DOMAIN = "unknown"
"""Domain of what cannot be attributed to a datastream."""

_SHOWN = 5
"""Measurements a refusal's detail describes; the others are in its raw bytes."""


@dataclass(slots=True)
class Refused:
    """Measurements of one message refused for one reason in one domain."""

    reason: Reason
    domain: str
    details: list[str]
    rows: list[int] = field(default_factory=list)
    """Numbers of the measurements; empty for the message as a whole."""

    @property
    def readings(self) -> int:
        """How many are refused; a message as a whole counts as one."""
        return len(self.rows) or 1

    @property
    def detail(self) -> str:
        """The first few in words."""
        more = self.readings - len(self.details)
        return "; ".join(self.details) + (f"; and {more} more" if more else "")


def judge(
    catalogue: Catalogue,
    gateway: str,
    numbered: Iterable[tuple[int, Measurement]],
    latest_us: int,
) -> tuple[list[Row], list[Refused]]:
    """Sort measurements into rows and refusals.

    Args:
        catalogue: what exists.
        gateway: who published them.
        numbered: measurements in the order of the message, each with its number there.
        latest_us: the last phenomenon time that is not in the future, inclusive, µs since 1970.

    Returns:
        Rows in the order of the message, and refusals by reason and domain.
    """
    rows: list[Row] = []
    refused: dict[tuple[Reason, str], Refused] = {}

    def refuse(reason: Reason, domain: str, index: int, detail: str) -> None:
        one = refused.setdefault((reason, domain), Refused(reason, domain, []))
        one.rows.append(index)
        if len(one.details) < _SHOWN:
            one.details.append(f"[{index}] {detail}")

    for index, (name, time_us, value, unit, finding) in numbered:
        slot = catalogue.slot_of.get(name)
        if slot is None or catalogue.gateway_of[slot] != gateway:
            owner = "nobody" if slot is None else catalogue.gateway_of[slot]
            refuse(
                Reason.UNKNOWN_DATASTREAM, UNKNOWN_DOMAIN, index,
                f"{name!r} belongs to {owner}, not to {gateway}",
            )  # fmt: skip
            continue
        domain = DOMAINS[catalogue.domain[slot]]
        if not math.isfinite(value):
            refuse(Reason.NOT_A_NUMBER, domain, index, f"{name} {finding or 'is not finite'}")
            continue
        canonical = PROPERTIES[catalogue.datastreams[slot].observed_property].unit
        if unit and unit != canonical:
            refuse(Reason.WRONG_UNIT, domain, index, f"{name} is in {unit!r}; send {canonical!r}")
            continue
        low, high = catalogue.physical_min[slot], catalogue.physical_max[slot]
        if not low <= value <= high:
            refuse(
                Reason.OUT_OF_PHYSICAL_RANGE, domain, index,
                f"{name} is {value:g} {canonical}; the instrument gives {low:g} to {high:g}",
            )  # fmt: skip
            continue
        if time_us > latest_us:
            ahead = (time_us - latest_us) / 1e6
            refuse(
                Reason.FUTURE, domain, index,
                f"{name} is {ahead:.1f} s beyond what the clocks may differ",
            )  # fmt: skip
            continue
        rows.append((slot, time_us, value, int(Quality.GOOD)))
    return rows, list(refused.values())
