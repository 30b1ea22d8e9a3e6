"""What is wrong with a city's files: each mistake with its place, the first or up to fifty."""

from __future__ import annotations

from typing import Final

MOST: Final = 50
"""Mistakes told at once: who made more wants to see the first ones and look again."""


class CatalogueError(ValueError):
    """The city's files contradict themselves or each other.

    Attributes:
        where: `file:line`.
    """

    def __init__(self, where: str, what: str) -> None:
        """Say where and what."""
        super().__init__(f"{where}: {what}")
        self.where = where
        self.what = what


class Mistakes:
    """Collects mistakes in the order in which they are found; those after `MOST` only count."""

    def __init__(self) -> None:
        """Start with none."""
        self.found: list[CatalogueError] = []
        self.total = 0

    def tell(self, where: str, what: str) -> None:
        """Note one."""
        self.total += 1
        if len(self.found) < MOST:
            self.found.append(CatalogueError(where, what))
