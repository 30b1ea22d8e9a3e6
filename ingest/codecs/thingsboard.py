"""ThingsBoard's gateway API, verbatim: telemetry of many devices in one JSON object.

What nearly all messages are, objects with `ts` and numbers, is read by msgspec; every other is read
again by a slower reader that takes more and tells where it had to.

Source:
    ThingsBoard, MQTT Gateway API: telemetry upload, device connect and disconnect.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, Final

import msgspec
import numpy as np

from devices import Quality
from ingest.codecs.decoded import Decoded, Event, Heard, Measurements, Value, measurements
from ingest.codecs.epoch_ms import instant
from ingest.codecs.notes import Notes, clean
from ingest.codecs.number_text import number_in

LONGEST: Final = 1 << 20
"""Bytes of a payload that are looked at."""

_SILENT: Final = frozenset({"attributes", "request", "response", "rpc", "claim"})
"""Last levels of topics of the same API that carry no measurements."""

_LONGEST_INTEGER: Final = 18
"""Digits up to which an integer is read as one; Python takes quadratic time for long ones."""


class _Item(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    ts: int
    values: dict[str, float]


_plain = msgspec.json.Decoder(dict[str, list[_Item]])


def decode(payload: bytes, heard: Heard) -> Decoded:
    """Decode a message of the gateway API.

    The key of a value is `{device}/{name}`. Booleans become 1 and 0, text that is a number becomes
    the number with a finding; other text, null and objects become NaN with a problem. Where a name
    occurs twice, the first counts.

    Args:
        payload: the JSON text.
        heard: its receipt stands in for a missing `ts`; its topic tells a disconnection.

    >>> text = b'{"Device A":[{"ts":1483228800000,"values":{"level":1.42}}]}'
    >>> decode(text, Heard()).measurements.key
    ['Device A/level']
    """
    if len(payload) > LONGEST:
        return _refused(f"{len(payload)} bytes; at most {LONGEST}")
    kind = heard.topic.rpartition("/")[2]
    if kind in _SILENT:
        return Decoded()
    return _plainly(payload) or _thoroughly(payload, heard, kind)


def _plainly(payload: bytes) -> Decoded | None:
    """Read a message without any deviation; None where there may be one."""
    try:
        devices = _plain.decode(payload)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    keys: list[str] = []
    times: list[int] = []
    values: list[float] = []
    names = len(devices)
    for device, items in devices.items():
        for item in items:
            when = instant(item.ts)
            if when.code:
                return None
            names += 2 + len(item.values)
            keys += [f"{device}/{name}" for name in item.values]
            values += item.values.values()
            times += [when.time_us] * len(item.values)
    # msgspec keeps the last of equal names and says nothing. All strings here are names, so there
    # are more quotes than twice their number if one came again. A backslash may stand for a NUL.
    if payload.count(b'"') != 2 * names or b"\\" in payload or not keys:
        return None
    count = len(keys)
    return Decoded(
        Measurements(
            keys,
            np.array(times, np.int64),
            np.array(values, np.float64),
            [""] * count,
            np.zeros(count, np.int16),
        )
    )


def _thoroughly(payload: bytes, heard: Heard, kind: str) -> Decoded:
    notes = Notes()
    try:
        tree = json.loads(
            payload.decode("utf-8-sig"),
            object_pairs_hook=lambda pairs: _first_of_each(pairs, notes),
            parse_int=_integer,
            parse_constant=lambda _word: math.nan,
        )
    except UnicodeDecodeError as error:
        return _refused(f"byte {error.start} is not UTF-8")
    except RecursionError:
        return _refused("nested deeper than any message")
    except ValueError as error:
        return _refused(str(error))
    if not isinstance(tree, dict):
        return _refused("it must be an object of devices")
    if isinstance(tree.get("device"), str):
        device = clean(tree["device"])
        what = "offline" if kind == "disconnect" else "online"
        return Decoded(
            events=[Event(device, what, heard.received_us, 0, {})], findings=notes.findings
        )
    found: list[Value] = []
    for name, items in tree.items():
        _device(_clean(name, notes), items, heard, notes, found)
    if not found:
        first = notes.findings[0].detail if notes.findings else "it names no value"
        return _refused(first)
    return Decoded(measurements(found), findings=notes.findings)


def _device(device: str, items: object, heard: Heard, notes: Notes, found: list[Value]) -> None:
    if isinstance(items, dict):
        notes.add("field-malformed", device, "an object; the device's name wants a list of them")
        items = [items]
    if not isinstance(items, list):
        notes.add("field-malformed", device, f"{_shown(items)}; want a list of objects")
        return
    for index, item in enumerate(items):
        where = f"item {index}"
        if not isinstance(item, dict):
            notes.add("field-malformed", device, f"{where}: {_shown(item)}; want an object")
            continue
        values, stamp = item, item.get("ts")
        if isinstance(item.get("values"), dict):
            values = item["values"]
        elif "ts" in item:
            notes.add("field-malformed", device, f"{where}: ts without values; want both or none")
            values = {name: value for name, value in item.items() if name != "ts"}
        time_us, problem = _time(stamp, device, where, heard, notes)
        for name, value in values.items():
            result, trouble = _value(value, device, f"{where}, {name[:64]!r}", notes)
            if problem:
                result, trouble = math.nan, problem
            key = f"{device}/{_clean(name, notes)}"
            found.append(Value(key, time_us, result, "", Quality.GOOD, trouble))


def _time(
    stamp: object, device: str, where: str, heard: Heard, notes: Notes
) -> tuple[int, str]:  # fmt: skip
    """Return the time of an item, and why its values cannot be dated."""
    if stamp is None:
        notes.add("time-missing", device, f"{where}: no ts; want milliseconds since 1970")
        return heard.received_us, ""
    number = stamp if isinstance(stamp, int | float) and not isinstance(stamp, bool) else None
    if isinstance(stamp, str) and (number := number_in(stamp)) is not None:
        notes.add("number-as-text", device, f"{where}: ts {stamp[:40]!r}; want a number")
    when = instant(math.nan if number is None else number)
    if when.code:
        detail = f"{where}: ts {_shown(stamp)}; want milliseconds since 1970"
        notes.add(when.code, device, detail)
    if when.code == "time-malformed":
        return heard.received_us, f"has no time: ts {_shown(stamp)}; want milliseconds since 1970"
    return when.time_us, ""


def _value(value: object, device: str, where: str, notes: Notes) -> tuple[float, str]:
    if isinstance(value, bool):
        return float(value), ""
    if isinstance(value, int | float) and math.isfinite(value):
        return float(value), ""
    if isinstance(value, str) and (number := number_in(value)) is not None:
        notes.add("number-as-text", device, f"{where}: {value[:40]!r}; want a number")
        return number, ""
    return math.nan, f"is {_shown(value)}; want a number"


def _first_of_each(pairs: list[tuple[str, Any]], notes: Notes) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        found = {}
        for name, value in pairs:
            if name in found:
                notes.add("duplicate-key", "", f"{name[:64]!r} occurs twice in one object")
            found.setdefault(name, value)
    return found


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= _LONGEST_INTEGER else float(digits)


def _clean(name: str, notes: Notes) -> str:
    if "\0" in name:
        notes.add("nul", "", f"name {name[:64]!r}")
    return clean(name)


def _shown(value: object) -> str:
    if isinstance(value, Mapping):
        return "an object"
    if isinstance(value, list):
        return "a list"
    return "null" if value is None else clean(repr(value)[:40])


def _refused(why: str) -> Decoded:
    return Decoded(unusable=f"not ThingsBoard gateway JSON: {clean(why[:300])}")
