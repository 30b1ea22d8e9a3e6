"""Packets of a set that come in messages of their own."""

from __future__ import annotations

from ingest.codecs.parts import Part
from ingest.codecs.sl651_frame import Check
from ingest.codecs.sl651_notes import Notes
from ingest.codecs.sl651_scan import scan, unhex

LONGEST_PACKET = 1 << 16
"""Bytes of a payload beyond which it is more than one packet, spelled in hexadecimal or not."""


def part_of(payload: bytes) -> Part | None:
    """Return which packet of which set a payload is; None where it is not just one packet.

    Only the first packet of a set has a serial number, so the key cannot tell two sets of the same
    station, function and size apart. A packet with a wrong check is none: nobody knows whose it is.
    """
    if len(payload) > LONGEST_PACKET:
        return None
    frames = scan(unhex(payload) or payload, Notes())
    if len(frames) != 1:
        return None
    one = frames[0]
    if one.check is Check.WRONG or one.is_down or not 1 <= one.number <= one.total or one.total < 2:
        return None
    return Part(
        f"{one.station}-{one.centre:02X}-{one.function:02X}-{one.total}", one.number, one.total
    )
