"""GB/T 28181 notifications: alarms, keep-alive and mobile positions; no SIP, only the bodies.

Each alarm becomes an event. A count that an alarm of flow or density carries becomes a measurement
of `crowd` too. AlarmTime is Beijing time unless it names a zone.

Source:
    GB/T 28181-2022, annex A.2.5 (a) keep-alive, (b) alarm, (g) mobile position; annex E: a device
    id is 20 digits.
"""

from __future__ import annotations

import re
from typing import Final

from devices import Quality
from ingest.codecs.decoded import Decoded, Event, Heard, Value, measurements
from ingest.codecs.event_fields import (
    LONGEST_DEVICE,
    SNAPSHOT_ID,
    moment,
    number,
    plain,
    position,
    scalar,
    shown,
    whole,
)
from ingest.codecs.gb28181_tree import Tree, read
from ingest.codecs.gb28181_types import COUNT_NAMES, COUNTED, METHODS, TYPES
from ingest.codecs.notes import Notes

_DEVICE_ID: Final = re.compile(r"[0-9]{20}")

_SPEEDS: Final = {"Speed": "speed_kmh", "Direction": "direction_deg", "Altitude": "altitude_m"}
"""Attribute by element of a mobile position; the standard has km/h, degrees from north, metres."""

Attributes = dict[str, str | int | float | bool]


def decode(payload: bytes, heard: Heard) -> Decoded:
    """Decode the notifications of a payload; what of them cannot be used is a finding.

    Args:
        payload: XML or JSON with the same names, one message or several.
        heard: keep-alives, and alarms without a time, happened at its receipt.

    >>> decode(
    ...     b"<Notify><CmdType>Alarm</CmdType><SN>1</SN><DeviceID>32120401001320000001</DeviceID>"
    ...     b"<AlarmPriority>4</AlarmPriority><AlarmMethod>5</AlarmMethod>"
    ...     b"<AlarmTime>2026-07-01T08:00:00</AlarmTime>"
    ...     b"<Info><AlarmType>6</AlarmType></Info></Notify>",
    ...     Heard(),
    ... ).events[0].kind
    'intrusion'
    """
    notes = Notes()
    trees = read(payload, notes)
    reader = _Reader(heard, notes)
    for root, tree in trees.messages:
        problem = reader.take(root, tree)
        if problem:
            trees.problems.append(problem)
    if not reader.events:
        why = trees.problems[0] if trees.problems else "no message"
        return Decoded(findings=notes.findings, unusable=f"not a GB/T 28181 notification: {why}")
    for why in trees.problems:
        notes.add("not-decodable", "", f"a message among others: {why}")
    return Decoded(measurements(reader.values), reader.events, notes.findings)


