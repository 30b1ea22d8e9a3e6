"""What is wrong with a rule file, and where: file, line, field, and the nearest valid word."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import Final

_LISTED: Final = 24
"""Known words that are listed in full; of more, a city's places say, the nearest must do."""


class RuleError(ValueError):
    """A rule file is wrong.

    Attributes:
        where: `file:line`.
    """

    def __init__(self, where: str, what: str) -> None:
        """Say where and what."""
        super().__init__(f"{where}: {what}")
        self.where = where


def nearest(word: str, known: Sequence[str]) -> str:
    """Say what was probably meant, and what there is.

    >>> nearest("watr", ["water", "air"])
    '; did you mean water? known: water, air'
    """
    close = difflib.get_close_matches(word, known, n=1)
    meant = f"did you mean {close[0]}? " if close else ""
    if not known:
        return "; there are none"
    if len(known) <= _LISTED:
        return f"; {meant}known: {', '.join(known)}"
    some = f"{len(known)} are known, e.g. {', '.join(known[:6])}"
    return f"; {meant or some}".rstrip()
