"""Messages of SL 651: frames by themselves, and packets of a set joined.

Source:
    SL 651-2014, 6.3.1.2 c and 6.5.3: the body of a long message is cut, each packet says how many
    there are and which it is, only the first has the serial number.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Final, NamedTuple

from ingest.codecs.sl651_frame import Check, Frame

MOST_NAMED: Final = 8
"""Missing packets of a set that are named: a header can claim 4095."""


class Message(NamedTuple):
    """One body with the frames that brought it."""

    frames: list[Frame]
    """In order of their numbers; at least one."""
    body: bytes
    """Up to the first packet that is missing; empty where that is the first of all."""
    missing: list[int]
    """Numbers of packets that did not come, the first `MOST_NAMED` of them."""

    @property
    def is_intact(self) -> bool:
        """Whether every packet came as it was sent."""
        return not self.missing and all(one.check is not Check.WRONG for one in self.frames)


def messages(frames: Iterable[Frame]) -> list[Message]:
    """Join packets of one station, centre, function and total.

    Messages come in the order of their first frames. A packet that comes again counts once; one
    with another body begins another set.
    """
    sets: list[dict[int, Frame]] = []
    latest: dict[tuple[str, int, int, int], dict[int, Frame]] = {}
    for one in frames:
        if not one.total:
            sets.append({1: one})
            continue
        key = one.station, one.centre, one.function, one.total
        known = latest.get(key)
        if known is None or (one.number in known and known[one.number].body != one.body):
            known = latest[key] = {}
            sets.append(known)
        known.setdefault(one.number, one)
    return [_joined(known) for known in sets]


def _joined(known: dict[int, Frame]) -> Message:
    ordered = [known[number] for number in sorted(known)]
    total = max(ordered[0].total, 1)
    absent = (number for number in range(1, total + 1) if number not in known)
    missing = list(islice(absent, MOST_NAMED))
    until = missing[0] if missing else total + 1
    body = b"".join(known[number].body for number in range(1, until))
    return Message(ordered, body, missing)
