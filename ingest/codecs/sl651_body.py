"""Bodies of SL 651 messages: elements one after the other, and the series of uniform intervals.

Values over a period carry its end on the wire and its start in what is returned.

Source:
    SL 651-2014, 6.6.2.8 (times), 6.6.3 (elements in HEX/BCD), 6.6.4 (messages), annex C.
"""

from __future__ import annotations

import math
from typing import Final

from devices import Quality
from ingest.codecs.decoded import Event, Heard, Value
from ingest.codecs.sl651_bcd import is_missing, moment, number
from ingest.codecs.sl651_elements import (
    DURATION,
    ELEMENTS,
    EXTENDED,
    FIVE_MINUTE_RAINS,
    LEVELS,
    MANUAL_TEXT,
    PER_HOUR,
    PICTURE,
    RAINS,
    STATION,
    STATUS,
    TIME,
    TIME_STEP,
    VELOCITIES,
    Element,
)
from ingest.codecs.sl651_notes import Notes
from ingest.codecs.sl651_series import layout, step_us, twelve
from ingest.codecs.sl651_status import alarm, faulty

KEEP_ALIVE: Final = 0x2F
TEST: Final = 0x30
UNIFORM: Final = 0x31
HOURLY: Final = 0x34
MANUAL: Final = 0x35
PERIOD_ANSWER: Final = 0x38
FUNCTIONS: Final = frozenset({*range(0x2F, 0x3B), 0x46})
"""Functions whose bodies are read; the others are commands and settings (annex B)."""

_WITHOUT_CLASS: Final = 0x40
"""From this function on, no class of station follows its address (tables 51 to 86)."""
_SERIES: Final = frozenset({UNIFORM, PERIOD_ANSWER})
_FIRST_TIMED: Final = frozenset({UNIFORM, HOURLY, PERIOD_ANSWER})
"""Functions whose observation time is that of the first of several values."""

HEAD_BYTES: Final = 8
"""Serial number and time of sending."""
_FIVE_MIN_US: Final = 300_000_000
_CLOCK_US: Final = 60_000_000
"""How much later than its own sending a station may observe: times go to the minute."""
LATEST_US: Final = 9_025_257_600_000_000
"""End of 2255, µs since 1970: later times are not stored."""

_QUALITY: Final = {TEST: Quality.MAINTENANCE, MANUAL: Quality.MANUAL, 0x39: Quality.MANUAL}
"""Test messages are sent while somebody installs or repairs a station (6.6.4.3)."""


class _CutOffError(Exception):
    """The body ends within an element."""


