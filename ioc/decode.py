"""`ioc decode`: what a payload says, by the same codec as in the gateway. The integrator's tool."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import msgspec

from devices import PROPERTIES, Quality
from devices.statistics import STATISTICS
from ingest.codecs import CODECS, Decoded, Heard
from ingest.codecs.decoded import BEIJING_MIN
from ingest.codecs.findings import CODES

_ZONE = timezone(timedelta(minutes=BEIJING_MIN))

_NOTHING = "nothing is wrong with it, and it brings no value, no event and wants no answer"


def lines(codec: str, payload: bytes, heard: Heard) -> Iterator[dict[str, Any]]:
    """Decode a payload and yield what it says: observations, events, replies, findings.

    A payload that is as it should be and says nothing of these, such as a command of the centre,
    gives one line that says so.

    Args:
        codec: one of `ingest.codecs.CODECS`.
        payload: the bytes.
        heard: topic, receipt and edition.
    """
    told = CODECS[codec](payload, heard)
    yield from _observations(told)
    for event in told.events:
        yield {
            "type": "event",
            "device": event.device,
            "kind": event.kind,
            "time": _moment(event.time_us),
            "priority": event.priority or None,
            "attributes": dict(event.attributes),
        }
    for reply in told.replies:
        shown = {"type": "reply", "topic": reply.topic or None, "hex": reply.payload.hex()}
        text = reply.payload.decode("ascii", "replace")
        printable = text.rstrip("\r\n").isprintable() and "\ufffd" not in text
        yield shown | ({"text": text} if printable else {})
    for finding in told.findings:
        yield {
            "type": "finding",
            "code": finding.code,
            "device": finding.device or None,
            "detail": finding.detail,
            "means": CODES[finding.code],
        }
    if told.unusable:
        yield {"type": "unusable", "detail": told.unusable}
    elif not (told.measurements.n or told.events or told.replies or told.findings):
        yield {"type": "nothing", "detail": _NOTHING}


def _observations(told: Decoded) -> Iterator[dict[str, Any]]:
    columns = told.measurements
    for index, key in enumerate(columns.key):
        device, _, name = key.rpartition("/")
        property_, colon, statistic = name.rpartition(":")
        if not colon or statistic not in STATISTICS:
            property_, statistic = name, ""
        value = float(columns.value[index])
        yield {
            "type": "observation",
            "datastream": key,
            "device": device or None,
            "property": property_,
            "known": property_ in PROPERTIES,
            "statistic": statistic or None,
            "code": columns.code[index] if columns.code else None,
            "value": value if math.isfinite(value) else None,
            "unit": columns.unit[index] or None,
            "time": _moment(int(columns.time_us[index])),
            "quality": Quality(int(columns.quality[index])).name.lower(),
        } | ({"problem": columns.problem[index]} if index in columns.problem else {})


def payloads(file: str, *, by_line: bool, as_hex: bool) -> Iterator[bytes]:
    """Read payloads from a file, `-` for standard input.

    Args:
        file: its path.
        by_line: whether each line is one payload; empty ones are left out.
        as_hex: whether the bytes are written as hexadecimal digits.

    Raises:
        OSError: it cannot be read.
        ValueError: it holds something else than hexadecimal digits.
    """
    content = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    parts = [one for one in content.splitlines() if one.strip()] if by_line else [content]
    for number, one in enumerate(parts, start=1):
        if not as_hex:
            yield one
            continue
        try:
            yield bytes.fromhex(one.decode("ascii"))
        except ValueError as error:
            where = f"{file}:{number}" if by_line else file
            raise ValueError(f"{where}: is not written in hexadecimal digits: {error}") from None


def run(
    codec: str,
    file: str,
    edition: str,
    topic: str,
    *,
    by_line: bool,
    as_hex: bool,
) -> bool:
    """Print everything as JSON lines; return whether each payload could be used.

    Raises:
        OSError: the file cannot be read.
        ValueError: it does not hold what was promised.
    """
    usable = True
    for number, payload in enumerate(payloads(file, by_line=by_line, as_hex=as_hex), start=1):
        heard = Heard(topic or f"up/gateway/{codec}", time.time_ns() // 1000, edition)
        for one in lines(codec, payload, heard):
            usable = usable and one["type"] != "unusable"
            numbered = {"payload": number} | one if by_line else one
            sys.stdout.write(msgspec.json.encode(numbered).decode() + "\n")
    return usable


def _moment(time_us: int) -> str:
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=time_us)
    return at.astimezone(_ZONE).isoformat()
