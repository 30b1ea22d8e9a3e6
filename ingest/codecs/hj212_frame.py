"""Frames of HJ 212: where they begin and end in bytes, and whether they came through unhurt.

A frame is `##`, four digits (length of the segment in bytes), the segment, four hexadecimal digits
(checksum), CR LF. What says where a frame ends is `&&`, checksum, CR LF, or the next `##`: a wrong
length costs one finding, not the frame.

Source:
    HJ 212-2017, 6.3.1 (structure of a packet) and annex A (checksum).
"""

from __future__ import annotations

import re
from enum import Enum
from itertools import pairwise
from typing import Final, NamedTuple

from ingest.codecs.hj212_crc import crc, modbus_crc

START: Final = re.compile(rb"##(?=[^#])")
"""Where a frame begins: the last two of a run of `#`."""

END: Final = re.compile(rb"&&[0-9A-Fa-f]{4}\r\n")
"""How a frame ends."""

LONGEST_SEGMENT: Final = 1024
"""Bytes of the longest segment (6.3.1); longer ones are read, with a finding."""

SHORTEST: Final = 16
"""Bytes below which nothing is a frame, not even a truncated one: no command fits in."""

_LENGTH: Final = re.compile(rb"##([0-9]{0,8})")
_CHECKSUM: Final = re.compile(rb"[0-9A-Fa-f]{4}")
_AROUND: Final = b" \t\r\n\0#"
"""Bytes between frames that nobody minds."""


class Verdict(Enum):
    """What the checksum says of a frame."""

    RIGHT = "right"
    MODBUS = "modbus"
    """Right by the CRC of Modbus."""
    WRONG = "wrong"
    MISSING = "missing"
    """The segment is complete, and no checksum follows."""
    TRUNCATED = "truncated"
    """The segment itself has no end."""


class Deviation(NamedTuple):
    """A finding before anybody knows whose."""

    code: str
    detail: str


class Frame(NamedTuple):
    """One frame of a payload."""

    segment: bytes
    verdict: Verdict
    deviations: tuple[Deviation, ...]
    at: int
    """Where in the payload it begins."""

    @property
    def is_intact(self) -> bool:
        """Whether a checksum proves that it came as it was sent."""
        return self.verdict is Verdict.RIGHT or self.verdict is Verdict.MODBUS


class Scanned(NamedTuple):
    """What a payload consists of."""

    frames: list[Frame]
    garbage: int
    """Bytes that belong to no frame, spaces and line ends not counted."""


def frame(segment: bytes) -> bytes:
    r"""Return a segment with length, checksum and line end.

    >>> frame(b"ST=91;CP=&&&&")
    b'##0013ST=91;CP=&&&&3B80\r\n'

    Raises:
        ValueError: the segment is longer than four digits can say.
    """
    if len(segment) > 9999:
        raise ValueError(f"a segment of {len(segment)} bytes has no frame; split it (PNUM, PNO)")
    return b"##%04d%b%04X\r\n" % (len(segment), segment, crc(segment))


def scan(payload: bytes) -> Scanned:
    """Find the frames of a payload, in their order. Linear in its length."""
    whole = _whole(payload)
    if whole is not None:
        return Scanned([whole], 0)
    frames = []
    edges = [*(match.start() for match in START.finditer(payload)), len(payload)]
    garbage = len(payload[: edges[0]].strip(_AROUND))
    for begin, limit in pairwise(edges):
        if limit - begin < SHORTEST:
            garbage += limit - begin
            continue
        end = END.search(payload, begin, limit)
        one, length = _read(payload[begin : end.end() if end else limit], begin)
        garbage += len(payload[begin + length : limit].strip(_AROUND))
        frames.append(one)
    return Scanned(frames, garbage)


