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
    # HJ 212.
    "crc-mismatch": "The checksum is wrong: values are suspect, and nothing is answered.",
    "crc-modbus": "The checksum is the CRC of Modbus, not that of HJ 212, annex A; accepted.",
    "crc-lower-case": "The checksum's hexadecimal digits are in lower case.",
    "crc-missing": "No checksum follows the segment: values are suspect, and nothing is answered.",
    "length-mismatch": "The declared length is not that of the segment.",
    "length-malformed": "The declared length is not four decimal digits.",
    "qn-missing": "The request number QN is missing: an answer cannot name what it answers.",
    "flag-missing": "Flag is missing: the edition is the registry's, nothing is answered.",
    "edition-unknown": "The version bits of Flag name an edition that nobody knows.",
    "mn-missing": "MN is missing or empty: nobody knows whose the message is.",
    "separator-wrong": "A comma or nothing stands where a semicolon belongs.",
    "duplicate-field": "The same field or attribute occurs twice in a message; the first counts.",
    "trailing-semicolon": "A semicolon stands before the closing &&.",
    "datatime-milliseconds": "DataTime has milliseconds; YYYYMMDDhhmmss is due.",
    "pno-without-flag": "PNUM or PNO is there, and bit D of Flag is not set.",
    "split-incomplete": "Packets of a set are missing; those that came are taken.",
    "code-numeric": "A factor's code of 2005, or one without its letter, in a later edition.",
    "suffix-unexpected": "A value at an instant in a command of a period, or the reverse.",
    "name-case": "A name or data flag in the wrong case, or with a space around it.",
    "data-flag-unknown": "A data flag that the edition does not have: the value is suspect.",
    "findings-cut": "The payload has more deviations than are listed.",
    # SL 651.
    "crc-swapped": "The check has its low byte first where the high byte is due; accepted.",
    "hex-text": "The frame is spelled in hexadecimal digits instead of sent as its bytes.",
    "end-character": "A frame of a station ends neither with ETX nor with ETB.",
    "direction-down": "A frame from the centre where a station's is due.",
    "function-unknown": "A function that is no report: a command, a setting, or the user's own.",
    "definition-odd": "A definition byte that does not fit its element; the table's is read.",
    "interval-time-end": "A series carries the time of its last value where the first is due.",
    "picture-not-taken": "A picture within telemetry; it is confirmed and not stored.",
    "manual-text-not-taken": "A message typed in as text; it is confirmed and not read.",
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
    "device-id-malformed": "A DeviceID that is not 20 digits.",
    "charset-mislabelled": "Text in another character set than the message declares.",
    "xml-unescaped": "An & in XML that is not written as &amp;.",
    "alarm-type-misplaced": "An AlarmType outside Info; one within Info wins.",
    "cmd-type-unknown": "A message that is no alarm, no keep-alive and no mobile position.",
    "zone-missing": "A time without the zone that the format requires; Beijing time is taken.",
    "confidence-percent": "A confidence above 1; it is read as per cent.",
    # Snapshots.
    "snapshot-refused": "A picture that is not taken in; the detail says why.",
    "snapshot-id-reused": "Another picture under the id of a stored one; the first is kept.",
}
"""Sentence by code."""
