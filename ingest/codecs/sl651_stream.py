"""Frames out of a stream of bytes: glued, split, with garbage between and with wrong lengths.

What is found does not depend on how the stream was cut: starts are judged in the order in which
the frames they announce are complete. The one whose check comes out right first is a frame, and
whatever began before it is not waited for any longer.
"""

from __future__ import annotations

from collections import deque
from heapq import heappop, heappush
from typing import Final, NamedTuple

from ingest.codecs.sl651_frame import (
    AROUND_BYTES,
    HEADER_BYTES,
    START,
    Check,
    check_of,
    declared_length,
)

_FREE_WORK: Final = 1 << 16
_WORK_A_BYTE: Final = 4
"""Bytes that may be checked for each byte received, beyond `_FREE_WORK`. Honest streams need 1;
starts within frames within frames could make it 2000, so beyond this they are not looked for."""


class Span(NamedTuple):
    """Where something that begins like a frame stands, counted from the begin of the stream."""

    start: int
    end: int
    check: Check
    """`WRONG` as well for what was given up before it was complete."""


class Framer:
    """Cuts one stream into frames. For one connection, keeps at most one frame: 32 KiB."""

    def __init__(self) -> None:
        """Begin before the first byte."""
        self._buffer = bytearray()
        self._begin = 0
        """Place of the buffer's first byte in the stream."""
        self._searched = 0
        """Place up to which starts are known."""
        self._starts: deque[int] = deque()
        """Places of headers, ascending; those before `_begin` no longer count."""
        self._due: list[tuple[int, int]] = []
        """Heap of (end, start) of headers that are not judged."""
        self._broken: dict[int, int] = {}
        """End by start of what was judged and is no frame."""
        self._work = 0
        self.garbage = 0
        """Bytes so far that belong to nothing that begins like a frame."""

    def feed(self, data: bytes) -> list[bytes]:
        """Take the next bytes; return the frames that are complete with them.

        A frame with a wrong check is among them, for the codec to say so; where another start is
        within it, it ends there.
        """
        whole, begin = bytes(self._buffer) + data, self._begin
        return [whole[start - begin : end - begin] for start, end, _ in self.spans(data)]

    def flush(self) -> list[bytes]:
        """Return what stands there without an end: when the line is idle, or closed."""
        whole, begin = bytes(self._buffer), self._begin
        return [whole[start - begin : end - begin] for start, end, _ in self.rest()]

    def spans(self, data: bytes) -> list[Span]:
        """Take the next bytes; return where frames stand."""
        self._buffer += data
        self._search()
        found: list[Span] = []
        while self._due and self._due[0][0] <= self._begin + len(self._buffer):
            end, start = heappop(self._due)
            if start < self._begin:
                continue
            check = self._judge(start, end)
            if check is None or check is Check.WRONG:
                self._broken[start] = end
                self._give_up_broken(found, may_hold_others=check is not None)
                continue
            if (first := self._first()) < start:
                found.append(Span(first, start, Check.WRONG))
                self._drop(first, start)
            found.append(Span(start, end, check))
            self._drop(start, end)
            self._give_up_broken(found, may_hold_others=True)
        first = self._first()
        if first > self._begin:
            self._drop(first, first)
        return found

    def rest(self) -> list[Span]:
        """Give up what is not complete; return where it stands."""
        found: list[Span] = []
        until = self._begin + len(self._buffer)
        while (at := self._buffer.find(START)) >= 0:
            start = self._begin + at
            while self._starts and self._starts[0] <= start:
                self._starts.popleft()
            end = self._starts[0] if self._starts else until
            found.append(Span(start, end, Check.WRONG))
            self._drop(start, end)
        self._drop(until, until)
        return found

    def _search(self) -> None:
        """Note the headers that are complete."""
        buffer, begin = self._buffer, self._begin
        at = buffer.find(START, self._searched - begin)
        while 0 <= at <= len(buffer) - HEADER_BYTES:
            length = declared_length(buffer, at)
            if length >= 0:
                self._starts.append(begin + at)
                heappush(self._due, (begin + at + AROUND_BYTES + length, begin + at))
            at = buffer.find(START, at + 1)
        self._searched = begin + (len(buffer) - buffer.endswith(START[:1]) if at < 0 else at)

    def _first(self) -> int:
        """Return the place before which nothing is needed any more."""
        while self._starts and self._starts[0] < self._begin:
            self._starts.popleft()
        return self._starts[0] if self._starts else max(self._begin, self._searched)

    def _judge(self, start: int, end: int) -> Check | None:
        """Check a frame; None where that would be more work than the stream is worth."""
        if self._work > _FREE_WORK + _WORK_A_BYTE * end:
            return None
        self._work += end - start
        return check_of(self._buffer, start - self._begin, end - self._begin)

    def _give_up_broken(self, found: list[Span], may_hold_others: bool) -> None:
        """Hand on what comes first, as long as it is known to be no frame."""
        while (first := self._first()) in self._broken:
            end = self._broken.pop(first)
            within = -1
            if may_hold_others:
                within = self._buffer.find(START, first + 2 - self._begin, end - self._begin)
            if within >= 0:
                end = self._begin + within
            elif may_hold_others and self._buffer[end - 1 - self._begin] == START[0]:
                end -= 1  # the next start may begin with it
            found.append(Span(first, end, Check.WRONG))
            self._drop(first, end)

    def _drop(self, start: int, end: int) -> None:
        """Forget everything before `end`; before `start` it is garbage."""
        self.garbage += start - self._begin
        del self._buffer[: end - self._begin]
        self._begin = end
        self._searched = max(self._searched, end)
        if len(self._broken) > 4 * (32768 // HEADER_BYTES):
            self._broken = {at: to for at, to in self._broken.items() if at >= end}
