"""How far the sink is: asked by the gateway, answered by whoever knows the database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Sent:
    """A message that the log has acknowledged."""

    id: int
    """In the spool."""
    gateway: str
    boot: str
    seq: int
    """Identity as in `devices.record.Pack`."""
    refusals: int
    """Refusals it led to: rows that must be in quarantine."""


class Progress(Protocol):
    """What the sink has stored."""

    async def stored(self, sent: Sequence[Sent]) -> set[int]:
        """Return the ids of those that are stored as a whole.

        Never raises: where the sink cannot be asked, nothing is known to be stored.
        """
        ...