class BodyReader:
    """Reads one body. Linear in its length."""

    def __init__(
        self,
        station: str,
        function: int,
        body: bytes,
        heard: Heard,
        notes: Notes,
        is_suspect: bool = False,
        is_cut: bool = False,
    ) -> None:
        """Prepare.

        Args:
            station: of the header; the body may name others.
            function: one of `FUNCTIONS`.
            body: at least `HEAD_BYTES`.
            heard: zone, and the time of receipt where the station gives none.
            notes: takes the deviations.
            is_suspect: whether the check was wrong.
            is_cut: whether packets are missing behind the body's end.
        """
        self.values: list[Value] = []
        self.events: list[Event] = []
        self._station, self._function, self._body = station, function, body
        self._heard, self._notes = heard, notes
        self._is_suspect, self._is_cut = is_suspect, is_cut
        self._usual = Quality.SUSPECT if is_suspect else _QUALITY.get(function, Quality.GOOD)
        self._quality = self._usual
        self._at = HEAD_BYTES
        self._sent_us = moment(body[2:HEAD_BYTES], heard.utc_offset_min)
        self._time_us: int | None = None
        self._is_time_told = False
        self._step_us: int | None = None
        self._families: list[str] = []
        self._first_of_group = 0
        self._faulty: frozenset[str] = frozenset()

    def read(self) -> None:
        """Read everything into `values` and `events`; what cannot be read is noted."""
        if self._sent_us is None:
            shown = self._body[2:HEAD_BYTES].hex().upper()
            self._notes.tell("time-malformed", f"time of sending {shown} is no YYMMDDHHmmSS")
        if self._function == KEEP_ALIVE:
            if not self._is_suspect:
                serial = int.from_bytes(self._body[:2], "big")
                self._event("heartbeat", {"serial": serial})
            return
        begun = self._at
        try:
            while self._at < len(self._body):
                begun = self._at
                self._element()
        except _CutOffError:
            if not self._is_cut:
                left = self._body[begun:][:8].hex().upper()
                self._notes.tell(
                    "truncated",
                    f"body byte {begun}: the element {left} is longer than what is left",
                )
        self._close_group()

    def _element(self) -> None:
        at = self._at
        lead, definition = self._take(2)
        if lead == TIME:
            self._observed()
        elif lead == STATION:
            self._begin_group()
        elif lead == FIVE_MINUTE_RAINS:
            self._expect(at, definition, PER_HOUR << 3)
            self._hour("F4", RAINS, self._take(PER_HOUR), 1)
        elif lead in LEVELS:
            self._expect(at, definition, 2 * PER_HOUR << 3)
            self._hour(f"{lead:02X}", LEVELS[lead], self._take(2 * PER_HOUR), 2)
        elif lead in (PICTURE, MANUAL_TEXT, VELOCITIES):
            self._rest(lead)
        elif lead == EXTENDED:
            self._unknown(f"FF{definition:02X}", self._take(1)[0])
        elif lead == TIME_STEP:
            raw = self._take(definition >> 3)
            self._step_us = step_us(raw)
            if self._step_us is None:
                self._notes.tell("field-malformed", f"time step {raw.hex()} must be ddhhmm")
        elif lead == STATUS:
            self._status(self._take(definition >> 3))
        elif lead == DURATION:
            self._duration(self._take(definition >> 3))
        elif lead not in ELEMENTS:
            self._unknown(f"{lead:02X}", definition)
        elif self._function in _SERIES:
            self._series(lead, definition)
        else:
            self._single(lead, definition)

    def _take(self, size: int) -> bytes:
        end = self._at + size
        if end > len(self._body):
            raise _CutOffError
        taken = self._body[self._at : end]
        self._at = end
        return taken

    def _expect(self, at: int, definition: int, due: int) -> None:
        if definition | 7 != due | 7:
            self._notes.tell(
                "definition-odd",
                f"body byte {at + 1}: definition {definition:02X} of {self._body[at]:02X} says "
                f"{definition >> 3} bytes; the table has {due:02X}, and {due >> 3} are read",
            )

    # Whose, and when.

    def _begin_group(self) -> None:
        self._close_group()
        self._station = self._take(5).hex().upper()
        self._notes.device = self._station
        self._time_us, self._is_time_told = None, False
        if self._function < _WITHOUT_CLASS:
            if self._body[self._at : self._at + 2] == bytes([TIME, TIME]):
                self._notes.tell("field-missing", f"body byte {self._at}: no class of station")
            else:
                self._take(1)

    def _close_group(self) -> None:
        """Make readings of instruments that the station calls broken faulty."""
        if self._faulty and not self._is_suspect:
            for index in range(self._first_of_group, len(self.values)):
                if self._families[index] in self._faulty:
                    self.values[index] = self.values[index]._replace(quality=Quality.FAULT)
        self._faulty = frozenset()
        self._first_of_group = len(self.values)

    def _observed(self) -> None:
        raw = self._take(5)
        self._is_time_told = True
        self._quality = self._usual
        self._time_us = moment(raw, self._heard.utc_offset_min)
        if self._time_us is None:
            self._notes.tell(
                "time-malformed",
                f"observation time {raw.hex().upper()} is no YYMMDDHHmm; that of sending is taken",
            )

    def _now(self) -> int:
        """Return the time of what follows, µs since 1970.

        Where no observation time tells it, that of sending; where that is none either, that of
        receipt, which may be hours later and makes values suspect.
        """
        if self._time_us is None:
            if not self._is_time_told and self._function < _WITHOUT_CLASS:
                self._notes.tell(
                    "time-missing", "no observation time F0F0; that of sending or receipt is taken"
                )
            self._time_us = self._sent_us
            if self._time_us is None:
                self._time_us = self._heard.received_us
                self._quality = Quality.SUSPECT
        return self._time_us

    # Values.

    def _add(self, code: str, element: Element, value: float, time_us: int, problem: str) -> None:
        key = f"{self._station}/{element.observed or code}"
        if element.statistic:
            key = f"{key}:{element.statistic}"
            time_us -= element.period_us
        self.values.append(Value(key, time_us, value, element.unit, self._quality, problem, code))
        self._families.append(element.family)

    def _packed(self, lead: int, element: Element, raw: bytes, decimals: int, time: int) -> None:
        value, problem = math.nan, ""
        if is_missing(raw):
            problem = "is missing: the station sent FF in every byte"
        elif (told := number(raw, decimals)) is not None:
            value = told
        else:
            problem = f"is {raw.hex().upper()}, which has digits beyond 9"
            self._notes.tell("field-malformed", f"element {lead:02X} {problem}")
        self._add(f"{lead:02X}", element, value, time, problem)

    def _single(self, lead: int, definition: int) -> None:
        raw = self._take(definition >> 3)
        if not raw:
            self._notes.tell(
                "definition-odd",
                f"body byte {self._at - 1}: definition {definition:02X} of {lead:02X} says no "
                f"bytes; {ELEMENTS[lead].size << 3 | ELEMENTS[lead].decimals:02X} is due",
            )
            return
        self._packed(lead, ELEMENTS[lead], raw, definition & 7, self._now())

    def _series(self, lead: int, definition: int) -> None:
        body = self._body
        found = layout(body, self._at, lead, definition, may_have_more=not self._is_cut)
        self._at = len(body)
        if found.left and not self._is_cut:
            self._notes.tell("truncated", f"{found.left} bytes are left of a series of {lead:02X}")
        groups = found.groups
        if self._step_us is None and groups > 1:
            self._notes.tell(
                "field-missing",
                f"no time step 0418 before {lead:02X}: the times of all but the first of {groups} "
                "values are unknown",
            )
            groups = 1
        at, time_us = found.at, self._now()
        for _ in range(groups):
            for one, how in found.identifiers:
                raw = body[at : at + (how >> 3)]
                at += len(raw)
                if raw:
                    self._packed(one, ELEMENTS[one], raw, how & 7, time_us)
            time_us += self._step_us or 0
            if time_us > LATEST_US:
                self._notes.tell("time-malformed", f"a series of {lead:02X} goes beyond 2255")
                break

    def _hour(self, code: str, element: Element, raw: bytes, size: int) -> None:
        """Read twelve values, five minutes apart.

        Their observation time is that of the first in hourly reports. Where that puts the last
        behind the sending of the message, it must be that of the last.
        """
        time_us = self._now()
        span = (PER_HOUR - 1) * _FIVE_MIN_US
        if self._sent_us is not None and time_us + span > self._sent_us + _CLOCK_US:
            time_us -= span
            if self._function in _FIRST_TIMED:
                self._notes.tell(
                    "interval-time-end",
                    f"the observation time of {code} is that of its last value; the first is due",
                )
        for index, value in enumerate(twelve(raw, size, element.decimals)):
            problem = "is missing: the station sent FF" if math.isnan(value) else ""
            self._add(code, element, value, time_us + index * _FIVE_MIN_US, problem)

    def _duration(self, raw: bytes) -> None:
        """Read HH.mm as hours."""
        digits = raw.hex()
        if raw and digits.isdecimal():
            hours = int(digits[:-2] or 0) + int(digits[-2:]) / 60
            self._add("05", Element("DT", 4, 2, "h"), hours, self._now(), "")
        else:
            self._notes.tell("field-malformed", f"duration {digits} must be HHmm")

    # What is not a number.

    def _status(self, raw: bytes) -> None:
        if len(raw) != 4:
            self._notes.tell("field-malformed", f"status word {raw.hex()} must have 4 bytes")
            return
        word = int.from_bytes(raw, "big")
        self._faulty |= faulty(word)
        told = None if self._is_suspect else alarm(word)
        if told is not None:
            self._event("station_alarm", told, self._now())

    def _event(
        self,
        kind: str,
        attributes: dict[str, str | int | float | bool],
        time_us: int | None = None,
    ) -> None:
        if time_us is None:
            time_us = self._heard.received_us if self._sent_us is None else self._sent_us
        self.events.append(Event(self._station, kind, time_us, 0, attributes))

    def _unknown(self, code: str, definition: int) -> None:
        raw = self._take(definition >> 3)
        self._notes.tell(
            "code-unknown", f"element {code} with {raw.hex().upper()} is in no table; skipped"
        )

    def _rest(self, lead: int) -> None:
        rest = self._body[self._at :]
        self._at = len(self._body)
        if lead == PICTURE:
            self._notes.tell("picture-not-taken", f"a picture of {len(rest)} bytes is not stored")
        elif lead == MANUAL_TEXT:
            text = rest[:200].decode("gb18030", "replace")
            self._notes.tell("manual-text-not-taken", f"{text!r} is not read; send elements")
        else:
            self._notes.tell("code-unknown", f"velocities FD, {len(rest)} bytes, are not read")
