"""Sessions of protocols whose payloads need what earlier ones said, as the gateway remembers them.

A session moves with every message, so a message that MQTT delivers again must not move it again:
after a lost connection that is a whole row of them. Each session therefore remembers the digests of
its last messages, and both go into the spool with the message that changed them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
import structlog

from ingest.codecs import SESSIONS
from ingest.codecs.receiving import Stepped

_REMEMBERED: Final = 255
"""Messages of a session that are known again. Sparkplug counts its messages from 0 to 255: equal
bytes among fewer than 256 are one message, beyond that they may be two."""

_log = structlog.get_logger()


class _Stored(msgspec.Struct, array_like=True):
    state: bytes
    recent: list[bytes]


_stored = msgspec.msgpack.Decoder(_Stored)


@dataclass(slots=True)
class _Session:
    state: Any = None
    recent: dict[bytes, None] = field(default_factory=dict)
    """Digests in the order of receipt."""


class SessionMemory:
    """All sessions of one collecting gateway, by name `{codec}:{gateway}`."""

    def __init__(self, stored: Mapping[str, bytes]) -> None:
        """Take up what the spool holds; a session that cannot be read begins anew."""
        self._sessions: dict[str, _Session] = {}
        self._changed: dict[str, str] = {}
        for name, content in stored.items():
            codec = name.partition(":")[0]
            if codec not in SESSIONS:
                continue
            try:
                one = _stored.decode(content)
                state = SESSIONS[codec].decode(one.state)
            except ValueError as error:  # msgspec's are
                _log.warning("a session begins anew", session=name, error=str(error))
            else:
                self._sessions[name] = _Session(state, dict.fromkeys(one.recent))

    def step(
        self, codec: str, gateway: str, topic: str, payload: bytes, received_us: int
    ) -> Stepped | None:
        """Move a session by a message; None for a message that has moved it before.

        Args:
            codec: one of `SESSIONS`.
            gateway: whose session it is.
            topic: of the message.
            payload: of the message.
            received_us: our clock, µs since 1970.
        """
        name = f"{codec}:{gateway}"
        one = self._sessions.setdefault(name, _Session())
        digest = hashlib.blake2b(topic.encode() + b"\0" + payload, digest_size=8).digest()
        if digest in one.recent:
            return None
        stepped = SESSIONS[codec].step(one.state, topic, payload, received_us)
        if stepped.session is None and one.state is None:
            del self._sessions[name]  # nothing has begun; there is no end to wrong names
            return stepped
        one.state = stepped.session
        one.recent[digest] = None
        if len(one.recent) > _REMEMBERED:
            del one.recent[next(iter(one.recent))]
        self._changed[name] = codec
        return stepped

    def changed(self) -> dict[str, bytes]:
        """Return the sessions that changed since the last call, as the spool stores them."""
        names, self._changed = self._changed, {}
        return {name: self._encoded(name, codec) for name, codec in names.items()}

    def _encoded(self, name: str, codec: str) -> bytes:
        one = self._sessions[name]
        state = b"" if one.state is None else SESSIONS[codec].encode(one.state)
        return msgspec.msgpack.encode(_Stored(state, list(one.recent)))
