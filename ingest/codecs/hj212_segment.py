"""The data segment of HJ 212: its fields, its edition, and the text of its instruction parameters.

Source:
    HJ 212-2017, 6.3.2 (fields), 6.3.3 (CP), table 4 (Flag: version in the upper six bits, then D
    for numbered packets, then A for an answer); HJ/T 212-2005, 6.3.2; HJ 212-2025 (version 2).
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from ingest.codecs.decoded import Heard
from ingest.codecs.hj212_frame import Deviation, Frame, Verdict

EDITIONS: Final = ("2005", "2017", "2025")
"""By the version bits of Flag."""

DEFAULT_EDITION: Final = "2017"
"""Where neither Flag nor the registry tells."""

ANSWER_BIT: Final = 1
NUMBERED_BIT: Final = 2

_FIELDS: Final = frozenset({"QN", "ST", "CN", "PW", "MN", "Flag", "PNUM", "PNO"})
_FIELD_OF_LOWER: Final = {name.lower(): name for name in _FIELDS}

LONGEST_FIELD: Final = 64
"""Characters of a field that are kept: they are in keys and answers. The longest, MN, has 24."""

_SHOWN: Final = 40
"""Characters of a device's text that a finding shows."""


class Segment(NamedTuple):
    """What a segment says about itself, and its parameters still as text."""

    qn: str
    """Request number: the instant of the exchange, YYYYMMDDhhmmsszzz; empty where absent."""
    st: str
    """System: 21 surface water, 22 air, 23 noise, 32 waste water, 91 the exchange itself …"""
    cn: str
    """Command."""
    pw: str
    mn: str
    """How the device names itself; empty where it does not."""
    flag: int
    """Flag; -1 where absent or no number."""
    total: int
    """PNUM, how many packets the message has; 0 where absent."""
    number: int
    """PNO, which of them, from 1; 0 where absent."""
    data: str
    """What stands between `CP=&&` and `&&`."""
    edition: str
    """One of `EDITIONS`."""
    is_intact: bool
    """Whether a checksum proves it."""
    at: int
    """Where in the payload the frame begins."""
    deviations: list[Deviation]

    @property
    def wants_answer(self) -> bool:
        """Whether bit A of Flag is set."""
        return self.flag > 0 and bool(self.flag & ANSWER_BIT)

    @property
    def is_part(self) -> bool:
        """Whether it is one packet of several, and says which."""
        return self.total > 1 and 1 <= self.number <= self.total


def parse(frame: Frame, heard: Heard) -> Segment:
    """Read the fields of a frame's segment; what is missing or wrong is a deviation."""
    told = list(frame.deviations)
    text = _text(frame.segment, told)
    head, opened, data = text.partition("CP=&&")
    if frame.verdict is Verdict.TRUNCATED:
        # Half a number is another number: what no separator ends is not taken.
        head, data = (head, _ended(data)) if opened else (_ended(head) + ";", "")
        fields = _fields(head, told)
        return _segment(fields, data, _whole(fields.get("Flag", "")), (0, 0), frame, heard, told)
    if not opened:
        told.append(Deviation("field-missing", "CP is missing; CP=&&…&& is due"))
    data, closed, more = data.partition("&&")
    if more or (opened and not closed):
        told.append(
            Deviation("field-malformed", "CP=&&…&& does not end the segment, and is due to")
        )
    fields = _fields(head, told)
    qn, mn = fields.get("QN", ""), fields.get("MN", "")
    if len(qn) != 17 or not (qn.isascii() and qn.isdigit()):
        told.append(
            Deviation(
                "field-malformed", f"QN is {qn[:_SHOWN]!r}; 17 digits YYYYMMDDhhmmsszzz are due"
            )
            if qn
            else Deviation("qn-missing", "QN is missing; QN=YYYYMMDDhhmmsszzz is due")
        )
    if not mn:
        told.append(Deviation("mn-missing", "MN is missing or empty: nobody knows whose this is"))
    missing = [name for name in ("ST", "CN", "PW") if not fields.get(name)]
    if missing:
        told.append(Deviation("field-missing", f"{', '.join(missing)} missing or empty"))
    flag = _flag(fields.get("Flag"), told)
    return _segment(fields, data, flag, _packet(fields, flag, told), frame, heard, told)


def _ended(text: str) -> str:
    return text[: max(text.rfind(";"), text.rfind(","), 0)]


def _segment(
    fields: dict[str, str],
    data: str,
    flag: int,
    packet: tuple[int, int],
    frame: Frame,
    heard: Heard,
    told: list[Deviation],
) -> Segment:
    get = fields.get
    return Segment(
        get("QN", ""), get("ST", ""), get("CN", ""), get("PW", ""), get("MN", ""), flag, *packet,
        data, _edition(flag, heard, told), frame.is_intact, frame.at, told,
    )  # fmt: skip


