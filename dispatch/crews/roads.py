"""How long it takes from one point to another, on the roads or across.

A road is near or it is not: a crew far from any of the known ones drives on lanes that the base
map has not, which is slower and longer than the straight line. Roads join where they cross, and
where one ends close to another. Nobody drives onto an expressway from a field: it is entered from
other roads only.

Good to 0.5 % of a distance over a district: roads lie on a plane through their middle.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import networkx as nx
import numpy as np

from devices.geo import EARTH_KM, distance_km
from dispatch.crews.road_net import Point, joined, nearest

_KM_PER_DEGREE: Final = EARTH_KM * math.pi / 180


@dataclass(frozen=True, slots=True)
class Speeds:
    """How fast crews are, km/h, and how far from a road they may be to use it."""

    roads: Mapping[str, float]
    """By kind of a line of the base map; others are no roads."""
    across: float = 25.0
    """Where there is no known road; km/h, above 0."""
    detour: float = 1.4
    """Length of the way across per km of the straight line; 1 or more."""
    near_km: float = 3.0
    """Farther from a road, straight line, one goes across all the way."""
    closed: frozenset[str] = frozenset({"expressway"})
    """Kinds that are entered from other roads only."""

    def __post_init__(self) -> None:
        """Check bounds.

        Raises:
            ValueError: a speed or length that cannot be.
        """
        for kind, one in {**self.roads, "across": self.across}.items():
            if not 0 < one <= 200:
                raise ValueError(f"speed of {kind}: {one:g} km/h; it must be above 0, at most 200")
        if not 1 <= self.detour <= 5:
            raise ValueError(f"detour: {self.detour:g}; it must be from 1 to 5")
        if not 0 <= self.near_km <= 50:
            raise ValueError(f"near_km: {self.near_km:g} km; it must be from 0 to 50")


SPEEDS: Final = Speeds({"expressway": 80.0, "arterial": 50.0})
"""Of a small lorry by day."""


@dataclass(frozen=True, slots=True)
class Way:
    """How one gets there."""

    time_s: float
    """Driving time, s."""
    by_road: bool
    """On known roads, with the way to and from them; else across."""


class Roads:
    """The roads of a city as a graph. Immutable once built; may be asked concurrently."""

    def __init__(
        self, lines: Sequence[tuple[str, Sequence[Point]]], speeds: Speeds = SPEEDS
    ) -> None:
        """Build the graph.

        Args:
            lines: kind and course of each line, degrees east and north, WGS-84; those of unknown
                kinds are left out.
            speeds: by kind.
        """
        self._speeds = speeds
        known = [(kind, course) for kind, course in lines if kind in speeds.roads]
        points = [point for _, course in known for point in course] or [(0.0, 0.0)]
        self._middle = tuple(np.mean(np.array(points, dtype=np.float64), axis=0).tolist())
        flat = [(kind, [self._flat(*point) for point in course]) for kind, course in known]
        self._nodes, self._edges = joined(flat, speeds.roads)
        self._graph = nx.Graph()
        for edge in self._edges:
            hours = edge.km / edge.kmh
            old = self._graph.get_edge_data(edge.start, edge.end)
            if old is None or hours < old["hours"]:
                self._graph.add_edge(edge.start, edge.end, hours=hours)
        self._open = [edge for edge in self._edges if edge.kind not in speeds.closed]
        nodes = np.array(self._nodes, dtype=np.float64).reshape(-1, 2)
        self._starts = nodes[[edge.start for edge in self._open]]
        self._ends = nodes[[edge.end for edge in self._open]]

    @classmethod
    def of_map(cls, base_map: Mapping[str, Any], speeds: Speeds = SPEEDS) -> Roads:
        """Return the roads of a base map: a GeoJSON FeatureCollection with `kind` as property."""
        return cls(
            [
                (
                    str(one["properties"].get("kind", "")),
                    [tuple(p) for p in geometry["coordinates"]],
                )
                for one in base_map["features"]
                if (geometry := one["geometry"])["type"] == "LineString"
            ],
            speeds,
        )

    def ways(self, lon: float, lat: float, starts: Sequence[Point]) -> list[Way]:
        """Return the fastest way to a point from each of some others.

        Args:
            lon: where to, degrees east, WGS-84.
            lat: degrees north.
            starts: from where: degrees east and north.
        """
        to = self._flat(lon, lat)
        end = self._access(to)
        hours = self._hours_to(end) if end else {}
        found = []
        for start in starts:
            at = self._flat(*start)
            km = float(distance_km(*start, lon, lat))
            across_s = 3600 * km * self._speeds.detour / self._speeds.across
            road_s = math.inf
            if end and (begin := self._access(at)):
                road_s = 3600 * self._between(begin, end, hours)
            found.append(Way(road_s, True) if road_s < across_s else Way(across_s, False))
        return found

    def _flat(self, lon: float, lat: float) -> Point:
        east, north = self._middle
        scale = math.cos(math.radians(north))
        return (lon - east) * scale * _KM_PER_DEGREE, (lat - north) * _KM_PER_DEGREE

    def _access(self, point: Point) -> _Access | None:
        """Return where one gets onto the nearest open road; None where none is near."""
        if not self._open:
            return None
        share, gap = nearest(point, self._starts, self._ends)
        at = int(np.argmin(gap))
        if gap[at] > self._speeds.near_km:
            return None
        hours = float(gap[at]) * self._speeds.detour / self._speeds.across
        return _Access(at, float(share[at]), hours)

    def _hours_to(self, end: _Access) -> dict[int, float]:
        """Return the driving time of every node to an access, the way off the road left out."""
        edge = self._open[end.edge]
        whole = edge.km / edge.kmh
        graph = self._graph.copy()
        graph.add_edge(-1, edge.start, hours=end.share * whole)
        graph.add_edge(-1, edge.end, hours=(1 - end.share) * whole)
        found: dict[int, float] = nx.single_source_dijkstra_path_length(graph, -1, weight="hours")
        return found

    def _between(self, begin: _Access, end: _Access, hours: Mapping[int, float]) -> float:
        """Return the driving time between two accesses, hours; infinite where no road leads."""
        edge = self._open[begin.edge]
        whole = edge.km / edge.kmh
        along = min(
            hours.get(edge.start, math.inf) + begin.share * whole,
            hours.get(edge.end, math.inf) + (1 - begin.share) * whole,
        )
        if begin.edge == end.edge:
            along = min(along, abs(begin.share - end.share) * whole)
        return begin.hours + along + end.hours


@dataclass(frozen=True, slots=True)
class _Access:
    edge: int
    """Index of the open edge."""
    share: float
    """How far along it, 0 at its start."""
    hours: float
    """From the point to the road."""
