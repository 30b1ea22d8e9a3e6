"""Numbers of cases 案卷号: one for each, counted by day and district."""

from __future__ import annotations

import string
from dataclasses import dataclass
from datetime import date
from typing import Final

_FIELDS: Final = ("district", "year", "month", "day", "sequence")
_NEEDED: Final = ("year", "month", "day", "sequence")
_MOST: Final = 60
"""Characters of a number that a page shows in one line."""


@dataclass(frozen=True, slots=True)
class Numbering:
    """How numbers are written.

    >>> Numbering("姜城管案字〔{year}〕{month}{day}-{sequence}号", "321204").number(
    ...     date(2026, 9, 1), 7)
    '姜城管案字〔2026〕0901-0007号'
    """

    pattern: str
    """Text with `{year}`, `{month}`, `{day}`, `{sequence}` and perhaps `{district}`, each at most
    once. All but the sequence have a fixed width, so no two cases share a number."""
    district: str
    """Division code."""
    digits: int = 4
    """Least digits of the sequence; a larger one has more."""

    def __post_init__(self) -> None:
        """Check the pattern.

        Raises:
            ValueError: numbers of two days could be the same, or it names what there is not.
        """
        try:
            parts = list(string.Formatter().parse(self.pattern))
        except ValueError as error:
            raise ValueError(f"{self.pattern!r} is no pattern: {error}") from None
        names = [name for _, name, _, _ in parts if name is not None]
        for _, name, spec, conversion in parts:
            if name is not None and (name not in _FIELDS or spec or conversion):
                raise ValueError(
                    f"{{{name}{':' + spec if spec else ''}}} is not known; "
                    f"there are {', '.join(f'{{{one}}}' for one in _FIELDS)}"
                )
        for name in _NEEDED:
            if name not in names:
                raise ValueError(
                    f"{self.pattern!r} lacks {{{name}}}; without it two cases would share a number"
                )
        for name in sorted(set(names)):
            if names.count(name) > 1:
                raise ValueError(f"{self.pattern!r} has {{{name}}} twice; once is enough")
        if not 1 <= self.digits <= 9:
            raise ValueError(f"digits: {self.digits} is not within 1 and 9")
        if not self.pattern.isprintable() or len(self.number(date(2026, 1, 1), 1)) > _MOST:
            raise ValueError(f"{self.pattern!r} gives no line of at most {_MOST} characters")

    def number(self, day: date, sequence: int) -> str:
        """Return the number of the n-th case of a day, counted from 1."""
        return self.pattern.format(
            district=self.district,
            year=f"{day.year:04}",
            month=f"{day.month:02}",
            day=f"{day.day:02}",
            sequence=f"{sequence:0{self.digits}}",
        )
