"""What was sent and what was acknowledged, in numbers."""

from __future__ import annotations

import collections
from typing import Any

from devices import DOMAINS, Catalogue
from simulators import dirt
from simulators.pack import Pack


class Tally:
    """Packs and readings, counted by domain and by kind of dirt."""

    def __init__(self, catalogue: Catalogue) -> None:
        """Start at nothing."""
        self._catalogue = catalogue
        self._packs = 0
        self._readings = collections.Counter[str]({name: 0 for name in DOMAINS})
        self._kinds = collections.Counter[str]({name: 0 for name in dirt.KINDS})
        self._domains = collections.Counter[str](
            {name: 0 for name in (*DOMAINS, dirt.UNKNOWN_DOMAIN)}
        )

    def add(self, pack: Pack) -> None:
        """Count a pack with all that is in it."""
        self._packs += 1
        self._readings.update(pack.readings(self._catalogue))
        for one in pack.dirt:
            self._kinds[one.kind] += 1
            self._domains[one.domain] += 1

    def facts(self) -> dict[str, Any]:
        """Return good readings by domain, bad ones by kind and by domain."""
        return {
            "packs": self._packs,
            "readings": dict(self._readings),
            "dirt": dict(self._kinds),
            "dirt_domains": dict(self._domains),
        }
