"""A pack: one MQTT message of a field gateway, and what the simulator knows about it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from devices import DOMAINS, Catalogue
from ingest.uplink import Identity
from simulators.dirt import Dirt
from simulators.senml_packs import PackDraft


@dataclass(frozen=True, slots=True, eq=False)
class Pack:
    """One MQTT message."""

    gateway: str
    boot: str
    seq: int
    payload: bytes
    good: PackDraft | None = None
    """Readings that must be stored; None for a payload that cannot be read."""
    dirt: tuple[Dirt, ...] = ()
    """Readings that must be refused."""
    made_us: int = 0
    """Start of the stretch of time that its good readings lie in, µs since 1970, inclusive."""
    protocol: str = "senml"
    """What the payload is written in."""

    @property
    def topic(self) -> str:
        """Where it is published."""
        return f"up/{self.gateway}/{self.protocol}"

    @property
    def identity(self) -> Identity:
        """What the line knows it by."""
        return self.gateway, self.boot, self.seq

    def readings(self, catalogue: Catalogue) -> dict[str, int]:
        """Return how many good readings it has, by domain."""
        if self.good is None:
            return {}
        counts = np.bincount(catalogue.domain[self.good.slot], minlength=len(DOMAINS))
        return dict(zip(DOMAINS, counts.tolist(), strict=True))
