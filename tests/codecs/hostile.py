"""Payloads that no honest device sends, and what must hold of the events read from them."""

import math
from collections.abc import Iterator

import msgspec

from devices.events import KINDS
from ingest.codecs import Decoded
from ingest.codecs.findings import CODES

TEN_MB = 10 << 20


def hostile(sample: bytes) -> Iterator[bytes]:
    """A payload cut at every byte, every bit flipped, glued to itself, and bombs."""
    for cut in range(len(sample)):
        yield sample[:cut]
    for bit in range(8 * len(sample)):
        flipped = bytearray(sample)
        flipped[bit // 8] ^= 1 << bit % 8
        yield bytes(flipped)
    yield sample + sample
    yield sample * 1001
    yield b"\x00\xff garbage " + sample + b" garbage \xfe"
    yield sample.replace(b"1", b"\x00")
    yield sample.replace(b"1", b"\xff\xfe")
    yield sample.replace(b"1", b"1e999")
    yield sample.replace(b"1", b"1" * 5000)
    yield sample.replace(b"3", "٣".encode())
    yield sample + b" " * TEN_MB
    yield b"a" * TEN_MB
    for deep in (b"[", b'{"a":', b"<a>", b"<Notify>", b'{"data":', b'{"events":[', b'{"Notify":'):
        yield deep * 20
        yield deep * 100_000
    yield b"[" * 900 + sample + b"]" * 900
    yield b"<a/>" * 100_000
    yield b"<Notify>" + b"<a/>" * 100_000 + b"</Notify>"
    yield b"<Notify></Notify>" * 50_000
    yield b"{}" * 100_000
    yield b"[" + b"{}," * 100_000 + b"{}]"
    yield b"<?" * 100_000
    yield b"<?xml " * 100_000
    yield b"&" * 100_000
    yield b"<a>" + b"&" * 100_000 + b"</a>"
    yield b'{"a":"' + b"\\ud800" * 1000 + b'"}'
    yield b""


def check(decoded: Decoded) -> None:
    """What must hold whatever came in."""
    assert bool(decoded.unusable) != bool(decoded.events)
    assert len(decoded.unusable) < 1000
    assert len(decoded.findings) <= 50
    for finding in decoded.findings:
        assert finding.code in CODES
        assert finding.detail
        assert len(finding.detail) <= 300
    for event in decoded.events:
        assert event.kind in KINDS
        assert 0 <= event.time_us <= 2**53
        assert 0 <= event.priority <= 4
        assert 0 < len(event.device) <= 128
        texts = [event.device, *(one for one in event.attributes.values() if isinstance(one, str))]
        assert not any("\0" in one for one in texts)
        assert all(one.encode() for one in texts if one)  # no half of a surrogate pair
        for one in event.attributes.values():
            assert not isinstance(one, float) or math.isfinite(one)
        assert msgspec.json.decode(msgspec.json.encode(event.attributes)) == event.attributes
    told = decoded.measurements
    assert told.n == len(told.unit) == told.time_us.shape[0] == told.value.shape[0]
    assert {index for index in range(told.n) if math.isnan(told.value[index])} == set(told.problem)
