"""HJ 212: data of pollution and environment monitors, editions 2005, 2017 and 2025.

A payload holds any number of frames, with anything between them; packets of one message (PNUM, PNO)
are read as one. What deviates is a finding, once for each frame, and never stops the rest.

Source:
    HJ 212-2017; HJ/T 212-2005; HJ 212-2025 (same frame, version bits 2 in Flag, 9015 heartbeats).
"""

from __future__ import annotations

from typing import Final

from ingest.codecs.decoded import Decoded, Event, Finding, Heard, Measurements
from ingest.codecs.hj212_answers import answers
from ingest.codecs.hj212_events import events
from ingest.codecs.hj212_frame import scan
from ingest.codecs.hj212_segment import Segment, parse
from ingest.codecs.hj212_time import moment
from ingest.codecs.hj212_values import columns, data_time, joined, read

LONGEST_PAYLOAD: Final = 1 << 20
"""Bytes of the longest payload that is looked at."""

MOST_FINDINGS: Final = 50
"""Of one payload; one more says that there were more."""

_NEAR_US: Final = 10_000_000
"""Requests of the packets of one message are not further apart, µs."""

_OPEN: Final = 4
"""Sets of one device and command that a packet is compared with, fewer by one, newest first."""

_VALUES_ONLY: Final = frozenset({"2011", "2051", "2061", "2031"})
"""Commands that never tell an event, and are nearly all."""

_SHOWN: Final = 64


def decode(payload: bytes, heard: Heard) -> Decoded:
    """Decode a payload.

    Args:
        payload: frames.
        heard: its edition counts where a frame has no Flag, its zone for all times.

    >>> told = decode(b"##0103QN=20160801085857223;ST=21;CN=2011;PW=123456;MN=A1;Flag=4;"
    ...               b"CP=&&DataTime=20160801085857;w01001-Rtd=7.1&&6B80", Heard())
    >>> told.measurements.key, told.measurements.value, told.findings
    (['A1/ph'], array([7.1]), [])
    """
    if len(payload) > LONGEST_PAYLOAD:
        return Decoded(
            unusable=f"{len(payload)} bytes are more than {LONGEST_PAYLOAD}; send frames singly"
        )
    frames, garbage = scan(payload)
    segments = [parse(one, heard) for one in frames]
    if not any(one.cn for one in segments):
        return Decoded(
            unusable=f"{len(frames)} beginnings ##, and no command CN behind any; frames "
            "##0000QN=…;ST=…;CN=…;PW=…;MN=…;Flag=…;CP=&&…&&, checksum and CR LF are due"
        )
    findings = _Findings()
    if garbage:
        findings.tell(segments[0], "garbage", f"{garbage} bytes belong to no frame")
    for one in segments:
        for deviation in one.deviations:
            findings.tell(one, *deviation)
    values: list[Measurements] = []
    happened: list[Event] = []
    for message in messages(segments):
        first = message[0]
        _missing(message, findings)
        found = read(message, findings.tell)
        if found.values:
            time_us = data_time(found.time_text, first, heard, findings.tell)
            values.append(columns(found, time_us, findings.tell))
        if first.cn not in _VALUES_ONLY:
            happened += events(first, found, heard, findings.tell)
    return Decoded(joined(values), happened, findings.found, answers(segments))


def messages(segments: list[Segment]) -> list[list[Segment]]:
    """Join packets to messages: those of one device and command, in order of PNO.

    Requests tell sets apart only where they are far from each other or a number comes again: the
    standard's own example gives each packet a QN of its own (C.39, C.40). Messages come in the
    order of their first packets. A packet that comes twice counts once.
    """
    if len(segments) == 1:
        return [segments]
    sets: dict[tuple[str, str], list[dict[int, Segment]]] = {}
    found: list[dict[int, Segment]] = []
    for one in segments:
        if not one.is_part:
            found.append({1: one})
            continue
        candidates = sets.setdefault((one.mn, one.cn), [])
        known = next((each for each in candidates[:-_OPEN:-1] if _belongs(one, each)), None)
        if known is None:
            known = {}
            candidates.append(known)
            found.append(known)
        if one.number not in known or not known[one.number].is_intact:
            known[one.number] = one
    return [[parts[number] for number in sorted(parts)] for parts in found]


def _belongs(one: Segment, known: dict[int, Segment]) -> bool:
    """Return whether a packet is of a set: the same request, or near it and of another number."""
    first, last = next(iter(known.values())), next(reversed(known.values()))
    if one.qn in (first.qn, last.qn):
        return True
    if one.number in known or one.total != first.total:
        return False
    mine, theirs = moment(one.qn, 0), moment(first.qn, 0)
    return mine is not None and theirs is not None and abs(mine - theirs) <= _NEAR_US


def _missing(message: list[Segment], findings: _Findings) -> None:
    first = message[0]
    if not first.is_part:
        return
    total = max(one.total for one in message)
    if len(message) < total:
        have = ", ".join(str(one.number) for one in message[:10])
        detail = f"of {total} packets of request {first.qn[:_SHOWN]} only PNO {have} came"
        findings.tell(first, "split-incomplete", detail)


class _Findings:
    """Findings of one payload: each code once for each frame, and not too many."""

    def __init__(self) -> None:
        self.found: list[Finding] = []
        self._told: set[tuple[int, str]] = set()

    def tell(self, segment: Segment, code: str, detail: str) -> None:
        if (segment.at, code) in self._told or len(self.found) > MOST_FINDINGS:
            return
        self._told.add((segment.at, code))
        device = segment.mn[:_SHOWN]
        if len(self.found) == MOST_FINDINGS:
            code, detail = "findings-cut", f"more than {MOST_FINDINGS} deviations in one payload"
        self.found.append(Finding(code, device, f"frame at byte {segment.at}: {detail}"))
