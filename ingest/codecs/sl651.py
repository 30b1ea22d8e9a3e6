"""SL 651: hydrological stations, frames in HEX/BCD.

A payload holds any number of frames, with anything between them, as bytes or spelled in
hexadecimal; packets of one set are read as one. What deviates is a finding and never stops the
rest. Frames in ASCII (SOH, 01) are not read.

Source:
    SL 651-2014.
"""

from __future__ import annotations

from typing import Final

from ingest.codecs.decoded import Decoded, Event, Heard, Reply, Value, measurements
from ingest.codecs.sl651_answers import answer
from ingest.codecs.sl651_body import FUNCTIONS, HEAD_BYTES, BodyReader
from ingest.codecs.sl651_frame import UP_ENDS, Check, Frame
from ingest.codecs.sl651_messages import Message, messages
from ingest.codecs.sl651_notes import Notes
from ingest.codecs.sl651_scan import scan, unhex

LONGEST_PAYLOAD: Final = 1 << 20
"""Bytes of the longest payload that is looked at."""


def decode(payload: bytes, heard: Heard) -> Decoded:
    """Decode a payload.

    Args:
        payload: frames.
        heard: its zone counts for all times; its receipt goes into answers.

    >>> told = decode(bytes.fromhex("7E7E010010100001A00032002B02000C200724172349F1F10010100001"
    ...     "48F0F020072417232019000130221900004039230000055038121268038397"), Heard())
    >>> told.measurements.key[2], float(told.measurements.value[2])
    ('0010100001/water_level', 0.55)
    """
    if len(payload) > LONGEST_PAYLOAD:
        return Decoded(
            unusable=f"{len(payload)} bytes are more than {LONGEST_PAYLOAD}; send frames singly"
        )
    notes = Notes()
    spelled = unhex(payload)
    if spelled:
        notes.tell("hex-text", "the frame is spelled in hexadecimal; send its bytes")
    frames = [one for one in scan(spelled or payload, notes) if _is_ours(one, notes)]
    values: list[Value] = []
    events: list[Event] = []
    replies: list[Reply] = []
    for message in messages(frames):
        told = _read(message, heard, notes)
        if told is not None:
            values += told.values
            events += told.events
        confirmation = answer(message, heard)
        if confirmation is not None:
            replies.append(Reply(confirmation.hex().upper().encode() if spelled else confirmation))
    unusable = ""
    if not (values or events or replies):
        why = notes.found[-1].detail if notes.found else "no frame begins with 7E7E"
        unusable = f"not a readable SL 651 message: {why}"
    return Decoded(measurements(values), events, notes.found, replies, unusable)


def _is_ours(one: Frame, notes: Notes) -> bool:
    """Note what is wrong with a frame's header; whether it is a station's."""
    notes.device = one.station
    if one.is_down:
        notes.tell("direction-down", f"function {one.function:02X} from the centre; skipped")
    elif one.check is not Check.WRONG and one.end not in UP_ENDS:
        notes.tell("end-character", f"the end character is {one.end:02X}; 03 or 17 is due")
    return not one.is_down


def _read(message: Message, heard: Heard, notes: Notes) -> BodyReader | None:
    first = message.frames[0]
    notes.device = first.station
    if message.missing:
        named = ", ".join(str(number) for number in message.missing)
        notes.tell(
            "split-incomplete",
            f"of {first.total} packets {len(message.frames)} came, not {named}; what is before "
            "these is read, nothing is answered",
        )
    if first.function not in FUNCTIONS:
        notes.tell("function-unknown", f"function {first.function:02X} is not read; 2F to 3A are")
        return None
    if len(message.body) < HEAD_BYTES:
        if not message.missing:
            notes.tell("truncated", f"a body of {len(message.body)} bytes has no time of sending")
        return None
    reader = BodyReader(
        first.station,
        first.function,
        message.body,
        heard,
        notes,
        is_suspect=any(one.check is Check.WRONG for one in message.frames),
        is_cut=bool(message.missing),
    )
    reader.read()
    return reader
