"""Findings: every deviation that a codec or the judge can name, with its stable code.

A code is never given another meaning. `docs/findings.md` is made from this table.
"""

from __future__ import annotations

from typing import Final

CODES: Final[dict[str, str]] = {
    # Any format.
    "not-decodable": "Nothing can be taken from the payload; it is in quarantine.",
    "truncated": "The payload or frame ends before it is complete.",
    "garbage": "Bytes that belong to no frame stand before, between or after frames.",
    "over-length": "Longer than the protocol or this system allows.",
    "too-deep": "Nested deeper than any honest message.",
    "invalid-utf8": "Bytes that are not UTF-8 where the format wants it.",
    "charset-gb2312": "Text in GB 2312/GBK where the protocol wants ASCII or UTF-8.",
    "nul": "A NUL character within text.",
    "duplicate-key": "The same name occurs twice where it must be unique; the first counts.",
    "field-missing": "A field that the format requires is missing.",
    "field-malformed": "A field does not have the form that the format requires.",
    "no-number": "A value that is no finite number.",
    "time-missing": "No time where the format requires one; the time of receipt is taken.",
    "time-malformed": "A time that does not have the form that the format requires.",
    "code-unknown": "A property, factor or element that this protocol's table does not know.",
    # Judged with the registry.
    "unit-implausible": "The value is plausible only in another unit than the protocol's own.",
    "unit-unknown": "A unit that nobody here knows, or of another kind than the property's.",
    "clock-offset": "The device's clock is further from ours than its period of reporting.",
    # HJ 212.
    # SL 651.
    "crc-mismatch": "The checksum is wrong: values are suspect, and nothing is answered.",
    "crc-swapped": "The check has its low byte first where the high byte is due; accepted.",
    "length-mismatch": "The declared length is not that of the segment.",
    "hex-text": "The frame is spelled in hexadecimal digits instead of sent as its bytes.",
    "end-character": "A frame of a station ends neither with ETX nor with ETB.",
    "direction-down": "A frame from the centre where a station's is due.",
    "split-incomplete": "Packets of a set are missing; those that came are taken.",
    "function-unknown": "A function that is no report: a command, a setting, or the user's own.",
    "definition-odd": "A definition byte that does not fit its element; the table's is read.",
    "interval-time-end": "A series carries the time of its last value where the first is due.",
    "picture-not-taken": "A picture within telemetry; it is confirmed and not stored.",
    "manual-text-not-taken": "A message typed in as text; it is confirmed and not read.",
    "findings-cut": "The payload has more deviations than are listed.",
    # SenML and ThingsBoard.
    # Sparkplug B.
    # GB/T 28181 and camera events.
    # Snapshots.
}
"""Sentence by code."""
