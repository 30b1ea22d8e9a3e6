"""Frames of HJ 212 out of a stream of bytes: cut anywhere, with anything between, as TCP gives it.

Where frames are is a matter of the bytes alone, never of how they were cut. The declared length is
not believed: a frame ends with `&&`, checksum, CR LF, or where the next one begins.
"""

from __future__ import annotations

import re
from typing import Final

from ingest.codecs.hj212_frame import END, START

LONGEST_FRAME: Final = 16 * 1024
"""Bytes after which a frame without end is handed on as it is; four digits can say 9999."""

_EDGE: Final = re.compile(END.pattern + b"|" + START.pattern)
_EDGE_BYTES: Final = 8
"""Of the longest edge."""


class Framer:
    """Takes bytes, gives candidate frames. For one connection; not for several threads."""

    def __init__(self, longest: int = LONGEST_FRAME) -> None:
        """Begin with nothing.

        Args:
            longest: bytes of the longest frame, and so of what is ever kept; at least 16.

        Raises:
            ValueError: `longest` is less.
        """
        if longest < 16:
            raise ValueError(f"longest {longest} is below 16 bytes, which every frame has")
        self._longest = longest
        self._kept = bytearray()
        self._searched = 0
        """Up to where the kept bytes, a frame's beginning, have no end."""
        self.garbage = 0
        """Bytes that were between frames and are dropped, line ends included."""

    def feed(self, data: bytes) -> list[bytes]:
        """Take the next bytes and return the frames that are complete with them.

        A frame without CR LF is complete when the next one begins: see `flush`.

        Returns:
            Each from its `##` to its CR LF, or to the next `##`, or the first `longest` bytes of
            what does not end; `ingest.codecs.hj212` says what is in them.
        """
        self._kept += data
        found: list[bytes] = []
        position = 0
        while True:
            begin = START.search(self._kept, position)
            if begin is None:
                self._drop(position)
                return found
            at = begin.start()
            self.garbage += at - position
            if at:
                del self._kept[:at]
                self._searched = 0
            window = min(len(self._kept), self._longest)
            edge = _EDGE.search(self._kept, max(2, self._searched - _EDGE_BYTES), window)
            if edge is not None:
                end = edge.start() if edge[0] == b"##" else edge.end()
            elif len(self._kept) >= self._longest:
                end = self._longest
                # A next beginning may straddle it.
                end -= len(self._kept[end - 2 : end]) - len(self._kept[end - 2 : end].rstrip(b"#"))
            else:
                self._searched = window
                return found
            found.append(bytes(self._kept[:end]))
            self._searched = 0
            position = end

    def flush(self) -> list[bytes]:
        """Return what stands there without an end: when the line is idle, or closed."""
        rest = bytes(self._kept)
        self._kept.clear()
        self._searched = 0
        if START.match(rest):
            return [rest]
        self.garbage += len(rest)
        return []

    def _drop(self, position: int) -> None:
        """Keep only what may be the beginning of a `##`."""
        tail = bytes(self._kept[max(position, len(self._kept) - 2) :])
        hashes = len(tail) - len(tail.rstrip(b"#"))
        self.garbage += len(self._kept) - position - hashes
        del self._kept[: len(self._kept) - hashes]
        self._searched = 0
