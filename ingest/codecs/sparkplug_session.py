"""What must be remembered of a Sparkplug edge node: names behind aliases, and what comes next.

A pure state machine. Whoever receives a message calls `step`, stores the new session with the
message, in one transaction, and then publishes the replies; the codec afterwards needs no memory.

Source:
    Sparkplug 3.0, 5.4 to 5.6 (births, sequence numbers, rebirth), 6.4.6 (aliases).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Final, NamedTuple

import msgspec

from ingest.codecs.decoded import Event, Finding, Reply
from ingest.codecs.notes import Notes, clean
from ingest.codecs.sparkplug import LONGEST, MOST_METRICS, UNITS
from ingest.codecs.sparkplug_encode import rebirth
from ingest.codecs.sparkplug_proto import BD_SEQ, Datatype, DecodeError, Message, bd_seq, read, text
from ingest.codecs.sparkplug_topic import NAMESPACE, NOT_OURS, Address, address

ASKED_AT_MOST_EVERY_US: Final = 10_000_000
"""A node that does not understand the request would be asked with each of its messages."""

MOST_REMEMBERED: Final = 20_000
"""Metrics of a node and its devices that are remembered."""

_LONGEST_NAME: Final = 1024
"""Characters of a name that is remembered."""

_RECENT: Final = 32
"""Messages that are known again when MQTT delivers them twice (QoS 1, after a lost connection).

