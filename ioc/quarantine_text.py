"""How quarantine reads: for a person at a terminal, and as JSON.

What came from the field is never sent to a terminal as it is: it could hold control sequences.
"""

from __future__ import annotations

import base64
import shutil
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from storage.held import Held, Line
from storage.instants import instant

if TYPE_CHECKING:
    from ioc.replaying import Outcome

_STILL_SHOWN = 20
"""Rows that still do not pass, told one by one; JSON has all."""

_HEAD = f"{'id':>8}  {'received':<25}  {'reason':<21}  {'gateway':<20}  {'readings':>8}  detail"


def table(lines: Sequence[Line], totals: Mapping[str, tuple[int, int]]) -> str:
    """Return rows as a table, and what they are together."""
    if not totals:
        return "nothing in quarantine"
    # A file or another program gets whole lines.
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else sys.maxsize
    told = [_HEAD]
    for one in lines:
        state = "  (released)" if one.resolved_us is not None else ""
        told.append(
            f"{one.id:>8}  {_time(one.received_us):<25}  {one.reason:<21}  "
            f"{plain(one.gateway) or '-':<20}  {one.readings:>8}  {plain(one.detail)}{state}"
        )
    rows = sum(count for count, _ in totals.values())
    readings = sum(count for _, count in totals.values())
    by_reason = ", ".join(f"{reason} {count}" for reason, (_, count) in totals.items())
    shown = f" ({len(lines)} shown)" if len(lines) < rows else ""
    told += ["", f"{rows} rows{shown}, {readings} readings: {by_reason}"]
    return "\n".join(
        line if len(line) <= width or index > len(lines) else f"{line[: width - 1]}…"
        for index, line in enumerate(told)
    )


def list_facts(lines: Sequence[Line], totals: Mapping[str, tuple[int, int]]) -> dict[str, Any]:
    """Return the same as JSON."""
    return {
        "rows": [_timed(msgspec.structs.asdict(one)) for one in lines],
        "totals": {
            reason: {"rows": rows, "readings": readings}
            for reason, (rows, readings) in totals.items()
        },
    }


def row(one: Held) -> str:
    """Return all that is known of a row."""
    facts = row_facts(one)
    del facts["raw_base64"], facts["raw_text"]
    told = []
    for name, value in facts.items():
        shown = "-" if value is None or value == "" else value
        if name == "indexes":
            shown = _indexes(value)
        told.append(f"{name:<12} {plain(str(shown))}")
    raw = one.quarantined.refusal.raw
    told += ["", f"raw, {len(raw)} bytes:"]
    readable = _text(raw)
    told += readable.splitlines() if readable is not None else hexdump(raw)
    return "\n".join(told)


def row_facts(one: Held) -> dict[str, Any]:
    """Return the same as JSON."""
    where, refusal = one.quarantined, one.quarantined.refusal
    return _timed(
        {
            "id": one.id,
            "reason": refusal.reason.value,
            "detail": refusal.detail,
            "source": refusal.source,
            "gateway": refusal.gateway,
            "boot": refusal.boot,
            "seq": refusal.seq,
            "domain": refusal.domain,
            "received_us": refusal.received_us,
            "collector": refusal.collector,
            "log": where.log,
            "position": f"{where.topic}-{where.partition} offset {where.offset}",
            "readings": refusal.readings,
            "indexes": None if refusal.rows is None else list(refusal.rows),
            "released": one.released,
            "resolved_us": one.resolved_us,
            "raw_text": _text(refusal.raw),
            "raw_base64": base64.b64encode(refusal.raw).decode(),
        }
    )


def outcome(done: Outcome, dry_run: bool) -> str:
    """Return what a replay did."""
    told = []
    for one in done.still[:_STILL_SHOWN]:
        now = one.reason or "cannot be replayed"
        told.append(f"{one.id:>8}  {one.was} → {now}, {one.readings} readings: {plain(one.detail)}")
    if more := len(done.still) - _STILL_SHOWN:
        told += [f"          and {more} more"] if more > 0 else []
    did = "would be released" if dry_run else "released and stored"
    told.append(
        f"{done.rows} rows looked at; {done.released} readings of {done.released_rows} rows {did}"
    )
    left: Counter[str] = Counter()
    for one in done.still:
        left[one.reason or "cannot be replayed"] += one.readings
    told.append(
        "still refused: " + (", ".join(f"{why} {n}" for why, n in left.most_common()) or "none")
    )
    return "\n".join(told)


def hexdump(raw: bytes) -> Iterator[str]:
    r"""Return bytes as lines of offset, hexadecimal and ASCII.

    >>> list(hexdump(b"A\xff"))
    ['00000000  41 ff                                            A.']
    """
    for start in range(0, len(raw), 16):
        part = raw[start : start + 16]
        ascii_ = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in part)
        yield f"{start:08x}  {part.hex(' '):<47}  {ascii_}"


def plain(text: str) -> str:
    r"""Return a text without anything that a terminal would obey.

    >>> plain("a\x1b[2Jb")
    'a�[2Jb'
    """
    return "".join(one if one.isprintable() else "\ufffd" for one in text)


def _text(raw: bytes) -> str | None:
    """Return bytes as text where they are UTF-8 that can be shown."""
    try:
        found = raw.decode()
    except UnicodeDecodeError:
        return None
    return found if all(one.isprintable() or one in "\n\r\t" for one in found) else None


def _indexes(indexes: list[int] | None) -> str:
    if indexes is None:
        return "not noted"
    return ", ".join(map(str, indexes)) or "the message as a whole"


def _timed(facts: dict[str, Any]) -> dict[str, Any]:
    """Return facts with times in µs as ISO 8601 with offset, under the name without `_us`."""
    found = {}
    for name, value in facts.items():
        if name.endswith("_us"):
            found[name[:-3]] = None if value is None else instant(value).astimezone().isoformat()
        else:
            found[name] = value
    return found


def _time(time_us: int) -> str:
    return instant(time_us).astimezone().isoformat(timespec="seconds")
