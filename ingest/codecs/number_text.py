"""Numbers that a device writes as text."""

from __future__ import annotations

import math
import re
from typing import Final

_NUMBER: Final = re.compile(r"[ \t]*[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?[ \t]*")

_LONGEST: Final = 64
"""Characters of the longest number that is looked at."""


def number_in(text: str) -> float | None:
    """Return the finite decimal number that a text is; None for any other text.

    >>> number_in(" 1.42 "), number_in("0x10"), number_in("nan"), number_in("1e999")
    (1.42, None, None, None)
    """
    if len(text) > _LONGEST or not _NUMBER.fullmatch(text):
        return None
    number = float(text)
    return number if math.isfinite(number) else None
