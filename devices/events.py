"""What can happen, apart from what can be measured: the kinds of events, written out in one table.

Source:
    GB/T 28181-2022, annex A.2.5 (alarm methods and types, keep-alive, mobile position);
    HJ 212-2017, 6.6 (2021, 2081); Sparkplug 3.0, 4 (birth and death).
"""

from __future__ import annotations

from typing import Final, NamedTuple


class EventKind(NamedTuple):
    """One kind of event."""

    zh: str
    en: str
    is_about_device: bool
    """Whether it tells of the device itself and not of what the device watches."""


KINDS: Final[dict[str, EventKind]] = {
    "video_loss": EventKind("视频丢失", "Video lost", True),
    "tamper": EventKind("设备防拆", "Tampering", True),
    "storage_full": EventKind("存储设备磁盘满", "Storage full", True),
    "overheating": EventKind("设备高温", "Overheating", True),
    "undercooling": EventKind("设备低温", "Too cold", True),
    "storage_fault": EventKind("存储设备磁盘故障", "Storage fault", True),
    "fan_fault": EventKind("风扇故障", "Fan fault", True),
    "device_fault": EventKind("设备故障", "Device fault", True),
    "device_alarm": EventKind("设备报警", "Alarm of a device", True),
    "video_abnormal": EventKind("视频异常", "Video abnormal", True),
    "video_alarm": EventKind("视频报警", "Video alarm", False),
    "manual_video": EventKind("人工视频报警", "Manual video alarm", False),
    "motion": EventKind("运动目标检测", "Motion", False),
    "left_object": EventKind("遗留物检测", "Object left behind", False),
    "removed_object": EventKind("物体移除检测", "Object removed", False),
    "line_crossing": EventKind("绊线检测", "Line crossed", False),
    "intrusion": EventKind("入侵检测", "Intrusion", False),
    "wrong_way": EventKind("逆行检测", "Wrong way", False),
    "loitering": EventKind("徘徊检测", "Loitering", False),
    "count": EventKind("流量统计", "Flow counted", False),
    "density": EventKind("密度检测", "Crowd density", False),
    "fast_motion": EventKind("快速移动", "Fast motion", False),
    "ponding": EventKind("积水识别", "Ponding seen", False),
    "obstruction": EventKind("占道识别", "Obstruction seen", False),
    "telephone_alarm": EventKind("电话报警", "Alarm by telephone", False),
    "message_alarm": EventKind("短信报警", "Alarm by message", False),
    "position_alarm": EventKind("GPS报警", "Position alarm", False),
    "other_alarm": EventKind("其他报警", "Other alarm", False),
    "position": EventKind("移动设备位置", "Position of a mobile device", False),
    "device_state": EventKind("设备运行状态", "State of equipment", True),
    "boot": EventKind("数采仪开机", "Data logger started", True),
    "online": EventKind("上线", "Online", True),
    "offline": EventKind("离线", "Offline", True),
    "heartbeat": EventKind("心跳", "Heartbeat", True),
    "station_alarm": EventKind("测站报警", "Station alarm", True),
    "command_result": EventKind("命令执行结果", "Result of a command", True),
}
"""Kind by its stable name; events are stored under it."""
