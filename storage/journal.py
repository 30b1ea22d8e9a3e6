"""The engine's inputs, as they were judged."""

from __future__ import annotations

from dataclasses import dataclass

from storage.ledger import Partition


@dataclass(frozen=True, slots=True)
class Judged:
    """What the engine was given of one partition in one transaction."""

    partition: Partition
    next_offset: int
    first_us: int
    last_us: int
    rules: str
    catalogue: str
    inputs: bytes
    state: bytes | None
