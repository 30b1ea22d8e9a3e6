"""Where lines end: by the rules of Unicode, so that no line begins with 。 or ends with （."""

from __future__ import annotations

from collections.abc import Callable

from uniseg.linebreak import line_break_units


def lines(text: str, width: float, measure: Callable[[str], float]) -> list[str]:
    """Return a text as lines that are no wider than allowed; nothing of it is left out.

    A unit that is wider than a line by itself, a long id, is cut where the line is full.

    Args:
        text: its own line breaks are kept.
        width: of a line.
        measure: how wide a text is, in the same unit.

    Source:
        Unicode Standard Annex #14, line breaking.

    >>> lines("水位（米）高。", 4, len)
    ['水位', '（米）', '高。']
    """
    found = []
    for paragraph in text.split("\n"):
        line = ""
        for unit in line_break_units(paragraph):
            if not line or measure((line + unit).rstrip()) <= width:
                line += unit
            else:
                found.append(line.rstrip())
                line = unit
            while measure(line.rstrip()) > width and len(line) > 1:
                at = _fitting(line, width, measure)
                found.append(line[:at])
                line = line[at:]
        found.append(line.rstrip())
    return found


def _fitting(text: str, width: float, measure: Callable[[str], float]) -> int:
    """Return how many characters fit; at least one, so that there is an end."""
    at = 1
    while at < len(text) and measure(text[: at + 1]) <= width:
        at += 1
    return at
