"""Which numbers are missing between those that were heard, and when to ask for them.

A broker may lose a message that it acknowledged, and its publisher will send it again by itself,
in a while. The collecting side notices sooner: it asks for what is missing on
`cmd/{gateway}/resend`, once and after ever longer whiles again, and gives up in the end: of numbers
that nobody has any more nothing is heard. Pure: numbers and times in, requests out.

What lies before the first number heard of a boot is not missed: an earlier run had it, perhaps.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import msgspec

PATIENCE_S: Final = (1.0, 5.0, 10.0, 20.0, 40.0, 80.0)
"""Waits before each request for the same numbers, seconds. The first one is for what is only late:
a publisher that goes back sends all of it within a second."""

_STREAMS: Final = 4096
"""Boots followed at most; the one that was not heard for the longest time goes."""

_GAPS: Final = 64
"""Gaps of one boot followed at most; the oldest goes."""


class Range(NamedTuple):
    """Numbers of one boot, both ends inclusive."""

    boot: str
    first: int
    last: int


_requests = msgspec.json.Decoder(list[Range])


def topic(gateway: str) -> str:
    """Return where packs of a gateway are asked for.

    >>> topic("gw-7")
    'cmd/gw-7/resend'
    """
    return f"cmd/{gateway}/resend"


def encode(ranges: Iterable[Range]) -> bytes:
    """Return a request.

    >>> encode([Range("b", 3, 4)])
    b'[["b",3,4]]'
    """
    return msgspec.json.encode(list(ranges))


def decode(payload: bytes) -> list[Range] | None:
    """Return what is asked for; None where it is no request.

    >>> decode(b'[["b",3,4]]'), decode(b"[3]")
    ([Range(boot='b', first=3, last=4)], None)
    """
    try:
        return _requests.decode(payload)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


@dataclass(slots=True)
class _Gap:
    first: int
    last: int
    due_s: float
    asked: int = 0


@dataclass(slots=True)
class _Stream:
    following: int
    """The number after the highest one heard."""
    gaps: list[_Gap] = field(default_factory=list)


class GapsHeard:
    """What one collecting process has heard."""

    def __init__(self) -> None:
        """Begin with nothing heard."""
        self._streams: dict[tuple[str, str], _Stream] = {}
        """The one heard last stands last."""

    def heard(
        self, gateway: str, boot: str, seq: int, now_s: float, *, resends: bool = True
    ) -> None:
        """Note a number; one that was heard before changes nothing.

        Args:
            gateway: whose.
            boot: in which sequence.
            seq: the number.
            now_s: a monotonic clock, seconds.
            resends: whether its publisher keeps messages; another one is not asked for what is
                missing before this number.
        """
        stream = self._streams.pop((gateway, boot), None) or _Stream(seq)
        self._streams[gateway, boot] = stream
        if len(self._streams) > _STREAMS:
            del self._streams[next(iter(self._streams))]
        if seq < stream.following:
            stream.gaps = [rest for gap in stream.gaps for rest in _without(gap, seq)]
        else:
            if seq > stream.following and resends:
                due_s = now_s + PATIENCE_S[0]
                stream.gaps.append(_Gap(stream.following, seq - 1, due_s))
            stream.following = seq + 1
        del stream.gaps[:-_GAPS]

    def due(self, now_s: float) -> list[tuple[str, list[Range]]]:
        """Return what to ask for now: gateways, and the numbers missing of each.

        Args:
            now_s: as in `heard`.
        """
        found: dict[str, list[Range]] = {}
        for (gateway, boot), stream in self._streams.items():
            for gap in stream.gaps:
                if gap.due_s <= now_s:
                    found.setdefault(gateway, []).append(Range(boot, gap.first, gap.last))
                    gap.asked += 1
                    gap.due_s = now_s + PATIENCE_S[min(gap.asked, len(PATIENCE_S) - 1)]
            stream.gaps = [one for one in stream.gaps if one.asked < len(PATIENCE_S)]
        return list(found.items())


def _without(gap: _Gap, seq: int) -> list[_Gap]:
    """Return what is left of a gap without a number."""
    if not gap.first <= seq <= gap.last:
        return [gap]
    ends = [(gap.first, seq - 1), (seq + 1, gap.last)]
    return [_Gap(first, last, gap.due_s, gap.asked) for first, last in ends if first <= last]
