"""Whose message it is, and how it is known again.

A publisher that numbers its messages says so with the MQTT 5 user properties `boot` and `seq`. The
others get a number from the spool; a message of theirs that MQTT delivers twice is known again by
its content, if its content says when it was measured: the same bytes are then the same readings.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ingest.codecs import CODECS, Decoded, Heard

UNNUMBERED: Final = -1
"""Sequence number of a message that has none yet."""

_LONGEST: Final = 128
"""Characters of a gateway's name or a boot at most; PostgreSQL has no index entry above 2.7 kB."""

_RELATIVE_BELOW_US: Final = 2**28 * 1_000_000
"""With a receipt in 1970, times below this count from the receipt (RFC 8428, 4.5.3)."""

_NOT_OURS: Final = frozenset({"NCMD", "DCMD", "STATE"})
"""Sparkplug's topics for those who command: what is published there are our own words, or those
of another host."""


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


def identify(
    topic: str, payload: bytes, properties: Mapping[str, str], told: Decoded | None = None
) -> Identity:
    """Return the identity of a message.

    A boot that begins with @ is ours to give: from a publisher it is no identity.

    Args:
        topic: one that `address` knows.
        payload: as it came.
        properties: MQTT 5 user properties.
        told: what the payload says, where somebody has decoded it already. Otherwise it is decoded
            here, and only if it has no number.

    >>> identify("up/g/senml", b"[]", {"boot": "b", "seq": "7"})
    Identity(gateway='g', boot='b', seq=7, content=b'')
    """
    gateway, codec = address(topic)
    boot, seq = properties.get("boot", ""), properties.get("seq", "")
    own = 0 < len(boot) <= _LONGEST and not boot.startswith("@")
    if own and "\0" not in boot and seq.isdecimal() and len(seq) < 19:  # NUL: no database text
        return Identity(gateway, boot, int(seq), b"")
    if told is None and codec in CODECS:
        told = CODECS[codec](payload, Heard(topic))
    content = b""
    if told is not None and _tells_its_times(told):
        content = _digest(topic, payload)
    return Identity(gateway, "", UNNUMBERED, content)


def address(topic: str) -> tuple[str, str]:
    """Return who published on a topic, and in which codec: the one place that knows topics.

    A gateway with a name of more than 128 characters, which nobody has, gets a shorter one that
    is its own too. Never raises; on a topic of another form nobody (empty) has published.

    >>> address("up/gw-7/hj212")
    ('gw-7', 'hj212')
    >>> address("up/gw-7/snapshot/2026-001")
    ('gw-7', 'snapshot')
    >>> address("v1/gateway/telemetry")
    ('thingsboard', 'thingsboard')
    >>> address("spBv1.0/water/DDATA/node-1/pump")
    ('water/node-1', 'sparkplug')
    """
    match topic.split("/"):
        case ["up", gateway, codec]:
            return _short(gateway), codec
        case ["up", gateway, "snapshot", _]:
            return _short(gateway), "snapshot"
        case ["v1", "gateway", "telemetry"]:
            return "thingsboard", "thingsboard"
        case ["spBv1.0", group, _, node] | ["spBv1.0", group, _, node, _]:
            return _short(f"{group}/{node}"), "sparkplug"
    return "", _short(topic)


def is_ours(topic: str) -> bool:
    """Return whether a message on this topic is for us to keep.

    >>> is_ours("spBv1.0/water/NDATA/node-1"), is_ours("spBv1.0/water/NCMD/node-1")
    (True, False)
    """
    if topic.startswith("up/"):  # nearly all
        return True
    levels = topic.split("/", 3)
    return levels[0] != "spBv1.0" or not _NOT_OURS & set(levels[1:3])


def _short(name: str) -> str:
    if len(name) > _LONGEST:
        digest = hashlib.blake2b(name.encode(errors="replace"), digest_size=8).hexdigest()
        return f"{name[:64]}…{digest}"
    return name


def _digest(topic: str, payload: bytes) -> bytes:
    return hashlib.blake2b(
        topic.encode(errors="replace") + b"\0" + payload, digest_size=16
    ).digest()


def _tells_its_times(told: Decoded) -> bool:
    """Whether all that is told carries its own time, so that equal bytes are the same again."""
    if any(one.code == "time-missing" for one in told.findings):
        return False
    times_us = told.measurements.time_us
    return bool(
        (told.measurements.n or told.events)
        and (times_us >= _RELATIVE_BELOW_US).all()
        and all(one.time_us >= _RELATIVE_BELOW_US for one in told.events)
    )