Equal bytes are the same message: within 256 messages the sequence number tells them apart."""

_UNKNOWN: Final = -1


class Known(msgspec.Struct, frozen=True, array_like=True):
    """What a birth says of a metric."""

    datatype: int
    unit: str


class Born(msgspec.Struct, frozen=True, array_like=True):
    """What a birth says of a node itself or of a device."""

    metrics: dict[str, Known]
    """By name."""
    aliases: dict[int, str]
    """Name by alias."""


class Session(msgspec.Struct, frozen=True, array_like=True):
    """What is remembered of one edge node. Never changed in place, nor is what it holds."""

    is_online: bool = False
    """Whether its birth has come and its death has not."""
    bd_seq: int = _UNKNOWN
    """What pairs its birth with its death; -1: it did not say."""
    next_seq: int = _UNKNOWN
    """Sequence number that must come; -1: any."""
    asked_us: int = _UNKNOWN
    """Time of the last request for a rebirth, µs since 1970; -1: never."""
    recent: tuple[bytes, ...] = ()
    """Digests of the last messages, the newest last."""
    born: dict[str, Born] = {}
    """By device; the node itself is ''."""


class Step(NamedTuple):
    """What a message leads to."""

    session: Session | None
    """To be stored with the message."""
    payload: bytes
    """To be stored as the message: names, datatypes and units are filled in where the births told
    them, so that it can be decoded by itself, now and later."""
    replies: Sequence[Reply] = ()
    """To be published once the message is safe."""
    findings: Sequence[Finding] = ()
    """What only the memory tells; decoding `payload` tells the rest."""
    events: Sequence[Event] = ()
    """What only the memory tells: devices that go offline with their node."""


_decoder = msgspec.msgpack.Decoder(Session)


def encode_session(session: Session) -> bytes:
    """Write a session."""
    return msgspec.msgpack.encode(session)


def decode_session(stored: bytes) -> Session | None:
    """Read a session; None, from which a rebirth heals, for one of another release.

    >>> decode_session(encode_session(Session(next_seq=7))).next_seq
    7
    """
    try:
        return _decoder.decode(stored)
    except msgspec.MsgspecError:
        return None


def step(session: Session | None, topic: str, payload: bytes, received_us: int) -> Step:
    """Take one message of an edge node or of one of its devices.

    Messages of a node must come in the order of their receipt. One that is delivered again changes
    nothing and gives the same payload.

    Args:
        session: of the node, `{group}/{node}`; None where nothing is known of it.
        topic: any; what is none of a node's messages changes nothing.
        payload: as it came.
        received_us: its receipt, µs since 1970.
    """
    told = address(topic)
    if told is None or told.kind in NOT_OURS or len(payload) > LONGEST:
        return Step(session, payload)
    try:
        message = read(payload)
    except DecodeError:
        return Step(session, payload)  # decoding says so; the gap asks for a rebirth
    if len(message.metrics) > MOST_METRICS:
        return Step(session, payload)
    before = session or Session()
    digest = hashlib.blake2b(topic.encode() + b"\0" + payload, digest_size=8).digest()
    one = _Message(told, message, before, received_us)
    if digest in before.recent:
        one.fill()
        if told.kind == "NDEATH" and before.is_online and _is_stale(message, before):
            one.mark()
        return Step(session, one.written(payload))
    after = one.taken()
    recent = (digest,) if told.kind == "NDEATH" else (*before.recent, digest)[-_RECENT:]
    after = msgspec.structs.replace(after, recent=recent)
    waited_us = received_us - after.asked_us
    may_ask = after.asked_us == _UNKNOWN or not 0 <= waited_us < ASKED_AT_MOST_EVERY_US
    if one.wants_rebirth and may_ask:
        after = msgspec.structs.replace(after, asked_us=received_us)
        to = f"{NAMESPACE}/{told.group}/NCMD/{told.node}"
        one.replies.append(Reply(rebirth(received_us // 1000), to))
    return Step(after, one.written(payload), one.replies, one.notes.findings, one.events)


class _Message:
    """One message on its way through a session."""

    def __init__(self, told: Address, message: Message, before: Session, received_us: int) -> None:
        """Prepare; `message` is filled in place."""
        self.notes = Notes()
        self.replies: list[Reply] = []
        self.events: list[Event] = []
        self.wants_rebirth = False
        self.is_filled = False
        self._told = told
        self._message = message
        self._before = before
        self._received_us = received_us

    def taken(self) -> Session:
        """Return what is remembered after the message."""
        match self._told.kind:
            case "NBIRTH":
                return self._node_born()
            case "NDEATH":
                return self._node_died()
            case "DBIRTH":
                after = self._in_order()
                return self._with_births(after, self._told.device)
            case "DDEATH":
                after = self._in_order()
                born = {key: one for key, one in after.born.items() if key != self._told.device}
                return msgspec.structs.replace(after, born=born)
        after = self._in_order()
        if after.is_online and self._told.device not in after.born:
            self._note("birth-missing", f"data before a DBIRTH of {self._told.device!r}")
        self.fill()
        return after

    def fill(self) -> None:
        """Write what the births told into the metrics of data.

        An alias that nobody named asks for a rebirth; it is a finding of the decoding.
        """
        born = self._before.born.get(self._told.device)
        for metric in self._message.metrics if self._told.kind.endswith("DATA") else ():
            name = text(metric.name)
            if not name and metric.HasField("alias"):
                name = born.aliases.get(metric.alias, "") if born else ""
                if not name:
                    self.wants_rebirth = True
                    continue
                metric.name, self.is_filled = name, True
            known = born.metrics.get(name) if born else None
            if known is None:
                continue
            if not metric.datatype and known.datatype:
                metric.datatype, self.is_filled = known.datatype, True
            if known.unit and not UNITS.intersection(metric.properties.keys):
                metric.properties.keys.append("engUnit")
                value = metric.properties.values.add()
                value.type, value.string_value = Datatype.STRING, known.unit
                self.is_filled = True

    def mark(self) -> None:
        """Say that a death is of an earlier life, for those who decode it by itself."""
        for metric in self._message.metrics:
            if metric.name == BD_SEQ:
                metric.is_historical = self.is_filled = True

    def written(self, payload: bytes) -> bytes:
        """Return the message as bytes; the same ones where nothing was filled in."""
        return bytes(self._message.SerializeToString()) if self.is_filled else payload

    def _node_born(self) -> Session:
        number = bd_seq(self._message)
        after = Session(
            is_online=True,
            bd_seq=_UNKNOWN if number is None else number,
            next_seq=(self._message.seq + 1) % 256,
            asked_us=self._before.asked_us,
        )
        return self._with_births(after, "")

    def _node_died(self) -> Session:
        before = self._before
        if before.is_online and _is_stale(self._message, before):
            detail = f"death of bdSeq {bd_seq(self._message)}; it lives as {before.bd_seq}"
            self._note("bdseq-mismatch", detail, asks=False)
            self.mark()
            return before
        for device in sorted(before.born):
            if device:
                name = clean(self._told._replace(device=device).name)
                self.events.append(Event(name, "offline", self._received_us, 0, {}))
        return Session(asked_us=before.asked_us)

    def _in_order(self) -> Session:
        """Check the sequence number of what is neither a node's birth nor its death."""
        before, message = self._before, self._message
        if not before.is_online:
            if self._told.kind != "DDEATH":
                self._note("birth-missing", f"{self._told.kind} before an NBIRTH of the node")
            return before
        wanted = before.next_seq
        if not message.HasField("seq") and wanted != 0:  # some encoders leave a zero out
            return msgspec.structs.replace(before, next_seq=_UNKNOWN)
        seq = message.seq % 256
        if wanted not in (_UNKNOWN, seq):
            self._note("seq-gap", f"seq {seq} where {wanted} must come")
            if (wanted - seq) % 256 <= _RECENT:
                return before  # late, not early: what comes next is as before
        return msgspec.structs.replace(before, next_seq=(seq + 1) % 256)

    def _with_births(self, after: Session, device: str) -> Session:
        """Remember what a birth says of the node itself ('') or of a device."""
        others = {key: one for key, one in after.born.items() if key != device}
        room = MOST_REMEMBERED - sum(len(one.metrics) + 1 for one in others.values())
        taken = {alias for one in others.values() for alias in one.aliases}
        metrics: dict[str, Known] = {}
        aliases: dict[int, str] = {}
        for metric in self._message.metrics:
            name = text(metric.name)
            if not name or name == BD_SEQ:
                continue
            if len(metrics) >= room or len(name) > _LONGEST_NAME:
                detail = f"more than {MOST_REMEMBERED} metrics, or {_LONGEST_NAME} in a name"
                self._note("over-length", detail, asks=False)
                break
            metrics[name] = Known(metric.datatype, _unit(metric))
            if metric.HasField("alias"):
                if metric.alias in taken:
                    detail = f"alias {metric.alias} of {name[:64]!r} has another metric, too"
                    self._note("alias-not-unique", detail, asks=False)
                taken.add(metric.alias)
                aliases.setdefault(metric.alias, name)
        if room > 0:
            others[device] = Born(metrics, aliases)
        return msgspec.structs.replace(after, born=others)

    def _note(self, code: str, detail: str, *, asks: bool = True) -> None:
        self.notes.add(code, self._told.name, detail)
        self.wants_rebirth = self.wants_rebirth or asks


def _is_stale(message: Message, before: Session) -> bool:
    number = bd_seq(message)
    return number is not None and before.bd_seq not in (_UNKNOWN, number)


def _unit(metric: Message) -> str:
    if not metric.HasField("properties"):
        return ""
    pairs = zip(metric.properties.keys, metric.properties.values, strict=False)
    return next((text(value.string_value)[:64] for key, value in pairs if key in UNITS), "")
