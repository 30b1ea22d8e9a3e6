"""A message as it was received, from whatever line."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from ingest.codecs import Decoded, Reply

Back: TypeAlias = Callable[[Sequence[Reply]], None]
"""Says that a message is safe, and hands over what the protocol wants answered. Called once, in
the event loop, and never raises."""


class Message(NamedTuple):
    """One message. A tuple, because tens of thousands are made in a second."""

    topic: str
    payload: bytes
    properties: Mapping[str, str]
    """MQTT 5 user properties; the last of a name counts."""
    received_us: int
    """Our clock, µs since 1970."""
    packet_id: int = 0
    """Under which MQTT wants it acknowledged; 0 where nothing is to be acknowledged."""
    epoch: int = 0
    """Which MQTT connection delivered it."""
    response_topic: str = ""
    """Where its publisher wants to hear that it is safe; empty where it does not ask."""
    told: Decoded | None = None
    """What it says, where somebody had to know that already."""
    back: Back | None = None
    """The way back for what did not come by MQTT."""
