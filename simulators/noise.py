"""Noise that remembers itself: smooth in time, and a pure function of key and time.

A random walk needs the whole past to know the present. Here a hash gives a number to each knot of
a time lattice, and values between two knots are interpolated: any moment can be asked for alone,
in any order, and always gives the same answer.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))


def scramble(number: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return well mixed bits for each number.

    Source:
        Steele, Lea, Flood: Fast splittable pseudorandom number generators (2014), splitmix64.
    """
    number = number + _GOLDEN
    number = (number ^ (number >> np.uint64(30))) * _MIX[0]
    number = (number ^ (number >> np.uint64(27))) * _MIX[1]
    return number ^ (number >> np.uint64(31))


def share(number: NDArray[np.uint64]) -> NDArray[np.float64]:
    """Return a fixed number in [0, 1) for each key."""
    return (scramble(number) >> np.uint64(11)).astype(np.float64) * 2.0**-53


def smooth(
    key: NDArray[np.uint64], time_s: NDArray[np.float64], correlation_s: float
) -> NDArray[np.float64]:
    """Return noise in [-1, 1] that loses its memory after about `correlation_s`.

    Args:
        key: (n,) which noise; two keys are independent.
        time_s: (n,) seconds, not negative.
        correlation_s: distance of the knots, seconds.

    >>> here = smooth(np.array([7], np.uint64), np.array([12.5]), 60.0)
    >>> bool(here == smooth(np.array([7], np.uint64), np.array([12.5]), 60.0))
    True
    """
    position = time_s / correlation_s
    knot = np.floor(position)
    between = position - knot
    weight = between * between * (3 - 2 * between)
    lattice = knot.astype(np.uint64)
    salted = scramble(key ^ np.uint64(int(correlation_s)))
    before = share(salted ^ (lattice * _GOLDEN))
    after = share(salted ^ ((lattice + np.uint64(1)) * _GOLDEN))
    return 2 * (before + weight * (after - before)) - 1
