"""One module for each format of the field; the table of codecs is `ingest.codecs.CODECS`.

A codec turns one payload into what it says (`ingest.codecs.decoded`), names and units still as the
device wrote them. It knows no catalogue and no clock but the time of receipt.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from ingest.codecs import senml
from ingest.codecs.decoded import Decoded, Decoder, Event, Finding, Heard, Measurements, Reply
from ingest.codecs.receiving import Framer, PartOf, SessionCodec

CODECS: Final[dict[str, Decoder]] = {"senml": senml.decode}
"""Decoder by the last level of the topic `up/{gateway}/{codec}`."""

ANSWERING: Final = frozenset({"hj212", "sl651"})
"""Codecs whose replies are in the payload itself: these are decoded at receipt."""

PARTS: Final[dict[str, PartOf]] = {}
"""Codecs that send one message in several payloads."""

FRAMERS: Final[dict[str, Callable[[], Framer]]] = {}
"""Codecs that also come as a stream of bytes over TCP."""

SESSIONS: Final[dict[str, SessionCodec]] = {}
"""Codecs whose payloads need what earlier ones of the same gateway said."""

__all__ = [
    "ANSWERING", "CODECS", "FRAMERS", "PARTS", "SESSIONS", "Decoded", "Decoder", "Event",
    "Finding", "Heard", "Measurements", "Reply",
]  # fmt: skip
