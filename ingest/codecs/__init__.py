"""One module for each format of the field; the table of codecs is `ingest.codecs.CODECS`.

A codec turns one payload into what it says (`ingest.codecs.decoded`), names and units still as the
device wrote them. It knows no catalogue and no clock but the time of receipt.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from ingest.codecs import (
    camera,
    gb28181,
    hj212,
    hj212_parts,
    hj212_stream,
    senml,
    senml_cbor,
    sl651,
    sl651_parts,
    sl651_stream,
    sparkplug,
    sparkplug_session,
    thingsboard,
)
from ingest.codecs.decoded import Decoded, Decoder, Event, Finding, Heard, Measurements, Reply
from ingest.codecs.receiving import Framer, PartOf, SessionCodec

CODECS: Final[dict[str, Decoder]] = {
    "camera": camera.decode,
    "gb28181": gb28181.decode,
    "hj212": hj212.decode,
    "senml": senml.decode,
    "senml-cbor": senml_cbor.decode,
    "sl651": sl651.decode,
    "sparkplug": sparkplug.decode,
    "thingsboard": thingsboard.decode,
}
"""Decoder by the last level of the topic `up/{gateway}/{codec}`."""

ANSWERING: Final = {"hj212", "sl651"}
"""Codecs whose replies are in the payload itself: these are decoded at receipt."""

PARTS: Final[dict[str, PartOf]] = {"hj212": hj212_parts.part_of, "sl651": sl651_parts.part_of}
"""Codecs that send one message in several payloads."""

ANSWERING_SETS: Final = {"sl651"}
"""Those of `PARTS` that answer a set of pieces once, and no piece by itself."""

REUSED_KEYS: Final = {"hj212", "sl651"}
"""Those of `PARTS` whose next set of pieces has the same key: only the order tells them apart."""

FRAMERS: Final[dict[str, Callable[[], Framer]]] = {
    "hj212": hj212_stream.Framer,
    "sl651": sl651_stream.Framer,
}
"""Codecs that also come as a stream of bytes over TCP."""

SESSIONS: Final[dict[str, SessionCodec]] = {
    "sparkplug": SessionCodec(
        sparkplug_session.step, sparkplug_session.encode_session, sparkplug_session.decode_session
    ),
}
"""Codecs whose payloads need what earlier ones of the same gateway said."""

__all__ = [
    "ANSWERING", "ANSWERING_SETS", "CODECS", "FRAMERS", "PARTS", "REUSED_KEYS", "SESSIONS",
    "Decoded", "Decoder", "Event", "Finding", "Heard", "Measurements", "Reply",
]  # fmt: skip
