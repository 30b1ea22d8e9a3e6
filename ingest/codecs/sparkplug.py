"""Sparkplug B: births, deaths and data of edge nodes and their devices, in protobuf.

One payload stands alone here. What needs memory, names behind aliases and missing messages, is
filled in at receipt by `ingest.codecs.sparkplug_session`.

Source:
    Sparkplug 3.0, chapters 4 (topics) and 6 (payloads).
"""

from __future__ import annotations

import math
from typing import Final

from devices import Quality
from ingest.codecs.decoded import Decoded, Event, Heard, Value, measurements
from ingest.codecs.epoch_ms import Instant, instant
from ingest.codecs.notes import Notes, clean
from ingest.codecs.sparkplug_proto import BD_SEQ, Datatype, DecodeError, Message, bd_seq, read, text
from ingest.codecs.sparkplug_topic import BIRTHS, DEATHS, NAMESPACE, NOT_OURS, Address, address
from ingest.codecs.sparkplug_value import take

LONGEST: Final = 1 << 20
"""Bytes of a payload that are looked at."""

MOST_METRICS: Final = 50_000
"""Metrics of a payload that are looked at."""

_OWN: Final = (BD_SEQ, "Node Control/", "Device Control/")
"""Beginnings of the names of metrics that run the protocol and measure nothing."""

UNITS: Final = frozenset({"engUnit", "unit", "units"})
"""Properties of a metric that name its unit; Sparkplug itself names none."""

_QUALITIES: Final = {
    0: Quality.FAULT, 192: Quality.GOOD, 500: Quality.COMMUNICATION_FAULT,
}  # fmt: skip
"""Quality by code: bad, good, stale (6.4.9)."""


def decode(payload: bytes, heard: Heard) -> Decoded:
    """Decode a payload.

    The key of a value is `{group}/{node}[/{device}]/{name of the metric}`; where only an alias is
    known, `#{alias}` stands for the name.

    Args:
        payload: the protobuf message.
        heard: its topic says whose it is and of which kind; without one, it is data of nobody.

    >>> level = bytes.fromhex("08808ed9a0dd2c120b0a056c6576656c20035007")
    >>> decode(level, Heard("spBv1.0/water/DDATA/pump-1/gauge")).measurements.key
    ('water/pump-1/gauge/level',)
    """
    told = address(heard.topic) if heard.topic else Address("NDATA", "", "", "")
    if told is None:
        return _refused(f"topic {heard.topic[:200]!r} is not {NAMESPACE}/group/kind/node[/device]")
    if told.kind in NOT_OURS:
        return Decoded()
    if len(payload) > LONGEST:
        return _refused(f"{len(payload)} bytes; at most {LONGEST}")
    try:
        message = read(payload)
    except DecodeError as error:
        return _refused(f"truncated or no protobuf: {error}")
    if len(message.metrics) > MOST_METRICS:
        return _refused(f"{len(message.metrics)} metrics; at most {MOST_METRICS}")
    notes = Notes()
    device = clean(told.name)
    sent = instant(message.timestamp) if message.HasField("timestamp") else None
    if not message.HasField("seq") and told.kind != "NDEATH":
        notes.add("field-missing", device, "no seq; want 0 to 255")
    elif message.seq > 255:
        notes.add("field-malformed", device, f"seq {message.seq}; want 0 to 255")
    found = _Metrics(device, sent, heard, notes)
    if told.kind not in DEATHS:
        for metric in message.metrics:
            found.add(metric)
    events = _events(told, message, sent, heard, notes)
    return Decoded(measurements(found.values), events, notes.findings)


class _Metrics:
    """Collects the values of one payload."""

    def __init__(self, device: str, sent: Instant | None, heard: Heard, notes: Notes) -> None:
        """Begin with none."""
        self.values: list[Value] = []
        self._device = device
        self._sent = sent
        self._heard = heard
        self._notes = notes

    def add(self, metric: Message) -> None:
        """Take one metric."""
        device, notes = self._device, self._notes
        name = metric.name
        if not name:
            if not metric.HasField("alias"):
                notes.add("field-missing", device, "a metric without name and alias")
                return
            name = f"#{metric.alias}"
            notes.add("alias-unknown", device, f"alias {metric.alias} has no name; want a birth")
        elif isinstance(name, bytes):
            name = text(name)
            notes.add("invalid-utf8", device, f"name {name[:64]!r}")
        if "\0" in name:
            notes.add("nul", device, f"name {name[:64]!r}")
            name = clean(name)
        if name.startswith(_OWN):
            return
        taken = take(metric)
        if taken.code:
            notes.add(taken.code, device, f"{name[:64]}: {taken.detail}")
            if taken.code == "datatype-unsupported":
                return
        time_us, problem = self._time(metric, name)
        value = math.nan if problem else taken.value
        unit, quality = "", Quality.GOOD
        if metric.HasField("properties"):
            unit, quality = self._properties(metric.properties, name)
        self.values.append(
            Value(f"{device}/{name}", time_us, value, unit, quality, problem or taken.problem)
        )

    def _time(self, metric: Message, name: str) -> tuple[int, str]:
        """Return a metric's time, else its payload's, else that of receipt, and what is wrong."""
        stamp = metric.timestamp
        has_own = stamp or metric.HasField("timestamp")
        when = instant(stamp) if has_own else self._sent
        if when is None:
            self._notes.add("time-missing", self._device, f"{name[:64]}: no timestamp; want ms")
            return self._heard.received_us, ""
        if when.code:
            detail = f"timestamp {stamp if has_own else 'of the payload'}; want ms since 1970"
            self._notes.add(when.code, self._device, f"{name[:64]}: {detail}")
            if when.code == "time-malformed":
                return self._heard.received_us, f"has no time: {detail}"
        return when.time_us, ""

    def _properties(self, properties: Message, name: str) -> tuple[str, Quality]:
        unit, quality = "", Quality.GOOD
        for key, value in zip(properties.keys, properties.values, strict=False):
            if key in UNITS and not unit:
                unit = clean(text(value.string_value))
            elif key == "Quality" and value.WhichOneof("value") in ("int_value", "long_value"):
                code = value.int_value or value.long_value
                if code not in _QUALITIES:
                    detail = f"{name[:64]}: quality {code}; want 0, 192 or 500"
                    self._notes.add("quality-unknown", self._device, detail)
                quality = _QUALITIES.get(code, Quality.SUSPECT)
        return unit, quality


def _events(
    told: Address, message: Message, sent: Instant | None, heard: Heard, notes: Notes
) -> list[Event]:
    if told.kind not in BIRTHS | DEATHS:
        return []
    name = clean(told.name)
    number = bd_seq(message)
    if number is None and told.kind in ("NBIRTH", "NDEATH"):
        notes.add("field-missing", name, f"no metric {BD_SEQ}; a birth and its death share one")
    if told.kind == "NDEATH" and any(
        metric.name == BD_SEQ and metric.is_historical for metric in message.metrics
    ):
        return []  # the session knows that it is of an earlier life
    # A node's death was written when it connected: only the receipt tells when it died.
    dated = sent is not None and sent.time_us and told.kind != "NDEATH"
    time_us = sent.time_us if sent is not None and dated else heard.received_us
    kind = "online" if told.kind in BIRTHS else "offline"
    return [Event(name, kind, time_us, 0, {} if number is None else {"bd_seq": number})]


def _refused(why: str) -> Decoded:
    return Decoded(unusable=f"not Sparkplug B: {clean(why[:300])}")


__all__ = ["LONGEST", "MOST_METRICS", "UNITS", "Datatype", "decode"]
