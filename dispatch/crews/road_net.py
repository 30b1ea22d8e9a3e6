"""Lines of a map as a net: cut where they cross, joined where one ends close to another."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

Point = tuple[float, float]
"""East and north of the middle, km."""

_JOIN_KM: Final = 0.15
"""A road that ends so close to another joins it: lines drawn by hand miss each other by less."""
_SAME_KM: Final = 1e-6
"""Points closer than this are one: a millimetre."""


@dataclass(frozen=True, slots=True)
class Edge:
    """A straight piece of road between two nodes; it may be driven both ways."""

    start: int
    """Number of the node."""
    end: int
    km: float
    kmh: float
    kind: str
    """Of the road."""


def nearest(
    point: Point, starts: NDArray[np.float64], ends: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return where on each straight piece is nearest, 0 to 1, and how far that is; shape (n,)."""
    along = ends - starts
    length2 = np.maximum((along**2).sum(axis=1), 1e-18)
    share = np.clip(((np.array(point) - starts) * along).sum(axis=1) / length2, 0.0, 1.0)
    gap = np.hypot(*(starts + share[:, None] * along - np.array(point)).T)
    return share, gap


def joined(
    lines: Sequence[tuple[str, Sequence[Point]]], speeds: Mapping[str, float]
) -> tuple[list[Point], list[Edge]]:
    """Return nodes and edges: pieces cut where lines cross and where one ends close to another."""
    pieces = [
        (kind, number, a, b)
        for number, (kind, course) in enumerate(lines)
        for a, b in pairwise(course)
        if math.dist(a, b) > _SAME_KM
    ]
    cuts: list[set[float]] = [{0.0, 1.0} for _ in pieces]
    links: list[tuple[Point, Point, str]] = []
    for one, (_, line, a, b) in enumerate(pieces):
        for two, (_, other, c, d) in enumerate(pieces[:one]):
            if line != other and (shares := _crossing(a, b, c, d)) is not None:
                cuts[one].add(shares[0])
                cuts[two].add(shares[1])
    starts = np.array([piece[2] for piece in pieces], dtype=np.float64).reshape(-1, 2)
    ends = np.array([piece[3] for piece in pieces], dtype=np.float64).reshape(-1, 2)
    for line, (kind, course) in enumerate(lines):
        for end in (course[0], course[-1]) if len(course) > 1 else ():
            share, gap = nearest(end, starts, ends)
            for at, (_, other, a, b) in enumerate(pieces):
                if other != line and gap[at] <= _JOIN_KM:
                    cuts[at].add(float(share[at]))
                    links.append((end, _on(a, b, float(share[at])), kind))
    nodes = _Nodes()
    edges = []
    for (kind, _, a, b), cut in zip(pieces, cuts, strict=True):
        for low, high in pairwise(sorted(cut)):
            edges.append((_on(a, b, low), _on(a, b, high), kind))
    made = []
    for a, b, kind in [*edges, *links]:
        first, second = nodes.number(a), nodes.number(b)
        if first != second:
            made.append(Edge(first, second, math.dist(a, b), speeds[kind], kind))
    return nodes.points, made


class _Nodes:
    """Numbers points; those of one millimetre are one."""

    def __init__(self) -> None:
        """Start with none."""
        self.points: list[Point] = []
        self._number: dict[tuple[int, int], int] = {}

    def number(self, point: Point) -> int:
        column, row = (round(one / _SAME_KM) for one in point)
        for key in ((column + dx, row + dy) for dx in (0, -1, 1) for dy in (0, -1, 1)):
            if key in self._number:
                return self._number[key]
        self._number[column, row] = len(self.points)
        self.points.append(point)
        return len(self.points) - 1


def _on(a: Point, b: Point, share: float) -> Point:
    if share in (0.0, 1.0):
        return (a, b)[int(share)]
    return a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1])


def _crossing(a: Point, b: Point, c: Point, d: Point) -> tuple[float, float] | None:
    """Return where two straight pieces cross, as shares of each; None where they do not."""
    ab, cd, ac = ((q[0] - p[0], q[1] - p[1]) for p, q in ((a, b), (c, d), (a, c)))
    area = ab[0] * cd[1] - ab[1] * cd[0]
    if abs(area) < 1e-12:
        return None  # parallel: they share no single point
    t = (ac[0] * cd[1] - ac[1] * cd[0]) / area
    u = (ac[0] * ab[1] - ac[1] * ab[0]) / area
    return (t, u) if 0 <= t <= 1 and 0 <= u <= 1 else None
