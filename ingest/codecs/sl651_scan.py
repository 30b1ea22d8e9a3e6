"""From a payload to frames: glued, with anything between, in bytes or as hexadecimal text."""

from __future__ import annotations

import re
from typing import Final

from ingest.codecs.sl651_frame import (
    AROUND_BYTES,
    HEADER_BYTES,
    START,
    Check,
    Frame,
    check_of,
    declared_length,
    read,
)
from ingest.codecs.sl651_notes import Notes
from ingest.codecs.sl651_stream import Framer, Span

_HEX_TEXT: Final = re.compile(rb"7[Ee]\s*7[Ee][0-9A-Fa-f\s]*")
_AROUND: Final = b" \t\r\n\0"
"""Bytes between frames that nobody minds."""


def unhex(payload: bytes) -> bytes:
    r"""Return the bytes that a payload spells in hexadecimal; empty where it spells no frame.

    >>> unhex(b"7E7E 01 00")
    b'~~\x01\x00'
    """
    if START in payload:
        return b""
    runs = [b"".join(run.split()).decode("ascii") for run in _HEX_TEXT.findall(payload)]
    return b"".join(bytes.fromhex(run[: len(run) & ~1]) for run in runs)


def scan(raw: bytes, notes: Notes) -> list[Frame]:
    """Return the frames of a payload, broken ones included; note what is wrong with each.

    A frame whose length is wrong and whose check is right up to the next start, or to the end, is
    whole. Linear in the length of the payload.
    """
    spans = _spans(raw)
    frames = []
    after = 0
    for index, span in enumerate(spans):
        _note_garbage(raw[after : span.start], after, notes)
        limit = spans[index + 1].start if index + 1 < len(spans) else len(raw)
        whole = _rescued(raw, span, limit)
        after = whole.end
        notes.device = ""
        if whole.end - whole.start < HEADER_BYTES:
            notes.tell("truncated", f"byte {whole.start}: a frame ends within its header")
            continue
        one = read(raw[whole.start : whole.end], whole.check)
        notes.device = one.station
        _note_check(one, whole, notes)
        frames.append(one)
    _note_garbage(raw[after:], after, notes)
    return frames


def _spans(raw: bytes) -> list[Span]:
    is_one = len(raw) >= AROUND_BYTES and raw.startswith(START) and raw.find(START, 1) < 0
    if is_one and AROUND_BYTES + declared_length(raw, 0) == len(raw):
        # One frame and nothing else, as most payloads are.
        return [Span(0, len(raw), check_of(raw, 0, len(raw)))]
    framer = Framer()
    return framer.spans(raw) + framer.rest()


def _rescued(raw: bytes, span: Span, limit: int) -> Span:
    if span.check is Check.WRONG and limit - span.start >= AROUND_BYTES:
        check = check_of(raw, span.start, limit)
        if check is not Check.WRONG:
            return Span(span.start, limit, check)
    return span


def _note_check(one: Frame, span: Span, notes: Notes) -> None:
    has = span.end - span.start - AROUND_BYTES
    if one.check is Check.SWAPPED:
        notes.tell("crc-swapped", "the check has its low byte first; the high byte is due first")
    if one.check is not Check.WRONG:
        if has != one.declared:
            notes.tell(
                "length-mismatch",
                f"byte {span.start + 11}: the header says {one.declared} bytes; there are {has}",
            )
    elif has < one.declared:
        notes.tell(
            "truncated",
            f"byte {span.start}: {one.declared - has} bytes of the frame are missing",
        )
    else:
        notes.tell("crc-mismatch", f"byte {span.end - 2}: the check is wrong; not answered")


def _note_garbage(between: bytes, at: int, notes: Notes) -> None:
    if size := len(between.strip(_AROUND)):
        notes.device = ""
        notes.tell("garbage", f"byte {at}: {size} bytes belong to no frame")
