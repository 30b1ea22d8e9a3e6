"""Parameters of uploaded data as columns: values, their data flags, their times.

Flags are looked up by factor in the whole message, not in their item: devices put `;` where `,`
belongs, and packets of a set part a value from its flag. `SampleTime` is not a value's time: a
station repeats one sample in many messages, and the standard dates them by `DataTime`.

Source:
    HJ 212-2017, 6.3.3 (structure of CP), 6.6.5 (uploaded data), annex C.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from devices import Quality
from ingest.codecs.decoded import NOTHING, Heard, Measurements
from ingest.codecs.hj212_names import QUALITIES, QUALITIES_2005, Kind, Meaning, meaning
from ingest.codecs.hj212_segment import Segment
from ingest.codecs.hj212_time import moment

_NUMBER: Final = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_SHOWN: Final = 40

LONGEST_NAME: Final = 64
"""Characters of the longest name and number that are looked at."""

_GOOD: Final = int(Quality.GOOD)
_SUSPECT: Final = int(Quality.SUSPECT)

Tell = Callable[[Segment, str, str], None]
"""Takes a finding about a segment: code and detail."""


class Parameters:
    """What the packets of one message hold, in their order."""

    __slots__ = ("fields", "flags", "time_text", "values")

    def __init__(self) -> None:
        """Begin with nothing."""
        self.time_text = ""
        """The first `DataTime`; empty where there is none."""
        self.values: list[tuple[Segment, str, Meaning, str]] = []
        """Packet, name, meaning and text of each value."""
        self.flags: dict[str, tuple[Segment, str]] = {}
        """Packet and data flag by factor."""
        self.fields: list[tuple[Segment, str, str]] = []
        """Packet, name and text of all else."""


def read(segments: Sequence[Segment], tell: Tell) -> Parameters:
    """Take the parameters of one message apart."""
    found = Parameters()
    seen: set[str] = set()
    for segment in segments:
        data, cn, edition = segment.data, segment.cn, segment.edition
        if data.endswith(";"):
            tell(segment, "trailing-semicolon", "a semicolon stands before the closing &&")
        for item in data.split(";"):
            for attribute in item.split(","):
                name, equals, text = attribute.partition("=")
                if not equals or len(name) > LONGEST_NAME:
                    if attribute.strip():
                        detail = f"{attribute[:_SHOWN]!r} in CP is no name=value"
                        tell(segment, "field-malformed", detail)
                    continue
                what = meaning(name, cn, edition)
                kind = what.kind
                if kind is Kind.TIME:
                    if segment.number > 1 and found.time_text:
                        continue  # each packet of a set says it again
                    found.time_text = found.time_text or text
                if name in seen:
                    tell(
                        segment,
                        "duplicate-field",
                        f"{name[:_SHOWN]} occurs twice; the first counts",
                    )
                    continue
                seen.add(name)
                if what.deviation is not None:
                    tell(segment, *what.deviation)
                if kind is Kind.VALUE:
                    found.values.append((segment, name, what, text))
                elif kind is Kind.FLAG:
                    found.flags.setdefault(what.code, (segment, text))
                elif kind is Kind.FIELD:
                    found.fields.append((segment, name, text))
                elif kind is Kind.UNNAMED:
                    tell(segment, "field-malformed", f"{attribute[:_SHOWN]!r} in CP has no name")
    return found


def data_time(text: str, segment: Segment, heard: Heard, tell: Tell) -> int:
    """Return the instant of `DataTime`; the time of receipt where it gives none."""
    found = moment(text, heard.utc_offset_min)
    if found is None:
        if text:
            detail = f"DataTime is {text[:_SHOWN]!r}; YYYYMMDDhhmmss is due"
            tell(segment, "time-malformed", detail)
        else:
            tell(segment, "time-missing", "DataTime is missing")
        return heard.received_us
    if len(text) != 14:
        tell(segment, "datatime-milliseconds", f"DataTime is {text}; no milliseconds are due")
    return found


def columns(found: Parameters, time_us: int, tell: Tell) -> Measurements:
    """Return the values of one message as measurements, all of one time.

    A value from a packet that no checksum proves (its flag may be as wrong), or with a data flag
    that nobody knows, is suspect. Text that is no number gives NaN with a problem and a finding.
    """
    values = found.values
    if not values:
        return NOTHING
    qualities = {code: _quality(*flag, tell) for code, flag in found.flags.items()}
    numbers: list[float] = []
    problem: dict[int, str] = {}
    judged: list[int] = []
    for segment, name, what, text in values:
        number = _number(text.strip())
        if not math.isfinite(number):
            problem[len(numbers)] = f"is {text[:_SHOWN]!r}; a finite number is due"
            tell(segment, "no-number", f"{name[:_SHOWN]} {problem[len(numbers)]}")
            number = math.nan
        numbers.append(number)
        judged.append(qualities.get(what.code, _GOOD) if segment.is_intact else _SUSPECT)
    return Measurements(
        [segment.mn + what.path for segment, _, what, _ in values],
        np.array([time_us] * len(values), np.int64),
        np.array(numbers, np.float64),
        [what.unit for _, _, what, _ in values],
        np.array(judged, np.int16),
        problem,
        [name for _, name, _, _ in values],
    )


def joined(several: Sequence[Measurements]) -> Measurements:
    """Return the measurements of several messages as one, in their order."""
    if len(several) < 2:
        return several[0] if several else NOTHING
    problem: dict[int, str] = {}
    before = 0
    for one in several:
        problem |= {before + index: text for index, text in one.problem.items()}
        before += one.n
    return Measurements(
        [key for one in several for key in one.key],
        np.concatenate([one.time_us for one in several]),
        np.concatenate([one.value for one in several]),
        [unit for one in several for unit in one.unit],
        np.concatenate([one.quality for one in several]),
        problem,
        [code for one in several for code in one.code],
    )


def _number(text: str) -> float:
    is_number = len(text) <= LONGEST_NAME and _NUMBER.fullmatch(text)
    return float(text) if is_number else math.nan


def _quality(segment: Segment, text: str, tell: Tell) -> int:
    known = QUALITIES_2005 if segment.edition == "2005" else QUALITIES
    quality = known.get(text)
    if quality is not None:
        return int(quality)
    quality = known.get(text.strip().upper())
    if quality is not None:
        tell(
            segment, "name-case", f"data flag {text[:_SHOWN]!r} is due as {text.strip().upper()!r}"
        )
        return int(quality)
    detail = f"data flag {text[:_SHOWN]!r} is unknown; one of {' '.join(known)} is due"
    tell(segment, "data-flag-unknown", detail)
    return _SUSPECT