def _text(segment: bytes, told: list[Deviation]) -> str:
    try:
        text = segment.decode()
    except UnicodeDecodeError as error:
        try:
            text = segment.decode("gb18030")
            where = f"byte {error.start} of the segment"
            told.append(Deviation("charset-gb2312", f"{where} is GB 2312; ASCII or UTF-8 is due"))
        except UnicodeDecodeError:
            text = segment.decode(errors="replace")
            told.append(
                Deviation(
                    "invalid-utf8", f"byte {error.start} of the segment is in no known charset"
                )
            )
    if "\0" in text:
        told.append(Deviation("nul", f"character {text.index(chr(0))} of the segment is NUL"))
        text = text.replace("\0", "")
    return text


def _fields(head: str, told: list[Deviation]) -> dict[str, str]:
    if "," in head:
        told.append(
            Deviation("separator-wrong", "a comma stands between fields; a semicolon is due")
        )
        head = head.replace(",", ";")
    fields: dict[str, str] = {}
    doubts: dict[str, Deviation] = {}
    *pieces, last = head.split(";")
    if last:
        told.append(Deviation("separator-wrong", "no semicolon before CP=; one is due"))
        pieces.append(last)
    for piece in pieces:
        name, _, value = piece.partition("=")
        if name not in _FIELDS or value[:1] == " " or len(value) > LONGEST_FIELD:
            name, value = _spelled(name, value, piece, doubts)
        if name in fields:
            doubts["duplicate-field"] = Deviation(
                "duplicate-field", f"{name} occurs twice; the first counts"
            )
        elif name:
            fields[name] = value
    told += doubts.values()
    return fields


def _spelled(name: str, value: str, piece: str, doubts: dict[str, Deviation]) -> tuple[str, str]:
    """Return what a strange field most likely is; no name where nobody knows."""
    known = _FIELD_OF_LOWER.get(name.strip().lower(), "")
    shown = repr(piece[:_SHOWN])
    if not known or len(value) > LONGEST_FIELD:
        detail = f"{shown} is no field that a segment has"
        doubts.setdefault("field-malformed", Deviation("field-malformed", detail))
    elif known != name:
        doubts.setdefault("name-case", Deviation("name-case", f"{shown}: {known}= is due"))
    return known, value.strip()[:LONGEST_FIELD]


_WHOLE: Final = re.compile(r"[0-9]{1,4}")


def _whole(text: str) -> int:
    return int(text) if _WHOLE.fullmatch(text) else -1


def _flag(text: str | None, told: list[Deviation]) -> int:
    if text is None:
        told.append(Deviation("flag-missing", "Flag is missing: the edition is a guess, no answer"))
        return -1
    flag = _whole(text)
    if not 0 <= flag <= 255:
        told.append(Deviation("field-malformed", f"Flag is {text[:_SHOWN]!r}; 0 to 255 is due"))
        return -1
    return flag


def _packet(fields: dict[str, str], flag: int, told: list[Deviation]) -> tuple[int, int]:
    total_text, number_text = fields.get("PNUM"), fields.get("PNO")
    is_numbered = flag > 0 and bool(flag & NUMBERED_BIT)
    if total_text is None and number_text is None:
        if is_numbered:
            told.append(
                Deviation("field-missing", f"Flag {flag} says PNUM and PNO; both are missing")
            )
        return 0, 0
    if flag >= 0 and not is_numbered:
        told.append(
            Deviation(
                "pno-without-flag", f"PNUM or PNO is there; Flag {flag} needs bit D (2) for it"
            )
        )
    total, number = _whole(total_text or ""), _whole(number_text or "")
    if not 1 <= number <= total:
        told.append(
            Deviation(
                "field-malformed",
                f"packet PNO={(number_text or '')[:8]} of PNUM={(total_text or '')[:8]}; "
                "1 ≤ PNO ≤ PNUM is due",
            )
        )
        return 0, 0
    return total, number


def _edition(flag: int, heard: Heard, told: list[Deviation]) -> str:
    if flag < 0:
        named = heard.edition[-4:]
        return named if named in EDITIONS else DEFAULT_EDITION
    version = flag >> 2
    if version < len(EDITIONS):
        return EDITIONS[version]
    told.append(
        Deviation(
            "edition-unknown",
            f"Flag {flag} says version {version}; 0, 1 and 2 are known: read as 2025",
        )
    )
    return EDITIONS[-1]
