"""Writer of ThingsBoard's gateway API: what `thingsboard` reads.

Source:
    ThingsBoard, MQTT Gateway API: telemetry upload.
"""

from __future__ import annotations

import math
from typing import Any

import msgspec

from ingest.codecs.decoded import Measurements


def encode(told: Measurements) -> bytes:
    """Write telemetry, the devices in the order in which they come first.

    A key is cut at its last slash into device and name. A new object begins where the time changes
    or a name comes again. Times are rounded to ms; units and quality have no place in the format;
    NaN becomes null.

    >>> from ingest.codecs.decoded import Value, measurements
    >>> encode(measurements([Value("A/level", 1_483_228_800_000_000, 1.42, "", 0)]))
    b'{"A":[{"ts":1483228800000,"values":{"level":1.42}}]}'
    """
    devices: dict[str, list[dict[str, Any]]] = {}
    for key, time_us, value in zip(
        told.key, told.time_us.tolist(), told.value.tolist(), strict=True
    ):
        device, _, name = key.rpartition("/")
        items = devices.setdefault(device, [])
        ts = round(time_us / 1000)
        if not items or items[-1]["ts"] != ts or name in items[-1]["values"]:
            items.append({"ts": ts, "values": {}})
        items[-1]["values"][name] = None if math.isnan(value) else value
    return msgspec.json.encode(devices)
