"""Receipts: which packs are safe, told to the publisher that asked.

A broker's PUBACK says that the broker has a message, and a broker that dies loses what it has not
handed on. A publisher that wants to know more sets the PUBLISH property Response Topic; the
collecting gateway names there what is on its disk. Pure: messages in, answers out.

Source:
    MQTT 5.0, 4.10 Request / Response.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec

from ingest.identity import UNNUMBERED

PREFIX: Final = "ack/"
"""Response topics begin with it: no device can make the gateway publish anywhere else."""

_LONGEST: Final = 128
"""Characters at most of a response topic, of a gateway's id and of a boot. Without a bound 256
messages of one group could make an answer that the broker closes our connection for."""

_LONGEST_TOPIC: Final = 512
"""Characters at most of any topic that we publish to."""

Pack = tuple[str, str, int]
"""Gateway, boot and sequence number."""

Answer = tuple[str, bytes]
"""Topic and payload: a JSON list of [gateway, boot, first seq, last seq], both ends inclusive."""


def receipts(messages: Iterable[tuple[str, Pack]]) -> list[Answer]:
    """Return one answer for each response topic.

    Args:
        messages: response topic and identity of messages that are safe, in any order, repeated or
            not. Those that ask for nothing, ask on a topic that is not answered, have no number of
            their publisher's own or a name of more than 128 characters are left out.

    >>> receipts([("ack/f", ("g", "b", 4)), ("ack/f", ("g", "b", 5)), ("up/g/x", ("g", "b", 6))])
    [('ack/f', b'[["g","b",4,5]]')]
    """
    asked: dict[str, set[Pack]] = {}
    for topic, pack in messages:
        if pack[2] != UNNUMBERED and is_answered(topic) and max(map(len, pack[:2])) <= _LONGEST:
            asked.setdefault(topic, set()).add(pack)
    return [(topic, msgspec.json.encode(_ranges(packs))) for topic, packs in asked.items()]


def is_answered(topic: str) -> bool:
    """Return whether a response topic is one that receipts go to.

    >>> is_answered("ack/field-7"), is_answered("ack/+"), is_answered("cmd/field-7")
    (True, False, False)
    """
    named = topic.startswith(PREFIX) and len(PREFIX) < len(topic) <= _LONGEST
    return named and is_sendable(topic)


def is_sendable(topic: str) -> bool:
    r"""Return whether a topic can be published to.

    A broker closes the connection of a client that publishes to a topic it finds malformed.

    >>> is_sendable("down/g/hj212"), is_sendable("down/g\0/hj212")
    (True, False)
    """
    return topic.isprintable() and not set(topic) & set("+#") and len(topic) <= _LONGEST_TOPIC


def _ranges(packs: Iterable[Pack]) -> list[list[str | int]]:
    ranges: list[list[str | int]] = []
    last: Pack | None = None
    for pack in sorted(packs):
        if last is not None and pack == (last[0], last[1], last[2] + 1):
            ranges[-1][3] = pack[2]
        else:
            ranges.append([*pack, pack[2]])
        last = pack
    return ranges
