"""A slow and obvious way over streets of a chequered town: every point to every other point."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from devices.geo import EARTH_KM, distance_km
from dispatch.crews.roads import Speeds

WEST, SOUTH, STEP = 120.0, 32.5, 0.01
SIZE = 6


@dataclass(frozen=True)
class Street:
    """Along a row or a column of the board, from one crossing to another."""

    along_row: bool
    at: int
    low: int
    high: int
    kind: str

    @property
    def corners(self):
        spots = range(self.low, self.high + 1)
        return [(one, self.at) if self.along_row else (self.at, one) for one in spots]

    @property
    def line(self):
        first, last = self.corners[0], self.corners[-1]
        return self.kind, [degrees(*first), degrees(*last)]


def degrees(column, row):
    return WEST + STEP * column, SOUTH + STEP * row


class Town:
    """Answers by Floyd and Warshall over all crossings."""

    def __init__(self, streets: list[Street], speeds: Speeds) -> None:
        self.streets, self.speeds = streets, speeds
        ends = [point for one in streets for point in one.line[1]]
        middle = sum(lat for _, lat in ends) / len(ends) if ends else 0.0
        km = EARTH_KM * math.pi / 180
        self.x_km, self.y_km = km * STEP * math.cos(math.radians(middle)), km * STEP
        self.hours = np.full((SIZE * SIZE, SIZE * SIZE), np.inf)
        np.fill_diagonal(self.hours, 0.0)
        for one in streets:
            for a, b in zip(one.corners, one.corners[1:], strict=False):
                self._link(a, b, self._far(a, b) / speeds.roads[one.kind])
        for by in range(SIZE * SIZE):
            self.hours = np.minimum(self.hours, self.hours[:, [by]] + self.hours[[by], :])

    def _link(self, a, b, hours):
        i, j = (column * SIZE + row for column, row in (a, b))
        self.hours[i, j] = self.hours[j, i] = min(self.hours[i, j], hours)

    def _far(self, a, b):
        return math.hypot((a[0] - b[0]) * self.x_km, (a[1] - b[1]) * self.y_km)

    def seconds(self, start, end):
        """Return driving time and whether by road; points are (column, row), not whole numbers."""
        km = float(distance_km(*degrees(*start), *degrees(*end)))
        across = km * self.speeds.detour / self.speeds.across
        begin, finish = self._onto(start), self._onto(end)
        by_road = math.inf
        if begin and finish:
            (street, spot, gap), (street2, spot2, gap2) = begin, finish
            ways = [
                on + self.hours[a[0] * SIZE + a[1], b[0] * SIZE + b[1]] + off
                for a, on in self._corners(street, spot)
                for b, off in self._corners(street2, spot2)
            ]
            if street is street2:
                ways.append(self._far(spot, spot2) / self.speeds.roads[street.kind])
            by_road = min(ways) + (gap + gap2) * self.speeds.detour / self.speeds.across
        return 3600 * min(across, by_road), by_road < across

    def _onto(self, point):
        found = []
        for one in self.streets:
            if one.kind in self.speeds.closed:
                continue
            along = point[0] if one.along_row else point[1]
            spot = (min(max(along, one.low), one.high), one.at)
            spot = spot if one.along_row else spot[::-1]
            found.append((self._far(point, spot), one, spot))
        if not found:
            return None
        gap, street, spot = min(found, key=lambda each: each[0])
        return (street, spot, gap) if gap <= self.speeds.near_km else None

    def _corners(self, street, spot):
        kmh = self.speeds.roads[street.kind]
        return [(one, self._far(one, spot) / kmh) for one in street.corners]
