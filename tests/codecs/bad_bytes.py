"""Ways to spoil a payload, for the fuzz tests of codecs, and what every decoder must still keep."""

import random

import numpy as np
from hypothesis import given, settings

from devices import Quality
from devices.events import KINDS
from ingest.codecs import Decoded, Heard
from ingest.codecs.findings import CODES

RECEIVED_US = 1_800_000_000_000_000
FIRST_US, LAST_US = 0, 2**53
MOST_FINDINGS = 51
"""50, and one that says that there are more."""


def spoiled(good, seed):
    """Yield what becomes of good payloads on a bad day: cut, flipped, glued, over-long."""
    chance = random.Random(seed)
    for payload in good:
        for end in range(len(payload)):
            yield payload[:end]
        for _ in range(400):
            bits = bytearray(payload)
            for _ in range(chance.randint(1, 4)):
                bits[chance.randrange(len(bits))] ^= 1 << chance.randrange(8)
            yield bytes(bits)
        for _ in range(100):
            at, end = sorted(chance.choices(range(len(payload) + 1), k=2))
            yield payload[:at] + chance.randbytes(chance.randint(0, 8)) + payload[end:]
            yield payload[:end] + payload[at:]
        yield payload + payload
        yield payload + b"\0" * 16
        yield payload * (2_000_000 // len(payload))
        yield payload.replace(b"e", b"\xff\xfe").replace(b"l", b"\0")
    yield bytes(10_000_000)
    yield b"[" * 1_000_000
    yield b'{"a":' * 150_000
    yield b"\x81" * 1_000_000
    yield b"\xff" * 10_000_000
    for length in range(200):
        yield chance.randbytes(length)


def keeps_its_promises(decoded):
    """Fail unless a result is one that the rest of the line can take."""
    assert isinstance(decoded, Decoded)
    told = decoded.measurements
    columns = (told.key, told.time_us, told.value, told.unit, told.quality)
    assert {len(column) for column in columns} == {told.n}
    assert told.time_us.dtype == np.int64
    assert ((told.time_us >= FIRST_US) & (told.time_us <= LAST_US)).all()
    assert not np.isinf(told.value).any()
    unexplained = set(np.flatnonzero(np.isnan(told.value)).tolist()) - set(told.problem)
    assert not unexplained
    assert set(told.quality.tolist()) <= set(Quality)
    assert len(decoded.findings) <= MOST_FINDINGS
    for finding in decoded.findings:
        assert finding.code in CODES
        assert len(finding.detail) <= 300
    assert all(event.kind in KINDS for event in decoded.events)
    texts = [*told.key, *told.unit, *told.problem.values(), decoded.unusable]
    texts += [text for finding in decoded.findings for text in finding[1:]]
    texts += [event.device for event in decoded.events]
    for text in texts:
        assert "\0" not in text
        text.encode()  # no lone surrogates


def fuzz(decode, good, topics=("",), seed=1):
    """Decode every spoiled payload; return how many there were."""
    tried = 0
    for payload in spoiled(good, seed):
        for topic in topics:
            keeps_its_promises(decode(payload, Heard(topic, RECEIVED_US)))
            tried += 1
    return tried


def hunt(payloads, look, examples=500):
    """Let hypothesis look for something that breaks a promise; return how many were tried."""
    tried = 0

    @settings(max_examples=examples, deadline=None)
    @given(payloads)
    def one(payload):
        nonlocal tried
        tried += 1
        look(payload)

    one()
    return tried