class _Reader:
    """Takes messages of one payload."""

    def __init__(self, heard: Heard, notes: Notes) -> None:
        self.events: list[Event] = []
        self.values: list[Value] = []
        self._heard = heard
        self._notes = notes

    def take(self, root: str, tree: Tree) -> str:
        """Take one message; return why nothing can be taken, or nothing."""
        command = self._text(tree, "CmdType")
        taken = {"Alarm": self._alarm, "Keepalive": self._alive, "MobilePosition": self._position}
        device = self._text(tree, "DeviceID", LONGEST_DEVICE)
        if root != "Notify" or command not in taken:
            detail = f"{root} with CmdType {shown(command)}; send a Notify of {', '.join(taken)}"
            self._notes.add("cmd-type-unknown", device, detail)
            return detail
        if not device:
            self._notes.add("field-missing", "", f"{command} without DeviceID; it needs 20 digits")
            return f"{command} without DeviceID"
        if not _DEVICE_ID.fullmatch(device):
            self._notes.add(
                "device-id-malformed", device, f"DeviceID {shown(device)} is not 20 digits"
            )
        attributes: Attributes = {}
        serial = self._text(tree, "SN")
        if (sn := whole(serial)) is not None:
            attributes["sn"] = sn
        else:
            self._doubt("SN", serial, device, "a number")
        self.events.append(taken[command](tree, device, attributes))
        return ""

    def _alarm(self, tree: Tree, device: str, attributes: Attributes) -> Event:
        infos = _trees(tree.get("Info"))
        kind = self._kind(tree, infos, device, attributes)
        text = self._text(tree, "AlarmDescription")
        if text:
            attributes["text"] = text
        self._place(tree, device, attributes)
        time_us = self._time(tree, "AlarmTime", device)
        parameters = [one for info in infos for one in _trees(info.get("AlarmTypeParam"))]
        for where in [*parameters, *infos]:
            if "event_type" not in attributes and (which := self._text(where, "EventType")):
                event_type = whole(which)
                attributes["event_type"] = which if event_type is None else event_type
        self._snapshot([*parameters, *infos, tree], device, attributes)
        if kind in COUNTED:
            self._count([*parameters, *infos, tree], device, time_us, attributes)
        priority = self._text(tree, "AlarmPriority")
        if priority not in ("1", "2", "3", "4"):
            self._doubt("AlarmPriority", priority, device, "1 (gravest) to 4")
            priority = "0"
        return Event(device, kind, time_us, int(priority), attributes)

    def _kind(self, tree: Tree, infos: list[Tree], device: str, attributes: Attributes) -> str:
        method_text = self._text(tree, "AlarmMethod")
        method = whole(method_text)
        if method is None:
            self._doubt("AlarmMethod", method_text, device, f"1 to {max(METHODS)}")
            return METHODS[7]
        attributes["method"] = method
        if method not in METHODS:
            detail = f"AlarmMethod {method}; the standard has 1 to {max(METHODS)}"
            self._notes.add("code-unknown", device, detail)
        inner = [text for info in infos if (text := self._text(info, "AlarmType"))]
        outer = self._text(tree, "AlarmType")
        if outer:
            wins = f"{shown(inner[0])} in Info wins" if inner else "put it into Info"
            self._notes.add("alarm-type-misplaced", device, f"AlarmType {shown(outer)}; {wins}")
        if len(set(inner)) > 1:
            detail = f"AlarmType {shown(inner[0])} and {shown(inner[1])}; the first counts"
            self._notes.add("duplicate-key", device, detail)
        type_text = inner[0] if inner else outer
        general = METHODS.get(method, METHODS[7])
        if not type_text:
            return general
        alarm_type = whole(type_text)
        if alarm_type is None:
            self._doubt("AlarmType", type_text, device, "a number")
            return general
        attributes["type"] = alarm_type
        if (method, alarm_type) not in TYPES:
            detail = f"AlarmType {alarm_type} of AlarmMethod {method} is not in the standard"
            self._notes.add("code-unknown", device, detail)
        return TYPES.get((method, alarm_type), general)

    def _count(self, where: list[Tree], device: str, time_us: int, attributes: Attributes) -> None:
        texts = (self._text(one, name) for one in where for name in COUNT_NAMES if name in one)
        text = next((text for text in texts if text), "")
        if not text:
            return
        value, problem = number(text), ""
        if value >= 0:
            attributes["count"] = plain(value)
        else:
            value, problem = float("nan"), f"is {shown(text)}, no number of people"
            self._notes.add("no-number", device, f"count {problem}")
        key = f"{device}/crowd"
        self.values.append(Value(key, time_us, value, "count", Quality.GOOD, problem))

    def _snapshot(self, where: list[Tree], device: str, attributes: Attributes) -> None:
        for one in where:
            text = self._text(one, "SnapShotFileID")
            if text and SNAPSHOT_ID.fullmatch(text):
                attributes["snapshot"] = text
                return
            if text:
                self._doubt("SnapShotFileID", text, device, "up to 128 of A-Z a-z 0-9 . _ -")

    def _alive(self, tree: Tree, device: str, attributes: Attributes) -> Event:
        if status := self._text(tree, "Status"):
            attributes["status"] = status
        ids = [one.get("DeviceID") for one in _trees(tree.get("Info"))]
        faulty = [
            scalar(one) for some in ids for one in (some if isinstance(some, list) else [some])
        ]
        if any(faulty):
            attributes["faulty"] = scalar(" ".join(filter(None, faulty)))
        return Event(device, "heartbeat", self._heard.received_us, 0, attributes)

    def _position(self, tree: Tree, device: str, attributes: Attributes) -> Event:
        self._place(tree, device, attributes)
        for name, attribute in _SPEEDS.items():
            text = self._text(tree, name)
            value = number(text)
            if value == value:
                attributes[attribute] = value
            elif text:
                self._doubt(name, text, device, "a number")
        return Event(device, "position", self._time(tree, "Time", device), 0, attributes)

    def _place(self, tree: Tree, device: str, attributes: Attributes) -> None:
        lon, lat = self._text(tree, "Longitude"), self._text(tree, "Latitude")
        attributes.update(position(lon, lat, device, self._notes, "Longitude/Latitude"))

    def _time(self, tree: Tree, name: str, device: str) -> int:
        text = self._text(tree, name)
        found = moment(text, self._heard.utc_offset_min)
        if found is None:
            code = "time-malformed" if text else "time-missing"
            detail = f"{name} {shown(text)}; send e.g. 2026-07-01T08:00:00; receipt is taken"
            self._notes.add(code, device, detail)
            return self._heard.received_us
        if not found.is_proper:
            self._notes.add(
                "time-malformed", device, f"{name} {shown(text)}; send it as 2026-07-01T08:00:00"
            )
        return found.time_us

    def _text(self, tree: Tree, name: str, longest: int = 1000) -> str:
        """Return a leaf's text; the first one's where the element repeats."""
        value = tree.get(name)
        if isinstance(value, list):
            self._notes.add("duplicate-key", "", f"{name} occurs {len(value)} times; send it once")
            value = value[0] if value else ""
        if isinstance(value, dict):
            self._notes.add("field-malformed", "", f"{name} holds elements; it must hold text")
        return scalar(value, longest)

    def _doubt(self, name: str, text: str, device: str, right: str) -> None:
        if text:
            self._notes.add("field-malformed", device, f"{name} is {shown(text)}, not {right}")
        else:
            self._notes.add("field-missing", device, f"{name} is missing; it must be {right}")


def _trees(value: object) -> list[Tree]:
    """Return the elements of a name that hold elements themselves."""
    return [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, dict)]
