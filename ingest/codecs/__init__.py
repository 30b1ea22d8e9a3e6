"""One module for each format of the field; the table of codecs is `ingest.codecs.CODECS`.

A codec turns one payload into what it says (`ingest.codecs.decoded`), names and units still as the
device wrote them. It knows no catalogue and no clock but the time of receipt.
"""

from __future__ import annotations

from typing import Final

from ingest.codecs import senml, senml_cbor, sparkplug, thingsboard
from ingest.codecs.decoded import Decoded, Decoder, Event, Finding, Heard, Measurements, Reply

CODECS: Final[dict[str, Decoder]] = {
    "senml": senml.decode,
    "senml-cbor": senml_cbor.decode,
    "thingsboard": thingsboard.decode,
    "sparkplug": sparkplug.decode,
}
"""Decoder by the last level of the topic `up/{gateway}/{codec}`."""

__all__ = [
    "CODECS", "Decoded", "Decoder", "Event", "Finding", "Heard", "Measurements", "Reply",
]  # fmt: skip
