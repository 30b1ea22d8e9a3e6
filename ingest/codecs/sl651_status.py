"""The status word of SL 651, element 45: which alarms it tells and whose readings it makes faulty.

Source:
    SL 651-2014, 6.6.4.20, table 58. Bits 12 to 31 are reserved.
"""

from __future__ import annotations

from typing import Final

from ingest.codecs.sl651_elements import FLOW, LEVEL

ALARMS: Final = {
    0: ("mains_off", "交流电停电"),
    1: ("battery_low", "蓄电池电压低"),
    2: ("level_beyond_limit", "水位超限"),
    3: ("flow_beyond_limit", "流量超限"),
    4: ("water_quality_beyond_limit", "水质超限"),
    5: ("flow_sensor_fault", "流量仪表故障"),
    6: ("level_sensor_fault", "水位仪表故障"),
    8: ("storage_fault", "存储器异常"),
    11: ("remaining_water_low", "剩余水量超限"),
}
"""Name and Chinese words by bit, for bits that are alarms when set. Bits 7 (door closed), 9 (IC
card works) and 10 (pump stands) are states, and nothing to alarm anybody."""

_DOOR_CLOSED: Final = 1 << 7
_CARD_VALID: Final = 1 << 9
_PUMP_STANDS: Final = 1 << 10

_FAULTS: Final = {5: FLOW, 6: LEVEL}


def faulty(word: int) -> frozenset[str]:
    """Return the families of elements whose instrument is broken."""
    return frozenset(family for bit, family in _FAULTS.items() if word >> bit & 1)


def alarm(word: int) -> dict[str, str | int | float | bool] | None:
    """Return what to tell of a status word; None where it tells of no alarm.

    >>> alarm(0b1000_0010)["text"]
    '蓄电池电压低'
    """
    told = [ALARMS[bit] for bit in ALARMS if word >> bit & 1]
    if not told:
        return None
    return {
        "text": "、".join(zh for _, zh in told),
        **{name: True for name, _ in told},
        "door_open": not word & _DOOR_CLOSED,
        "card_valid": bool(word & _CARD_VALID),
        "pump_stopped": bool(word & _PUMP_STANDS),
        "status": f"{word:08X}",
    }
