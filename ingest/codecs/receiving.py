"""What a codec may offer beside decoding, for those who receive its bytes.

A protocol may send one message in several pieces, may have frames in a stream of bytes, and may
have sessions: state that later payloads cannot be read without. Each is a line in a table of
`ingest.codecs`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol, TypeAlias

from ingest.codecs.decoded import Event, Finding, Reply
from ingest.codecs.parts import Part

PartOf: TypeAlias = Callable[[bytes], Part | None]
"""Which piece of a message a payload is; None for one that stands alone. Never raises."""


class Framer(Protocol):
    """Finds frames in one connection's stream of bytes, however it is cut. Never raises."""

    @property
    def garbage(self) -> int:
        """Bytes so far that were in no frame and are dropped."""
        ...

    def feed(self, data: bytes, /) -> list[bytes]:
        """Take the next bytes; return the frames that are complete with them."""
        ...

    def flush(self) -> list[bytes]:
        """Return what stands there without an end: when the line is idle, or closed."""
        ...


class Stepped(Protocol):
    """What a payload does to its session."""

    @property
    def session(self) -> Any:  # noqa: ANN401 # the codec's own
        """What the session is from now on; None where there is none yet."""
        ...

    @property
    def payload(self) -> bytes:
        """The payload with all that the session knows: it can be decoded without it."""
        ...

    @property
    def replies(self) -> Sequence[Reply]:
        """What the protocol wants answered."""
        ...

    @property
    def findings(self) -> Sequence[Finding]:
        """What only the session shows, such as a gap."""
        ...

    @property
    def events(self) -> Sequence[Event]:
        """What only the session shows."""
        ...


class SessionCodec(NamedTuple):
    """A protocol whose payloads need what earlier ones said."""

    step: Callable[[Any, str, bytes, int], Stepped]
    """(session or None, topic, payload, time of receipt in µs) → what becomes of both. Pure,
    never raises; the same payload once more must change nothing."""
    encode: Callable[[Any], bytes]
    decode: Callable[[bytes], Any]
    """The session as bytes, and back. Raises ValueError for what is none."""
