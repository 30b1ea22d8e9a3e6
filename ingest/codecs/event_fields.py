"""Fields of alarms and camera events: texts, numbers, times and positions, each with its doubt."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from ingest.codecs.notes import Notes
from ingest.codecs.notes import clean as storable
from ingest.codecs.number_text import number_in

LONGEST_PAYLOAD: Final = 1 << 20
"""Bytes that are looked at; a longer payload is no alarm."""

LONGEST_DEVICE: Final = 128
"""Characters of a device's name."""

LONGEST_TEXT: Final = 1000
"""Characters of a description; the standard has no bound, an operator's screen has."""

LAST_US: Final = 2**53
"""µs since 1970 beyond which a time is none of ours: 2255."""

SNAPSHOT_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,128}")
"""What names a snapshot; it is the last level of an MQTT topic and part of an address."""

_TIME: Final = re.compile(
    r"([0-9]{4})[-/]([0-9]{1,2})[-/]([0-9]{1,2})[T ]\s*"
    r"([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})(?:[.,]([0-9]{1,9}))?\s*"
    r"(?:(Z|z)|([+-])([0-9]{2}):?([0-9]{2})?)?"
)

_COMPACT: Final = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})T?([0-9]{2})([0-9]{2})([0-9]{2})")

_PROPER: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?(?:Z|[+-][0-9]{2}:[0-9]{2})?"
)

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Moment(NamedTuple):
    """An instant as a text gives it."""

    time_us: int
    """µs since 1970."""
    has_zone: bool
    is_proper: bool
    """Whether it is written as ISO 8601 has it, extended form."""


def clean(text: str, longest: int) -> str:
    r"""Return a text that every database and page can hold: bounded, without NUL and surrogates.

    >>> clean(" a\0\ud800b ", 9)
    'a␀�b'
    """
    return storable(text[: 4 * longest].strip()[:longest])


def scalar(value: object, longest: int = LONGEST_TEXT) -> str:
    """Return a scalar as clean text; empty for anything else."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return clean(value, longest) if isinstance(value, str) else ""


def shown(value: object) -> str:
    """Return a value as a finding shows it: its first characters, or what it is.

    >>> shown("abc"), shown({"a": 1})
    ("'abc'", 'an object')
    """
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    return repr(clean(str(value), 60))


def number(text: str) -> float:
    """Return a decimal number; NaN where it is none or not finite.

    >>> number("12.5"), number("1e999"), number("1_0")
    (12.5, nan, nan)
    """
    found = number_in(text)
    return math.nan if found is None else found


def plain(value: float) -> int | float:
    """Return a number as people write it: without a fraction where it has none.

    >>> plain(37.0), plain(0.5)
    (37, 0.5)
    """
    return int(value) if abs(value) < LAST_US and value == int(value) else value


def whole(text: str) -> int | None:
    """Return a number of at most nine digits; None where it is none.

    >>> whole("007"), whole("-1"), whole("٣")
    (7, None, None)
    """
    return int(text) if len(text) <= 9 and text.isascii() and text.isdecimal() else None


def moment(text: str, utc_offset_min: int) -> Moment | None:
    """Read a date with a time of day; None where it is none or not within 1970 to 2255.

    Args:
        text: ISO 8601, or as the field varies it: a blank for the T, slashes, single digits, or 14
            digits in a row.
        utc_offset_min: zone of a time that names none.

    Source:
        XML Schema part 2, 3.2.7 (dateTime); GB/T 28181-2022, annex A.2.1.

    >>> moment("1970-01-01T08:00:01", 480)
    Moment(time_us=1000000, has_zone=False, is_proper=True)
    >>> moment("1970-01-01 00:00:01Z", 480)
    Moment(time_us=1000000, has_zone=True, is_proper=False)
    """
    found = _TIME.fullmatch(text) or _COMPACT.fullmatch(text)
    if found is None:
        return None
    parts = [int(part) for part in found.groups()[:6]]
    fraction, zulu, sign, hours, minutes = (*found.groups()[6:], *(None,) * 5)[:5]
    try:
        day = datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type,misc] # six integers
    except ValueError:
        return None
    offset_min = utc_offset_min
    if zulu:
        offset_min = 0
    elif sign:
        offset_min = (60 * int(hours or 0) + int(minutes or 0)) * (-1 if sign == "-" else 1)
    time_us = (day - _EPOCH) // timedelta(microseconds=1) - offset_min * 60_000_000
    time_us += int((fraction or "0")[:6].ljust(6, "0"))
    if not 0 <= time_us <= LAST_US or abs(offset_min) > 18 * 60:
        return None
    return Moment(time_us, bool(zulu or sign), _PROPER.fullmatch(text) is not None)


def position(
    lon_text: str, lat_text: str, device: str, notes: Notes, names: str
) -> dict[str, float]:
    """Return `lon` and `lat` in degrees, or nothing where they are unknown.

    0.0/0.0 stands for unknown (GB/T 28181) and is no finding.

    Args:
        lon_text: the longitude, empty where there is none.
        lat_text: the latitude.
        device: whose.
        notes: takes what is wrong.
        names: of the two fields, for the finding.
    """
    if not lon_text and not lat_text:
        return {}
    lon, lat = number(lon_text), number(lat_text)
    if lon == 0 and lat == 0:
        return {}
    if not (abs(lon) <= 180 and abs(lat) <= 90):
        notes.add(
            "field-malformed", device,
            f"{names} {shown(lon_text)}/{shown(lat_text)} is no position; send degrees, WGS-84, "
            "both or neither",
        )  # fmt: skip
        return {}
    return {"lon": lon, "lat": lat}
