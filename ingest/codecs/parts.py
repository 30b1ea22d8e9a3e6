"""Parts of messages that a protocol sends in several pieces."""

from __future__ import annotations

from typing import NamedTuple


class Part(NamedTuple):
    """One piece of a message that is complete only with the others."""

    key: str
    """What all pieces of one message share, and no other message of the same sender."""
    number: int
    """Which piece, from 1."""
    total: int
    """How many pieces the message has, more than 1."""
