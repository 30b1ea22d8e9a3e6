"""What an index is made of: names that it knows, arrays of one length; how it refuses others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray


class IndexInputError(ValueError):
    """An index cannot be made of what was given.

    Attributes:
        what: the name of the quantity, or the word that is not known.
    """

    def __init__(self, what: str, why: str) -> None:
        """Say what and why."""
        super().__init__(f"{what}: {why}")
        self.what = what


def check_known(words: Iterable[str], known: Sequence[str], what: str) -> None:
    """Return if all words are known.

    Args:
        words: as given.
        known: those that may be.
        what: they are, for the message.

    Raises:
        IndexInputError: one is not.
    """
    for word in words:
        if word not in known:
            raise IndexInputError(word, f"is no {what}; there are {', '.join(known)}")


def size_of(columns: Mapping[str, NDArray[np.floating]], known: Sequence[str], what: str) -> int:
    """Return how long the columns are, all of them.

    Args:
        columns: (n,) by name.
        known: names that may be.
        what: they are, for the message.

    Raises:
        IndexInputError: there is none, a name is not known, or lengths differ.

    >>> size_of({"ph": np.array([7.0])}, ["ph"], "item")
    1
    """
    check_known(columns, known, what)
    if not columns:
        raise IndexInputError("nothing", f"is given; there are {', '.join(known)}")
    shapes = {key: np.shape(one) for key, one in columns.items()}
    first = next(iter(shapes.values()))
    if len(first) != 1 or any(shape != first for shape in shapes.values()):
        told = ", ".join(f"{key} {shape}" for key, shape in shapes.items())
        raise IndexInputError("shapes", f"{told}; all must be (n,) with the same n")
    return int(first[0])
