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
    # SenML and ThingsBoard.
    "label-as-text": "A SenML field under its JSON name where CBOR wants the integer label.",
    "number-as-text": "A number written as text; it is taken.",
    "time-in-seconds": "A time in seconds since 1970 where the format wants milliseconds.",
    # Sparkplug B.
    "seq-gap": "The sequence number is not the one after the last; messages are missing or late.",
    "birth-missing": "Data of a node or device that no birth has announced.",
    "alias-unknown": "An alias that no birth has given a name.",
    "alias-not-unique": "A birth gives one alias to two metrics of a node.",
    "bdseq-mismatch": "A death that belongs to an earlier birth; the node lives.",
    "datatype-mismatch": "A value that does not fit its declared datatype.",
    "datatype-unsupported": "A data set, template, array, file or bytes: no single number.",
    "quality-unknown": "A quality code other than 0 (bad), 192 (good) and 500 (stale).",
    # GB/T 28181 and camera events.
    # Snapshots.
}
"""Sentence by code."""
