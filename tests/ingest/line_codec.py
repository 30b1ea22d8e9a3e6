"""A protocol of one line a frame, with pieces and answers: small enough to see at once.

`#device|key|number/total|seconds|level` and a line feed; the answer is `!key.number` and a line
feed. Frames of one key are pieces of one message.
"""

import re

from ingest import codecs
from ingest.codecs import Decoded, Event, Finding, Heard, Reply
from ingest.codecs.decoded import Value, measurements
from ingest.codecs.parts import Part

NAME = "line"
_FRAME = re.compile(rb"#([\w-]+)\|(\w+)\|(\d+)/(\d+)\|([\d.]+)\|([\d.]*)\n")


def frame(device="bridge-gauge", key="k", number=1, total=1, time_s=1.7e9, level=3.5) -> bytes:
    """Return one frame; a level of None gives a heartbeat."""
    said = "" if level is None else str(level)
    return f"#{device}|{key}|{number}/{total}|{time_s}|{said}\n".encode()


def answer(key="k", number=1) -> bytes:
    return f"!{key}.{number}\n".encode()


def decode(payload: bytes, _heard: Heard) -> Decoded:
    found = _FRAME.findall(payload)
    if not found:
        return Decoded(findings=[Finding("garbage", "", "no frame")], unusable="no frame")
    values, events = [], []
    for device, _, _, _, time_s, level in found:
        time_us = int(float(time_s) * 1e6)
        if level:
            key = f"{device.decode()}/water_level"
            values.append(Value(key, time_us, float(level), "m", 0))
        else:
            events.append(Event(device.decode(), "heartbeat", time_us, 0, {}))
    replies = [Reply(answer(key.decode(), int(number))) for _, key, number, *_ in found]
    return Decoded(measurements(values), events, replies=replies)


def part_of(payload: bytes) -> Part | None:
    found = _FRAME.findall(payload)
    if len(found) != 1 or found[0][3] == b"1":
        return None
    device, key, number, total, *_ = found[0]
    return Part(f"{device.decode()}.{key.decode()}", int(number), int(total))


class Framer:
    def __init__(self) -> None:
        self._kept = b""
        self.garbage = 0

    def feed(self, data: bytes) -> list[bytes]:
        *lines, self._kept = (self._kept + data).split(b"\n")
        whole = [line + b"\n" for line in lines]
        frames = [one for one in whole if _FRAME.fullmatch(one)]
        self.garbage += sum(map(len, whole)) - sum(map(len, frames))
        return frames

    def flush(self) -> list[bytes]:
        self.garbage += len(self._kept)
        self._kept = b""
        return []


def install() -> None:
    """Enter it into the tables of codecs, for the rest of this process."""
    codecs.CODECS[NAME] = decode
    codecs.PARTS[NAME] = part_of
    codecs.FRAMERS[NAME] = Framer
    codecs.ANSWERING.add(NAME)
