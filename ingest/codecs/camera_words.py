"""What cameras and their platforms call things: names of fields and kinds of events.

Names are compared without case, blanks, `_` and `-`.

Source:
    Hikvision ISAPI, EventNotificationAlert; Hikvision iSecure Center, OnEventNotify; Dahua HTTP
    API, eventManager; Huawei VIAS, result messages.
"""

from __future__ import annotations

from typing import Final

from devices.events import KINDS


def normal(name: str) -> str:
    """Return a name as it is compared.

    >>> normal("device_ID")
    'deviceid'
    """
    return name.lower().replace("_", "").replace("-", "").replace(" ", "")


FIELDS: Final[dict[str, tuple[str, ...]]] = {
    "device": (
        "device", "deviceid", "cameraindexcode", "cameraid", "srcindex", "devicecode", "streamid",
    ),
    "box": ("serialno", "macaddress", "ipaddress"),
    "channel": ("channelid", "channel", "index"),
    "kind": ("kind", "eventtype", "alarmtype", "code", "type", "event"),
    "time": ("time", "ts", "timestamp", "datetime", "happentime", "eventtime", "alarmtime", "utc"),
    "priority": ("priority", "alarmpriority", "alarmlevel", "level"),
    "confidence": ("confidence", "score"),
    "count": ("count", "peoplecount", "peoplenum", "number", "total"),
    "lon": ("lon", "lng", "longitude"),
    "lat": ("lat", "latitude"),
    "snapshot": ("snapshot", "snapshotid", "pictureid", "imageid"),
    "text": ("text", "description", "eventdescription", "alarmdescription", "message"),
    "state": ("state", "eventstate", "action", "status"),
}  # fmt: skip
"""Names by our own, which stands first; the first that is there and not empty counts.

`box` names the recorder and not the camera, so it is joined with `channel`: `192.168.1.64#3`."""

_VENDOR: Final[dict[str, str]] = {
    # Hikvision.
    "VMD": "motion", "motionDetection": "motion", "linedetection": "line_crossing",
    "fielddetection": "intrusion", "regionEntrance": "intrusion", "regionExiting": "intrusion",
    "unattendedBaggage": "left_object", "attendedBaggage": "removed_object",
    "videoloss": "video_loss", "shelteralarm": "tamper", "tamperdetection": "tamper",
    "scenechangedetection": "video_abnormal", "defocus": "video_abnormal",
    "diskfull": "storage_full", "diskerror": "storage_fault", "PeopleCounting": "count",
    "personDensityDetection": "density", "group": "density", "rapidMove": "fast_motion",
    # Dahua.
    "VideoMotion": "motion", "VideoBlind": "tamper", "CrossLineDetection": "line_crossing",
    "CrossRegionDetection": "intrusion", "LeftDetection": "left_object",
    "TakenAwayDetection": "removed_object", "VideoAbnormalDetection": "video_abnormal",
    "VideoUnFocus": "video_abnormal", "WanderDetection": "loitering", "NumberStat": "count",
    "RioterDetection": "density", "StorageLowSpace": "storage_full",
    "StorageFailure": "storage_fault",
    # Plain words.
    "waterlogging": "ponding", "crowd": "density", "crowdDensity": "density",
    "积水": "ponding", "占道": "obstruction", "人群聚集": "density", "区域入侵": "intrusion",
    "移动侦测": "motion", "遮挡报警": "tamper", "越界侦测": "line_crossing", "逆行": "wrong_way",
}  # fmt: skip

WORDS: Final[dict[str, str]] = (
    {normal(word): kind for word, kind in _VENDOR.items()}
    | {normal(kind.zh): name for name, kind in KINDS.items()}
    | {normal(name): name for name in KINDS}
)
"""Kind of `devices.events` by what it is called, compared as `normal` has it."""

ENDED: Final = frozenset({"inactive", "stop", "end", "ended"})
"""Words of `state` by which an event ends that began before."""

MEASURED: Final[dict[str, str]] = {"ponding": "ponding", "obstruction": "obstruction"}
"""Observed property of a confidence, by kind."""

COUNTED: Final[dict[str, str]] = {"count": "crowd", "density": "crowd"}
"""Observed property of a count, by kind."""
