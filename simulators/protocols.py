"""Which protocol a simulated device speaks, and how its readings are written in it.

Ordinarily every device speaks SenML in JSON. In a `mixed` city they speak what such devices speak
in the field, by kind; whoever is not named here, SenML. The registry needs to know nothing of it:
MN is the device's id, and only properties are sent whose unit is the same on either side.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import groupby
from typing import Final

from ingest.codecs import Measurements, hj212_encode, senml_encode, thingsboard_encode
from ingest.codecs.decoded import Value, measurements
from ingest.codecs.hj212_factors import FACTORS
from simulators.senml_packs import PackDraft, Record

USUAL: Final = "senml"

OF_KIND: Final = {
    "water_quality_station": "hj212",
    "air_station": "thingsboard", "micro_station": "thingsboard", "dust_monitor": "thingsboard",
    "roadside_station": "thingsboard",
    "radar": "senml-cbor",
}  # fmt: skip
"""Protocol of a mixed city by kind of device; a codec of `ingest.codecs.CODECS`."""

RESOLUTION_US: Final = {USUAL: 1, "senml-cbor": 1, "thingsboard": 1000, "hj212": 1_000_000}
"""What times are rounded to in a protocol, µs."""

FASTEST: Final = 400.0
"""City seconds in a second up to which no two readings of a datastream get the same time: stations
that speak HJ 212 report every 900 s, the others every 30 s at least."""

_FACTOR_OF: Final = {one.property: code for code, one in FACTORS.items() if one.property}
_SURFACE_WATER: Final = "21"


def write(protocol: str, readings: Measurements) -> bytes:
    """Write readings, the earliest first, in a protocol other than SenML JSON.

    Raises:
        ValueError: the protocol has no word for one of them.
    """
    match protocol:
        case "senml-cbor":
            return senml_encode.encode_cbor(readings)
        case "thingsboard":
            return thingsboard_encode.encode(readings)
        case "hj212":
            return b"".join(_frames(readings))
    raise ValueError(f"{protocol!r} is no protocol of simulated devices")


def readings_of(
    draft: PackDraft, keys: Sequence[tuple[str, str]], spoilt: Sequence[Record]
) -> Measurements:
    """Return what a pack says: its good readings, then the bad ones.

    Args:
        draft: the good ones.
        keys: datastream and unit of each slot.
        spoilt: the bad ones; their times count from the draft's first whole second.
    """
    said = [
        Value(keys[slot][0], time_us, value, keys[slot][1], 0)
        for slot, time_us, value in zip(
            draft.slot.tolist(), draft.time_us.tolist(), draft.value.tolist(), strict=True
        )
    ]
    base_us = int(draft.time_us[0]) // 1_000_000 * 1_000_000
    for one in spoilt:
        value = one.v if isinstance(one.v, float) else math.nan
        time_us = base_us + round((one.t or 0.0) * 1e6)
        said.append(Value(f"{one.bn or ''}{one.n or ''}", time_us, value, one.u or "", 0))
    return measurements(said)


def _frames(readings: Measurements) -> list[bytes]:
    """Return a frame for each device and second; a factor that comes again begins another."""
    frames: list[bytes] = []
    columns = zip(readings.key, readings.time_us.tolist(), readings.value.tolist(), strict=True)
    for (device, time_us), same in groupby(columns, lambda one: (_device(one[0]), one[1])):
        factors: list[dict[str, float]] = [{}]
        for key, _, value in same:
            name = key.rpartition("/")[2]
            if name not in _FACTOR_OF:
                raise ValueError(f"{key}: HJ 212 has no factor for it")
            if _FACTOR_OF[name] in factors[-1]:
                factors.append({})
            factors[-1][_FACTOR_OF[name]] = value
        sender = hj212_encode.Sender(device, _SURFACE_WATER)
        for some in factors:
            said = [hj212_encode.Reported(code, {"Rtd": value}) for code, value in some.items()]
            upload = hj212_encode.Upload("2011", time_us, time_us, said, wants_answer=False)
            frames += hj212_encode.encode(sender, upload)
    return frames


def _device(key: str) -> str:
    return key.rpartition("/")[0]
