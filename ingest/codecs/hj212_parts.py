"""Whether a payload is one packet of an HJ 212 message that came in several."""

from __future__ import annotations

from ingest.codecs.decoded import Heard
from ingest.codecs.hj212_frame import scan
from ingest.codecs.hj212_segment import parse
from ingest.codecs.parts import Part

_HEARD = Heard()


def part_of(payload: bytes) -> Part | None:
    """Return which packet of which message a payload is.

    The payloads of all packets, one behind the other in order of their numbers, decode as one
    message.

    Returns:
        None where the payload has no frame or several, or one that is whole by itself; also where
        its checksum is wrong or it lacks QN, so that nobody can tell what it belongs to.
    """
    if b"PNO=" not in payload:
        return None
    frames = scan(payload).frames
    if len(frames) != 1 or not frames[0].is_intact:
        return None
    one = parse(frames[0], _HEARD)
    if not (one.is_part and one.qn and one.mn):
        return None
    # Without QN: the standard's own example gives each packet one of its own (C.39, C.40).
    return Part(f"{one.mn} {one.cn}", one.number, one.total)