def _whole(payload: bytes) -> Frame | None:
    """Return the frame where a payload is exactly one without a fault, as nearly all are."""
    end = len(payload) - (6 if payload.endswith(b"\r\n") else 4)
    if end < 6 or end - 6 > LONGEST_SEGMENT or payload[:6] != b"##%04d" % (end - 6):
        return None
    segment = payload[6:end]
    if payload[end : end + 4] != b"%04X" % crc(segment):
        return None
    return Frame(segment, Verdict.RIGHT, (), 0)


def _read(chunk: bytes, at: int) -> tuple[Frame, int]:
    """Return what a chunk from `##` on holds, and how many of its bytes that are."""
    told: list[Deviation] = []
    header = _LENGTH.match(chunk)
    digits = header[1] if header else b""
    begin = 2 + len(digits)
    declared = int(digits) if len(digits) == 4 else -1
    if declared < 0:
        shown = digits.decode() or "nothing"
        told.append(
            Deviation("length-malformed", f"length is {shown}; four digits after ## are due")
        )
    verdict, end = _by_length(chunk, begin, declared)
    if verdict is None:
        verdict, end = _by_ampersands(chunk, begin)
    segment = chunk[begin:end]
    if declared not in (-1, len(segment)) and verdict is not Verdict.TRUNCATED:
        told.append(
            Deviation("length-mismatch", f"length says {declared}; the segment has {len(segment)}")
        )
    if len(segment) > LONGEST_SEGMENT:
        told.append(
            Deviation(
                "over-length",
                f"the segment has {len(segment)} bytes; {LONGEST_SEGMENT} are allowed",
            )
        )
    has_checksum = verdict not in (Verdict.MISSING, Verdict.TRUNCATED)
    told += _of_checksum(verdict, segment, chunk[end : end + 4])
    return Frame(segment, verdict, tuple(told), at), end + 4 * has_checksum


def _by_length(chunk: bytes, begin: int, declared: int) -> tuple[Verdict | None, int]:
    """Take the length at its word; no verdict where the checksum does not confirm it."""
    end = begin + declared
    if declared < 0 or not _CHECKSUM.fullmatch(chunk, end, end + 4):
        return None, 0
    verdict = _verdict(chunk[begin:end], chunk[end : end + 4])
    return (verdict, end) if verdict is not Verdict.WRONG else (None, 0)


def _by_ampersands(chunk: bytes, begin: int) -> tuple[Verdict, int]:
    """Let the segment end behind the last `&&`, which must not be that of `CP=&&`."""
    opening = chunk.find(b"CP=&&", begin)
    end = chunk.rfind(b"&&", begin) + 2
    if opening < 0 or end < opening + 7:
        return Verdict.TRUNCATED, len(chunk.rstrip(_AROUND))
    if not _CHECKSUM.fullmatch(chunk, end, end + 4):
        return Verdict.MISSING, end
    return _verdict(chunk[begin:end], chunk[end : end + 4]), end


def _verdict(segment: bytes, checksum: bytes) -> Verdict:
    told = int(checksum, 16)
    if told == crc(segment):
        return Verdict.RIGHT
    return Verdict.MODBUS if told == modbus_crc(segment) else Verdict.WRONG


def _of_checksum(verdict: Verdict, segment: bytes, checksum: bytes) -> list[Deviation]:
    if verdict is Verdict.RIGHT and checksum.upper() == checksum:
        return []
    shown = checksum.decode("ascii", "replace")
    due = f"{crc(segment):04X}"
    if verdict is Verdict.TRUNCATED:
        return [Deviation("truncated", f"ends after {len(segment)} bytes; && and checksum are due")]
    if verdict is Verdict.MISSING:
        return [Deviation("crc-missing", f"no checksum after the last &&; {due} is due")]
    told = []
    if verdict is Verdict.WRONG:
        told.append(Deviation("crc-mismatch", f"checksum is {shown}; {due} is due"))
    if verdict is Verdict.MODBUS:
        told.append(
            Deviation(
                "crc-modbus", f"checksum {shown} is the CRC of Modbus; {due} is due (annex A)"
            )
        )
    if shown != shown.upper():
        told.append(Deviation("crc-lower-case", f"checksum {shown} is due in upper case"))
    return told
