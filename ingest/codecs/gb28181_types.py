"""Alarm methods and types of GB/T 28181: numbers on the wire, kinds of `devices.events` here.

Source:
    GB/T 28181-2022 (and -2016), annex A.2.5, alarm notification: AlarmMethod, AlarmType.
"""

from __future__ import annotations

from typing import Final

METHODS: Final[dict[int, str]] = {
    1: "telephone_alarm",
    2: "device_alarm",
    3: "message_alarm",
    4: "position_alarm",
    5: "video_alarm",
    6: "device_fault",
    7: "other_alarm",
}
"""Kind by AlarmMethod, where there is no type or one that nobody knows."""

TYPES: Final[dict[tuple[int, int], str]] = {
    (2, 1): "video_loss",
    (2, 2): "tamper",
    (2, 3): "storage_full",
    (2, 4): "overheating",
    (2, 5): "undercooling",
    (5, 1): "manual_video",
    (5, 2): "motion",
    (5, 3): "left_object",
    (5, 4): "removed_object",
    (5, 5): "line_crossing",
    (5, 6): "intrusion",
    (5, 7): "wrong_way",
    (5, 8): "loitering",
    (5, 9): "count",
    (5, 10): "density",
    (5, 11): "video_abnormal",
    (5, 12): "fast_motion",
    (5, 13): "tamper",
    (6, 1): "storage_fault",
    (6, 2): "fan_fault",
}
"""Kind by AlarmMethod and AlarmType. 5/13, the picture is covered, came in 2022."""

COUNTED: Final = frozenset({"count", "density"})
"""Kinds whose number, where one is given, is people in view: the property `crowd`."""

COUNT_NAMES: Final = ("Count", "PeopleCount", "PeopleNum", "Number", "Num")
"""Elements in which vendors put that number; the standard has none for it. Looked for in
AlarmTypeParam, then in Info, then beside them."""
