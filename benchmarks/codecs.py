"""What one process decodes of each protocol: `python -m benchmarks.codecs [NAME …]`.

Medians over several rounds of processor time: neighbours on the machine slow it down and do not
count as ours. Compare two versions on one machine in one sitting.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from typing import NamedTuple

from ingest.codecs import (
    CODECS,
    Event,
    Heard,
    Measurements,
    camera_encode,
    gb28181_encode,
    senml_encode,
    sl651_encode,
    sparkplug_encode,
    thingsboard_encode,
)
from ingest.codecs.decoded import Value, measurements
from ingest.codecs.hj212_encode import Reported, Sender, Upload, encode

ROUNDS = 15

_NOW_US = 1_800_000_000_000_000


class Row(NamedTuple):
    """One measurement."""

    codec: str
    payloads: list[bytes]
    """What one round decodes."""
    what: str
    """What is counted, in words."""
    count: int
    """How many of them a round has."""
    topic: str = ""
    """On which they come, where the codec looks at it."""


def hj212() -> Row:
    """Data at an instant as in annex C.21, one frame a payload, each with a flag and an answer."""
    sender = Sender("010000A8900016F000169DC0", "32")
    payloads = []
    for number in range(2000):
        factors = [Reported("w01001", {"Rtd": 7.1}), Reported("w01018", {"Rtd": number / 10})]
        at_us = _NOW_US + number * 1_000_000
        payloads += encode(sender, Upload("2011", at_us, at_us, factors))
    return Row("hj212", payloads, "frames", len(payloads))


def _readings(number: int) -> Measurements:
    """Return a pack of 500 readings of 100 devices."""
    names = ("pm25", "pm10", "so2", "no2", "o3")
    return measurements(
        [
            Value(f"station-{index // 5}/{names[index % 5]}", _NOW_US + index * 250_000,
                  12.5 + number + index, "ug/m3", 0)
            for index in range(500)
        ]
    )  # fmt: skip


def _packs(codec: str, write: Callable[[Measurements], bytes]) -> Row:
    payloads = [write(_readings(number)) for number in range(40)]
    return Row(codec, payloads, "readings", 500 * len(payloads))


def senml() -> Row:
    """Packs of 500 readings in JSON."""
    return _packs("senml", senml_encode.encode_json)


def senml_cbor() -> Row:
    """The same in CBOR."""
    return _packs("senml-cbor", senml_encode.encode_cbor)


def thingsboard() -> Row:
    """The same as a ThingsBoard gateway writes them."""
    return _packs("thingsboard", thingsboard_encode.encode)


def sl651() -> Row:
    """Timed reports of four elements, one frame a payload, each with an answer."""
    elements = [
        sl651_encode.Reported(lead, [value])
        for lead, value in ((0x20, 13.0), (0x22, 4.0), (0x39, 0.55), (0x38, 12.68))
    ]
    payloads = [
        sl651_encode.encode(
            sl651_encode.Report("0010100001", 0x32, at_us, at_us, elements, serial=number % 65535)
        )
        for number in range(2000)
        for at_us in [_NOW_US + number * 60_000_000]
    ]
    return Row("sl651", payloads, "frames", len(payloads))


def sparkplug() -> Row:
    """Data of 50 metrics with names, datatypes and units, as the collecting gateway stores it."""
    payloads = []
    for number in range(400):
        at_ms = _NOW_US // 1000 + number
        metrics = [
            sparkplug_encode.Metric(f"metric {index}", 12.5 + index, time_ms=at_ms, unit="m3/h")
            for index in range(50)
        ]
        payloads.append(sparkplug_encode.encode(metrics, at_ms, number % 256))
    return Row("sparkplug", payloads, "readings", 50 * len(payloads), "spBv1.0/water/NDATA/node")


def _events(codec: str, write: Callable[[Event], bytes]) -> Row:
    about = {"text": "广场东侧人群聚集", "lon": 120.1276, "lat": 32.5092, "count": 31}
    payloads = [
        write(Event("32120401001320000001", "density", at_us, 2, about))
        for at_us in range(_NOW_US, _NOW_US + 1_000_000_000, 1_000_000)
    ]
    return Row(codec, payloads, "events", len(payloads))


def gb28181() -> Row:
    """Alarms in XML, declared and written as GB 18030."""
    return _events("gb28181", lambda event: gb28181_encode.encode(event, "GB18030"))


def camera() -> Row:
    """The same as camera events in JSON."""
    return _events("camera", lambda event: camera_encode.encode([event]))


ROWS: dict[str, Callable[[], Row]] = {
    "senml": senml,
    "senml-cbor": senml_cbor,
    "thingsboard": thingsboard,
    "hj212": hj212,
    "sl651": sl651,
    "sparkplug": sparkplug,
    "gb28181": gb28181,
    "camera": camera,
}
"""Row by name; a codec adds its own."""


def main(names: list[str]) -> None:
    """Print one line for each row."""
    for name in names:
        if name not in ROWS:
            raise SystemExit(f"{name!r} is not measured; there are {', '.join(ROWS)}")
    print(f"median of {ROUNDS} rounds, per second of processor time of one process")
    for name in names or ROWS:
        row = ROWS[name]()
        decode = CODECS[row.codec]
        heard = Heard(row.topic, _NOW_US)
        told = decode(row.payloads[0], heard)
        if told.unusable or told.findings:
            raise SystemExit(f"{name}: {told.unusable or told.findings}; good payloads are due")
        seconds = statistics.median(_timed(decode, row.payloads, heard) for _ in range(ROUNDS))
        size = sum(map(len, row.payloads)) / len(row.payloads)
        print(f"{name:<20}{row.count / seconds:>12,.0f} {row.what}/s{size:>10,.0f} bytes/payload")


def _timed(decode: Callable[[bytes, Heard], object], payloads: list[bytes], heard: Heard) -> float:
    start = time.process_time()
    for payload in payloads:
        decode(payload, heard)
    return time.process_time() - start


if __name__ == "__main__":
    main(sys.argv[1:])
