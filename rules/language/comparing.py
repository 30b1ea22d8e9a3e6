"""Which stations a station is compared with: those around it, or the next ones upstream."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from devices.geo import distance_km
from rules.kinds.compare import Compare
from rules.language.columns import Columns, Slots
from rules.language.models import Neighbours, Upstream
from rules.language.subjects import check_keys
from rules.language.yaml_lines import At

_MOST = 500
"""Partners of one station: more make a rule slow and say nothing about it."""

_DEGREE_KM = 111.0
"""Length of a degree of latitude, a little less than it is."""


def compare(
    rule: Neighbours | Upstream, slots: Slots, columns: Columns, at: At
) -> tuple[Slots, Compare]:
    """Return which of the selected datastreams are subjects, and what they are compared with.

    Partners are selected datastreams themselves, of the same statistic.

    Raises:
        RuleError: nothing can be compared, or not on one partition.
    """
    if isinstance(rule, Neighbours):
        own, partner = _around(rule.radius_km, slots, columns)
        least, field = rule.least, "radius_km"
    else:
        own, partner = _upstream(slots, columns, at)
        least, field = 1, "subjects"
    same = columns.statistic[own] == columns.statistic[partner]
    own, partner = own[same], partner[same]
    order = np.lexsort((partner, own))
    own, partner = own[order], partner[order]
    found, first, counts = np.unique(own, return_index=True, return_counts=True)
    enough = counts >= least
    if not enough.any():
        raise at.error((field,), _nothing(rule))
    if counts.max() > _MOST:
        at_most = columns.name(int(found[counts.argmax()]))
        raise at.error(
            (field,), f"{at_most} has {counts.max()} neighbours; choose it for at most {_MOST}"
        )
    subjects: Slots = found[enough].astype(np.int32)
    first, counts = first[enough], counts[enough]
    nth = np.arange(counts.max())
    there = nth < counts[:, None]
    partners = np.full(there.shape, -1, dtype=np.int32)
    partners[there] = partner[(first[:, None] + nth)[there]]
    check_keys(
        np.column_stack([subjects, partners]), columns, at, (field,),
        lambda row: columns.name(int(subjects[row])),
    )  # fmt: skip
    own_age = columns.max_age_us[subjects]
    partner_age = np.where(there, columns.max_age_us[partners], 0)
    if rule.max_age is not None:
        age = round(rule.max_age * 1e6)
        own_age, partner_age = np.full_like(own_age, age), np.full_like(partner_age, age)
    return subjects, Compare(
        partners, own_age, partner_age, least, rule.measure, isinstance(rule, Upstream)
    )


def _nothing(rule: Neighbours | Upstream) -> str:
    if isinstance(rule, Upstream):
        return (
            "match no two stations on one river; places.csv says in `downstream` where its water "
            "goes next"
        )
    return (
        f"no station has {rule.least} others within {rule.radius_km:g} km; "
        "choose a larger one, or a smaller least"
    )


def _around(radius_km: float, slots: Slots, columns: Columns) -> tuple[Slots, Slots]:
    """Return all pairs of datastreams at different places within a distance of each other."""
    place = columns.place[slots]
    lon, lat = columns.lon[place], columns.lat[place]
    one: list[NDArray[np.intp]] = []
    two: list[NDArray[np.intp]] = []
    for left, right in _near(lon, lat, radius_km):
        apart = place[left] != place[right]
        left, right = left[apart], right[apart]
        close = distance_km(lon[left], lat[left], lon[right], lat[right]) <= radius_km
        one.append(left[close])
        two.append(right[close])
    return slots[np.concatenate(one)], slots[np.concatenate(two)]


def _near(
    lon: NDArray[np.float64], lat: NDArray[np.float64], radius_km: float
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Yield pairs of points that may be within a distance: those of neighbouring squares of a grid.

    A city does not lie on the date line or on a pole.
    """
    if not lon.size:
        return
    widest = np.cos(np.radians(np.abs(lat).max())).clip(0.01)
    row = np.floor((lat - lat.min()) * _DEGREE_KM / radius_km).astype(np.int64) + 1
    column = np.floor((lon - lon.min()) * _DEGREE_KM * widest / radius_km).astype(np.int64) + 1
    width = int(column.max()) + 2
    square = row * width + column
    order = np.argsort(square, kind="stable")
    ordered = square[order]
    for step in (-1, 0, 1):
        around = (row + step) * width + column
        begin = np.searchsorted(ordered, around - 1)
        counts = np.searchsorted(ordered, around + 1, side="right") - begin
        left = np.repeat(np.arange(lon.size), counts)
        nth = np.arange(left.size) - np.repeat(np.cumsum(counts) - counts, counts)
        yield left, order[begin[left] + nth]


def _upstream(slots: Slots, columns: Columns, at: At) -> tuple[Slots, Slots]:
    """Return pairs of a datastream and one at the next place upstream that has one."""
    own, partner = [], []
    for statistic in np.unique(columns.statistic[slots]).tolist():
        chosen = slots[columns.statistic[slots] == statistic]
        at_place = np.full(len(columns.places), -1, dtype=np.int32)
        at_place[columns.place[chosen]] = chosen
        target = columns.downstream[columns.place[chosen]]
        while (onward := (target >= 0) & (at_place[target] < 0)).any():
            target[onward] = columns.downstream[target[onward]]
        there = target >= 0
        _check_single(chosen, target, at_place, columns, at)
        own.append(at_place[target[there]])
        partner.append(chosen[there])
    return np.concatenate([_EMPTY, *own]), np.concatenate([_EMPTY, *partner])


_EMPTY = np.zeros(0, dtype=np.int32)


def _check_single(
    chosen: Slots,
    target: NDArray[np.int32],
    at_place: NDArray[np.int32],
    columns: Columns,
    at: At,
) -> None:
    """Refuse two datastreams of one place on a river: which would be compared?"""
    place = columns.place[chosen]
    on_river = np.zeros(len(columns.places), dtype=np.bool_)
    on_river[place[target >= 0]] = on_river[target[target >= 0]] = True
    other = np.flatnonzero((at_place[place] != chosen) & on_river[place])
    if other.size:
        slot = int(chosen[other[0]])
        raise at.error(
            ("subjects",),
            f"place {columns.places[int(columns.place[slot])]} has several: {columns.name(slot)} "
            f"and {columns.name(int(at_place[columns.place[slot]]))}; narrow it by device_kind, "
            "statistic or tag",
        )
