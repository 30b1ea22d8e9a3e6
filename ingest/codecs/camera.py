"""Camera events in JSON: our own form, and what the platforms of vendors send.

One object or a list of them: `{"device", "kind", "time", "priority", "confidence", "count", "lon",
"lat", "snapshot", "text"}`; docs/cameras.md defines it. Confidence and count become measurements
too, where there is a property for them.
"""

from __future__ import annotations

import math
from typing import Any, Final

from devices import Quality
from ingest.codecs import charset, json_text
from ingest.codecs.camera_words import COUNTED, ENDED, FIELDS, MEASURED, WORDS, normal
from ingest.codecs.decoded import Decoded, Event, Heard, Value, measurements
from ingest.codecs.event_fields import (
    LAST_US,
    LONGEST_DEVICE,
    LONGEST_PAYLOAD,
    SNAPSHOT_ID,
    moment,
    number,
    plain,
    position,
    scalar,
    shown,
)
from ingest.codecs.notes import Notes

_MILLISECONDS_FROM: Final = 100_000_000_000
"""Smaller numbers are seconds: as milliseconds they would be before 1973-03-03."""

MOST_EVENTS: Final = 1000
"""In one payload: 40 ms of work."""

_WRAPPERS: Final = ("events", "params", "eventnotificationalert")
"""Members that hold the events themselves (Hikvision)."""


def decode(payload: bytes, heard: Heard) -> Decoded:
    """Decode the events of a payload; what of them cannot be used is a finding.

    Args:
        payload: JSON, UTF-8.
        heard: events without a time happened at its receipt.

    >>> found = decode(
    ...     b'{"device": "c1", "kind": "ponding", "time": 1782864000000, "confidence": 0.9}',
    ...     Heard(),
    ... )
    >>> found.measurements.key, found.events[0].kind
    (('c1/ponding',), 'ponding')
    """
    if len(payload) > LONGEST_PAYLOAD:
        return _refused(f"{len(payload)} bytes; at most {LONGEST_PAYLOAD} are looked at", Notes())
    notes = Notes()
    said = charset.text_of(payload)
    if said.is_lossy:
        notes.add("invalid-utf8", "", "some bytes are no text; send UTF-8")
    elif said.charset != "utf-8":
        notes.add("charset-gb2312", "", f"text in {said.charset}; send UTF-8")
    if "\0" in said.text or "\\u0000" in said.text:
        notes.add("nul", "", "a NUL stands within the text; it is shown as ␀")
    read = json_text.read(said.text)
    for name in read.twice:
        notes.add("duplicate-key", "", f"{shown(name)} occurs twice in one object; send it once")
    problems = [read.problem] if read.problem else []
    reader = _Reader(heard, notes)
    several = _unwrapped(read.values)
    if len(several) > MOST_EVENTS:
        return _refused(f"{len(several)} events; at most {MOST_EVENTS} in one payload", notes)
    for told in several:
        problem = reader.take(told) if isinstance(told, dict) else f"{shown(told)} is no object"
        if problem:
            problems.append(problem)
    if not reader.events:
        return _refused(problems[0] if problems else "no event", notes)
    for why in problems:
        notes.add("not-decodable", "", f"an event among others: {why}")
    return Decoded(measurements(reader.values), reader.events, notes.findings)


def _refused(why: str, notes: Notes) -> Decoded:
    return Decoded(findings=notes.findings, unusable=f"not a camera event: {why}")


def _unwrapped(values: list[Any]) -> list[Any]:
    """Return what lists and the wrappers of platforms hold, in order."""
    found = values
    for _ in range(len(_WRAPPERS) + 2):  # each level takes off one list or one wrapper
        inner: list[Any] = []
        for one in found:
            if isinstance(one, list):
                inner += one
            elif isinstance(one, dict):
                inner.append(next(
                    (value for name, value in one.items()
                     if normal(name) in _WRAPPERS and isinstance(value, (dict, list))), one,
                ))  # fmt: skip
            else:
                inner.append(one)
        found = inner
        if len(found) > MOST_EVENTS:
            break
    return found


