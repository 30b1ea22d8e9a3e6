"""What does not balance: counted by kind, the first few by name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Final

from storage.instants import instant

KINDS: Final[Mapping[str, str]] = {
    "not_arrived": "packs acknowledged, unknown to the database",
    "missing": "readings acknowledged, neither stored nor quarantined",
    "changed": "readings stored with another value",
    "doubled": "readings stored more than once",
    "unknown": "readings stored that were never sent",
    "torn": "packs not acknowledged and stored in part",
    "not_refused": "bad readings acknowledged, not in quarantine",
    "refused_otherwise": "bad readings in quarantine in another number",
    "unknown_refused": "rows of the quarantine that nobody sent",
}
"""What `ioc ledger` finds with a journal, in the order of showing."""


class Findings:
    """Collects; of each kind the first `limit` are named."""

    def __init__(self, limit: int) -> None:
        """Start with nothing found."""
        self._limit = limit
        self.counts: Counter[str] = Counter()
        self.examples: dict[str, list[dict[str, Any]]] = {}

    def room(self, kind: str) -> int:
        """Return how many more of a kind would be named."""
        return self._limit - len(self.examples.get(kind, ()))

    def add(self, kind: str, count: int, examples: Iterable[dict[str, Any]]) -> None:
        """Count what was found, and keep as many examples as there is room for."""
        if count:
            self.counts[kind] += count
            kept = self.examples.setdefault(kind, [])
            kept += list(examples)[: self.room(kind)]

    def facts(self) -> dict[str, Any]:
        """Return every kind with its count and examples."""
        return {
            kind: {"count": self.counts[kind], "first": self.examples.get(kind, [])}
            for kind in KINDS
        }


def pack(gateway: str, boot: str, seq: int) -> dict[str, Any]:
    """Return the id of a pack as facts."""
    return {"gateway": gateway, "boot": boot, "seq": seq}


def reading(slot: int, time_us: int, value: float, names: Mapping[int, str]) -> dict[str, Any]:
    """Return the id and the result of a reading as facts."""
    return {"datastream": names.get(slot, f"#{slot}"), "time": iso(time_us), "value": value}


def iso(time_us: int) -> str:
    """Return a time as a text, to the µs."""
    return instant(time_us).isoformat(timespec="microseconds")
