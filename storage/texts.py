"""Texts as PostgreSQL can hold them."""

from __future__ import annotations


def storable(text: str) -> str:
    r"""Return a text with NUL, which PostgreSQL cannot hold, as its picture ␀.

    >>> storable("a\0b")
    'a␀b'
    """
    return text.replace("\0", "\u2400")