class _Reader:
    """Takes events of one payload."""

    def __init__(self, heard: Heard, notes: Notes) -> None:
        self.events: list[Event] = []
        self.values: list[Value] = []
        self._heard = heard
        self._notes = notes

    def take(self, told: dict[str, Any]) -> str:
        """Take one event; return why it cannot be taken, or nothing."""
        fields = _fields(told)
        device = _device(fields)
        if not device:
            self._notes.add("field-missing", "", "an event without device; say which camera it is")
            return "an event without device"
        word = scalar(fields.get("kind"), 100)
        if not word:
            self._notes.add("field-missing", device, "an event without kind; say what happened")
            return "an event without kind"
        attributes: dict[str, str | int | float | bool] = {}
        kind = WORDS.get(normal(word), "")
        if not kind:
            self._notes.add("code-unknown", device, f"kind {shown(word)} is not in the table")
            kind, attributes["sent_kind"] = "other_alarm", word
        state = scalar(fields.get("state"), 100)
        if normal(state) in ENDED:
            attributes["state"] = "ended"
            if normal(word) == "videoloss":  # Hikvision's heartbeat
                kind = "heartbeat"
        time_us = self._time(fields, device)
        for name, property_of in (("confidence", MEASURED), ("count", COUNTED)):
            if text := scalar(fields.get(name)):
                self._measure(name, text, device, time_us, property_of.get(kind, ""), attributes)
        lon, lat = scalar(fields.get("lon")), scalar(fields.get("lat"))
        attributes.update(position(lon, lat, device, self._notes, "lon/lat"))
        self._texts(fields, device, attributes)
        priority = scalar(fields.get("priority"))
        if priority and priority not in ("1", "2", "3", "4"):
            self._doubt("priority", priority, device, "1 (gravest) to 4")
            priority = ""
        self.events.append(Event(device, kind, time_us, int(priority or 0), attributes))
        return ""

    def _measure(
        self,
        name: str,
        text: str,
        device: str,
        time_us: int,
        observed_property: str,
        attributes: dict[str, str | int | float | bool],
    ) -> None:
        value = number(text)
        if name == "confidence" and 1 < value <= 100:
            self._notes.add("confidence-percent", device, f"confidence {shown(text)}; send 0 to 1")
            value /= 100
        problem = ""
        if not (0 <= value <= 1 if name == "confidence" else value >= 0):
            right = "0 to 1" if name == "confidence" else "a number ≥ 0"
            self._notes.add("no-number", device, f"{name} {shown(text)} is not {right}")
            value, problem = math.nan, f"is {shown(text)}, not {right}"
        else:
            attributes[name] = plain(value)
        if observed_property:
            unit = "/" if name == "confidence" else "count"
            key = f"{device}/{observed_property}"
            self.values.append(Value(key, time_us, value, unit, Quality.GOOD, problem))

    def _texts(
        self,
        fields: dict[str, Any],
        device: str,
        attributes: dict[str, str | int | float | bool],
    ) -> None:
        if text := scalar(fields.get("text")):
            attributes["text"] = text
        snapshot = scalar(fields.get("snapshot"))
        if SNAPSHOT_ID.fullmatch(snapshot):
            attributes["snapshot"] = snapshot
        elif snapshot:
            self._doubt("snapshot", snapshot, device, "up to 128 of A-Z a-z 0-9 . _ -")

    def _time(self, fields: dict[str, Any], device: str) -> int:
        text = scalar(fields.get("time"), 100)
        right = "send ISO 8601 with offset, or milliseconds"
        since = number(text)
        if 0 <= since < _MILLISECONDS_FROM:
            self._notes.add("time-in-seconds", device, f"time {shown(text)}; {right}")
            since *= 1000
        if 0 <= since * 1000 <= LAST_US:
            return round(since * 1000)
        found = moment(text, self._heard.utc_offset_min)
        if found is None:
            code = "time-malformed" if text else "time-missing"
            self._notes.add(code, device, f"time {shown(text)}; {right}; receipt is taken")
            return self._heard.received_us
        if not found.has_zone:
            self._notes.add("zone-missing", device, f"time {shown(text)}; {right}")
        elif not found.is_proper:
            self._notes.add("time-malformed", device, f"time {shown(text)}; {right}")
        return found.time_us

    def _doubt(self, name: str, text: str, device: str, right: str) -> None:
        self._notes.add("field-malformed", device, f"{name} is {shown(text)}, not {right}")


def _fields(told: dict[str, Any]) -> dict[str, Any]:
    """Return the fields under our names; what `data` holds (Dahua, iSecure) comes after them."""
    members: dict[str, Any] = {}
    for name, value in told.items():
        members.setdefault(normal(name), value)
    if isinstance(data := members.get("data"), dict):
        for name, value in data.items():
            members.setdefault(normal(name), value)
    return {
        own: next((members[name] for name in names if scalar(members.get(name))), None)
        for own, names in FIELDS.items()
    }


def _device(fields: dict[str, Any]) -> str:
    if device := scalar(fields["device"], LONGEST_DEVICE):
        return device
    box, channel = scalar(fields["box"], LONGEST_DEVICE), scalar(fields["channel"], 20)
    return scalar(f"{box}#{channel}" if box and channel else box, LONGEST_DEVICE)
