"""What a protocol wants answered once for a whole set of pieces: when the last of them is there.

A piece by itself says nothing of the others, so the codec cannot answer it. Kept in memory and not
in the spool: who is not answered, because we were started again in between, sends the set again,
and that is answered. A set that is complete is remembered for those who did not hear the answer.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from ingest.codecs import CODECS, Heard, Reply
from ingest.codecs.parts import Part
from ingest.spool_parts import LARGEST_SET, PATIENCE_S

_MOST_BYTES: Final = 16 * LARGEST_SET
"""Of all sets; the one that was silent for longest goes first, and with it one answer."""

_MOST_SETS: Final = 10_000


@dataclass(slots=True)
class _Set:
    pieces: dict[int, bytes] = field(default_factory=dict)
    """Payload by number."""
    size: int = 0
    """Bytes of them."""
    heard_us: int = 0
    """When the newest came."""


class SetAnswers:
    """The sets that are under way, and those that lately were."""

    def __init__(self) -> None:
        """Begin with none."""
        self._sets: OrderedDict[tuple[str, str, int], _Set] = OrderedDict()
        self._size = 0

    def heard(
        self, codec: str, topic: str, payload: bytes, part: Part, received_us: int
    ) -> Sequence[Reply]:
        """Take a piece; return what is to be answered once it is safe, like those before it.

        That is the answer to the whole set, when its last missing piece comes, and when the piece
        with the highest number comes again. Other bytes under a number that is there begin the
        next set.

        Args:
            codec: one of `ingest.codecs.ANSWERING_SETS`.
            topic: of the message.
            payload: the piece.
            part: which piece it is.
            received_us: our clock, µs since 1970; the answer may name it.
        """
        which = (topic, part.key, part.total)
        one = self._sets.pop(which, None)
        if one is not None:
            self._size -= one.size
        there = one.pieces.get(part.number) if one is not None else None
        is_over = one is None or received_us - one.heard_us > PATIENCE_S * 1_000_000
        if one is None or is_over or there not in (None, payload):
            one, there = _Set(), None
        if there is None:
            one.pieces[part.number] = payload
            one.size += len(payload)
        one.heard_us = received_us
        if one.size <= LARGEST_SET:
            self._sets[which] = one
            self._size += one.size
        self._forget()
        is_due = there is None or part.number == part.total
        if not is_due or len(one.pieces) < part.total or one.size > LARGEST_SET:
            return ()
        whole = b"".join(one.pieces[number] for number in sorted(one.pieces))
        return CODECS[codec](whole, Heard(topic, received_us)).replies

    def _forget(self) -> None:
        while self._size > _MOST_BYTES or len(self._sets) > _MOST_SETS:
            self._size -= self._sets.popitem(last=False)[1].size
