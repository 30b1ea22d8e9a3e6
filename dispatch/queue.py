"""The queue: which alert a dispatcher should look at first.

Priority is for people (P1–P4); warning colour is what the rule says about the world. Today one
follows from the other; they stay two things, because the response to a colour is the district's
to choose.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from typing import Protocol, TypeVar


class Priority(IntEnum):
    """How urgent something is: 1 is the most urgent.

    >>> Priority.of_colour("orange").zh
    '严重'
    """

    P1 = 1
    P2 = 2
    P3 = 3
    P4 = 4

    @classmethod
    def of_colour(cls, colour: str) -> Priority:
        """Return the priority of a warning colour (预警颜色).

        Raises:
            ValueError: not a warning colour.
        """
        try:
            return _OF_COLOUR[colour]
        except KeyError:
            raise ValueError(
                f"warning colour {colour!r} is not known; it must be one of {', '.join(_OF_COLOUR)}"
            ) from None

    @property
    def colour(self) -> str:
        """Warning colour: `red`, `orange`, `yellow` or `blue`."""
        return _WORDS[self][0]

    @property
    def zh(self) -> str:
        """Chinese word, as people say it."""
        return _WORDS[self][1]

    @property
    def en(self) -> str:
        """English word."""
        return _WORDS[self][2]


_WORDS = {
    Priority.P1: ("red", "特别严重", "Critical"),
    Priority.P2: ("orange", "严重", "Severe"),
    Priority.P3: ("yellow", "较重", "Major"),
    Priority.P4: ("blue", "一般", "Minor"),
}
_OF_COLOUR = {words[0]: priority for priority, words in _WORDS.items()}


class Waiting(Protocol):
    """What an entry must tell to find its place in the queue."""

    @property
    def id(self) -> str:
        """Identity; the last resort that makes the order the same everywhere."""

    @property
    def severity(self) -> str:
        """Warning colour."""

    @property
    def active(self) -> bool:
        """The condition still holds."""

    @property
    def acknowledged(self) -> bool:
        """Somebody has taken it."""

    @property
    def raised_us(self) -> int:
        """When it was raised: µs since 1970."""


_W = TypeVar("_W", bound=Waiting)


def order(waiting: Iterable[_W]) -> list[_W]:
    """Return the entries in the order in which they should be looked at.

    Active before cleared; then by priority; then what nobody has acknowledged; then the oldest.
    The order depends on nothing else, so a row moves only when its alert changes.

    Args:
        waiting: entries in any order; unchanged.

    Raises:
        ValueError: an entry with no warning colour.
    """
    return sorted(
        waiting,
        key=lambda one: (
            not one.active,
            Priority.of_colour(one.severity),
            one.acknowledged,
            one.raised_us,
            one.id,
        ),
    )
