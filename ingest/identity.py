"""How a message is known again: the publisher's own number, or ours and what is in it.

A publisher that numbers its messages says so with the MQTT 5 user properties `boot` and `seq`. The
others get a number from the spool; a message of theirs that MQTT delivers twice is known again by
its content, if its content says when it was measured: the same bytes are then the same readings.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from ingest.codecs import CODECS, Heard

UNNUMBERED: Final = -1
"""Sequence number of a message that has none yet."""

_LONGEST: Final = 128
"""Characters of a gateway's name or a boot at most; PostgreSQL has no index entry above 2.7 kB."""

_RELATIVE_BELOW_US: Final = 2**28 * 1_000_000
"""With a receipt in 1970, times below this count from the receipt (RFC 8428, 4.5.3)."""


@dataclass(frozen=True, slots=True)
class Identity:
    """What a message is known by."""

    gateway: str
    boot: str
    """The publisher's run; empty for a message without a number of its own."""
    seq: int
    """Number within the boot, or `UNNUMBERED`."""
    content: bytes
    """Digest of topic and payload; empty where the number or the times do not make it one."""


def identify(topic: str, payload: bytes, properties: Mapping[str, str]) -> Identity:
    """Return the identity of a message on `up/{gateway}/{codec}`.

    A boot that begins with @ is ours to give: from a publisher it is no identity.

    >>> identify("up/g/senml", b"[]", {"boot": "b", "seq": "7"})
    Identity(gateway='g', boot='b', seq=7, content=b'')
    """
    gateway, codec = address(topic)
    boot, seq = properties.get("boot", ""), properties.get("seq", "")
    own = 0 < len(boot) <= _LONGEST and not boot.startswith("@")
    if own and "\0" not in boot and seq.isdecimal() and len(seq) < 19:  # NUL: no database text
        return Identity(gateway, boot, int(seq), b"")
    content = b""
    if _tells_its_times(topic, codec, payload):
        content = hashlib.blake2b(topic.encode() + b"\0" + payload, digest_size=16).digest()
    return Identity(gateway, "", UNNUMBERED, content)


def address(topic: str) -> tuple[str, str]:
    """Return gateway and codec of `up/{gateway}/{codec}`.

    A gateway with a name of more than 128 characters, which nobody has, gets a shorter one that
    is its own too.
    """
    _, gateway, codec = topic.split("/", 2)
    if len(gateway) > _LONGEST:
        digest = hashlib.blake2b(gateway.encode(), digest_size=8).hexdigest()
        gateway = f"{gateway[:64]}…{digest}"
    return gateway, codec


def _tells_its_times(topic: str, codec: str, payload: bytes) -> bool:
    """Whether every measurement carries its own time, so that equal bytes are equal readings."""
    decode = CODECS.get(codec)
    if decode is None:
        return False
    told = decode(payload, Heard(topic))
    events = [one.time_us for one in told.events]
    times = np.r_[told.measurements.time_us, np.array(events, np.int64)]
    return bool(times.size) and bool((times >= _RELATIVE_BELOW_US).all())
