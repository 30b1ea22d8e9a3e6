"""Writes GB/T 28181 notifications as cameras and platforms do: for simulators and tests."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final
from xml.sax.saxutils import escape

from ingest.codecs.decoded import BEIJING_MIN, Event
from ingest.codecs.gb28181_types import METHODS, TYPES

_COMMANDS: Final = {"heartbeat": "Keepalive", "position": "MobilePosition"}
_NUMBERS: Final = {kind: (method, None) for method, kind in METHODS.items()} | {
    kind: pair for pair, kind in TYPES.items()
}
"""AlarmMethod and AlarmType by kind."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def encode(event: Event, charset: str = "GB2312") -> bytes:
    """Write an event as XML.

    Args:
        event: an alarm, a heartbeat or a position; method and type follow from its kind unless
            its attributes name them.
        charset: what the declaration names; GB2312 and GBK are written as GB 18030, which holds
            every character.

    >>> encode(Event("32120401001320000001", "heartbeat", 0, 0, {"sn": 1})).split()[3:6]
    [b'<Notify>', b'<CmdType>Keepalive</CmdType>', b'<SN>1</SN>']
    """
    body = _xml("Notify", _tree(event))
    text = f'<?xml version="1.0" encoding="{charset}"?>\r\n{body}'
    return text.encode("gb18030" if charset.upper().startswith("GB") else charset)


def encode_json(event: Event) -> bytes:
    """Write an event as JSON with the names of the XML."""
    return json.dumps({"Notify": _tree(event)}, ensure_ascii=False).encode()


def _tree(event: Event) -> dict[str, Any]:
    given = event.attributes
    tree: dict[str, Any] = {
        "CmdType": _COMMANDS.get(event.kind, "Alarm"),
        "SN": given.get("sn", 1),
        "DeviceID": event.device,
    }
    if event.kind == "heartbeat":
        tree |= _present({"Status": given.get("status")})
        if "faulty" in given:
            tree["Info"] = {"DeviceID": str(given["faulty"]).split()}
        return tree
    time = (_EPOCH + timedelta(microseconds=event.time_us)).astimezone(
        timezone(timedelta(minutes=BEIJING_MIN))
    )
    local = time.replace(tzinfo=None).isoformat()
    place = _present({"Longitude": given.get("lon"), "Latitude": given.get("lat")})
    if event.kind == "position":
        return tree | {"Time": local} | place | _present({
            "Speed": given.get("speed_kmh"), "Direction": given.get("direction_deg"),
            "Altitude": given.get("altitude_m"),
        })  # fmt: skip
    method, alarm_type = _NUMBERS[event.kind]
    tree["AlarmPriority"] = event.priority
    tree["AlarmMethod"] = given.get("method", method)
    tree["AlarmTime"] = local
    tree |= _present({"AlarmDescription": given.get("text")}) | place
    parameters = _present({
        "EventType": given.get("event_type"), "Count": given.get("count"),
        "SnapShotFileID": given.get("snapshot"),
    })  # fmt: skip
    info = _present({"AlarmType": given.get("type", alarm_type)})
    if parameters:
        info["AlarmTypeParam"] = parameters
    return tree | ({"Info": info} if info else {})


def _present(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def _xml(name: str, value: object) -> str:
    if isinstance(value, dict):
        inner = "".join(_xml(*item) for item in value.items())
        return f"<{name}>\r\n{inner}</{name}>\r\n"
    if isinstance(value, list):
        return "".join(_xml(name, one) for one in value)
    return f"<{name}>{escape(str(value))}</{name}>\r\n"
