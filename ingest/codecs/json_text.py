"""JSON as the field writes it: several texts glued, names twice, numbers beyond all bounds.

Every number stays text, so that 1e999 and a count of 5000 digits are judged where they are used.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any, Final, NamedTuple

MOST: Final = 1000
"""JSON texts in one payload; a gateway that gathers events sends a list of them."""

_BLANK: Final = re.compile(r"[\s,\ufeff\x1e]*")


class JsonTexts(NamedTuple):
    """JSON texts of one payload."""

    values: list[Any]
    """Objects as dict, arrays as list, numbers and strings as str, true and false as bool."""
    twice: list[str]
    """Names that occur twice in one object; the first counts."""
    problem: str
    """Why not all of the payload was read: where, and what stands there; empty otherwise."""


def read(text: str) -> JsonTexts:
    """Read all JSON texts that follow each other; never raises.

    >>> read('{"a": 1e999, "a": 2} [true]')
    JsonTexts(values=[{'a': '1e999'}, [True]], twice=['a'], problem='')
    """
    twice: list[str] = []

    def first_counts(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(reversed(pairs))
        if len(found) != len(pairs):
            counts = Counter(name for name, _ in pairs)
            twice.extend(name for name, count in counts.items() if count > 1)
        return found

    # strict=False: control characters within strings are dirt, no reason to lose an alarm.
    decoder = json.JSONDecoder(
        parse_int=str, parse_float=str, parse_constant=str, strict=False,
        object_pairs_hook=first_counts,
    )  # fmt: skip
    values: list[Any] = []
    problem = ""
    at = _skip(text, 0)
    while at < len(text):
        if len(values) == MOST:
            problem = f"more than {MOST} JSON texts in one payload; send a list"
            break
        try:
            value, at = decoder.raw_decode(text, at)
        except json.JSONDecodeError as error:
            problem = f"character {error.pos}: {error.msg}"
            break
        except RecursionError:
            problem = f"character {at}: nested deeper than any honest message"
            break
        values.append(value)
        at = _skip(text, at)
    return JsonTexts(values, twice, problem)


def _skip(text: str, at: int) -> int:
    blank = _BLANK.match(text, at)
    return blank.end() if blank else at
