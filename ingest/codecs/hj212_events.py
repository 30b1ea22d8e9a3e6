"""What HJ 212 tells apart from measurements: states, starts, heartbeats, alarms, command results.

Source:
    HJ 212-2017, table 9 (RS, RT, SN, Info, QnRtn, ExeRtn) and annex C; HJ/T 212-2005, 6.6.4 (2071
    alarms); HJ 212-2025 (9015 heartbeats).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ingest.codecs.decoded import Event, Heard
from ingest.codecs.hj212_segment import Segment
from ingest.codecs.hj212_time import moment
from ingest.codecs.hj212_values import Parameters, Tell, data_time

RUNNING: Final = {
    "0": "off", "1": "on", "2": "calibrating", "3": "maintenance", "4": "alarm", "5": "backflush",
}  # fmt: skip
"""State of equipment by the value of -RS (table 9)."""

_SHOWN: Final = 40
_LONGEST: Final = 200
"""Characters of a text that an event keeps."""
_MOST: Final = 64
"""Attributes that an event keeps."""


def events(first: Segment, found: Parameters, heard: Heard, tell: Tell) -> Iterator[Event]:
    """Yield what a message tells, values apart.

    Args:
        first: its first packet.
        found: its parameters.
        heard: how it came.
        tell: takes findings.
    """
    match first.cn:
        case "9015":
            yield Event(first.mn, "heartbeat", _sent(first, found, heard), 0, _said(first, found))
        case "2021" if found.fields:
            yield from _states(first, found, heard, tell)
        case "2071" | "2072" if found.fields:
            yield Event(
                first.mn, "station_alarm", _sent(first, found, heard), 0, _said(first, found)
            )
        case "2081":
            yield _boot(first, found, heard, tell)
        case "9011" | "9012":
            yield Event(
                first.mn, "command_result", _sent(first, found, heard), 0, _said(first, found)
            )
        case cn if cn[:1] in ("1", "3") and found.fields:
            if found.time_text:
                kind, time_us = "device_state", data_time(found.time_text, first, heard, tell)
            elif not first.wants_answer:
                kind, time_us = "command_result", _sent(first, found, heard)
            else:
                return  # a request of ours, heard on the same line
            yield Event(first.mn, kind, time_us, 0, _said(first, found))


def _states(first: Segment, found: Parameters, heard: Heard, tell: Tell) -> Iterator[Event]:
    time_us = data_time(found.time_text, first, heard, tell)
    for segment, name, text in found.fields:
        equipment, dash, suffix = name.rpartition("-")
        if not dash or suffix.upper() != "RS":
            continue
        state = RUNNING.get(text, "")
        if not state:
            state = text[:_LONGEST]
            detail = f"{name[:_SHOWN]} is {text[:_SHOWN]!r}; 0 to 5 is due"
            tell(segment, "field-malformed", detail)
        about = {"equipment": equipment[:_LONGEST], "state": state}
        yield Event(first.mn, "device_state", time_us, 0, about)


def _boot(first: Segment, found: Parameters, heard: Heard, tell: Tell) -> Event:
    said = _said(first, found)
    text = next((text for _, name, text in found.fields if name == "RestartTime"), "")
    time_us = moment(text, heard.utc_offset_min)
    if time_us is None:
        if text:
            detail = f"RestartTime is {text[:_SHOWN]!r}; YYYYMMDDhhmmss is due"
            tell(first, "time-malformed", detail)
        time_us = data_time(found.time_text, first, heard, tell)
    return Event(first.mn, "boot", time_us, 0, said)


def _sent(first: Segment, found: Parameters, heard: Heard) -> int:
    """Return when it was said: DataTime, else QN, else the receipt."""
    for text in (found.time_text, first.qn):
        time_us = moment(text, heard.utc_offset_min)
        if time_us is not None:
            return time_us
    return heard.received_us


def _said(first: Segment, found: Parameters) -> dict[str, str | int | float | bool]:
    said: dict[str, str | int | float | bool] = {"command": first.cn[:_LONGEST]}
    if first.qn:
        said["request"] = first.qn[:_LONGEST]
    for _, name, text in found.fields[:_MOST]:
        said[name[:_LONGEST]] = text[:_LONGEST]
    return said
