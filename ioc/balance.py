"""Whether what came in is accounted for: received = stored + quarantined + duplicate.

Both sides count by domain and by window of receipt, and only windows that are closed are
compared, so the sums must agree while messages keep coming.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


class Counted(Protocol):
    """What became of readings; `storage.commit.Counted` is one."""

    @property
    def stored(self) -> int: ...  # noqa: D102 # says it itself
    @property
    def quarantined(self) -> int: ...  # noqa: D102
    @property
    def duplicate(self) -> int: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Line:
    """One domain's account, in readings."""

    received: int
    stored: int
    quarantined: int
    duplicate: int

    @property
    def in_flight(self) -> int:
        """Received and not accounted for yet; negative would mean that something was invented."""
        return self.received - self.stored - self.quarantined - self.duplicate


def compare(received: Mapping[str, int], counted: Mapping[str, Counted]) -> dict[str, Line]:
    """Return the account of each domain that either side knows, in order of name.

    Args:
        received: readings by domain, from the gateway.
        counted: what became of them, from the database, for the same windows.

    >>> compare({"water": 3}, {})["water"].in_flight
    3
    """
    nothing = Line(0, 0, 0, 0)
    return {
        domain: Line(
            received.get(domain, 0),
            (one := counted.get(domain, nothing)).stored,
            one.quarantined,
            one.duplicate,
        )
        for domain in sorted(received.keys() | counted.keys())
    }
