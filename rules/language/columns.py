"""A catalogue as arrays: what selecting and comparing ask of datastreams, once for all rules."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from devices import DOMAINS, Catalogue, Datastream, Device, Place
from devices.statistics import length_s

Slots = NDArray[np.int32]

AGE_PERIODS = 3.0
"""After so many of its own periods a result is too old to be judged beside others."""


class Coded(NamedTuple):
    """A column of numbers of which few differ."""

    values: NDArray[np.float64]
    """(k,) distinct; NaN for none."""
    codes: NDArray[np.int32]
    """(s,) position in `values` by slot."""


class Columns:
    """Arrays over the s datastreams, d devices, p places and g gateways of a catalogue."""

    def __init__(self, catalogue: Catalogue) -> None:
        """Read the catalogue."""
        self.catalogue = catalogue
        streams = catalogue.datastreams
        self.count = len(streams)
        self.places = tuple(catalogue.places)
        self.devices = tuple(catalogue.devices)
        self.gateways = tuple(catalogue.gateways)
        place_at = {name: at for at, name in enumerate(self.places)}
        device_at = {name: at for at, name in enumerate(self.devices)}
        gateway_at = {name: at for at, name in enumerate(self.gateways)}
        self.device = _ints((device_at[one.device] for one in streams), self.count)
        """(s,) position in `devices`."""
        devices = catalogue.devices.values()
        self.device_place = _ints((place_at[one.place] for one in devices), len(devices))
        """(d,)"""
        self.place = self.device_place[self.device]
        """(s,) position in `places`."""
        self.gateway = _ints((gateway_at[one] for one in catalogue.gateway_of), self.count)
        """(s,) position in `gateways`."""
        keys: dict[str, int] = {}
        gateways = catalogue.gateways.values()
        self.key = _ints((keys.setdefault(one.key, len(keys)) for one in gateways), len(gateways))
        """(g,) which key of the log; equal numbers are one partition."""
        self.town, self.towns = _coded(one.town for one in catalogue.places.values())
        """(p,) position in `towns`."""
        self.place_kind, self.place_kinds = _coded(one.kind for one in catalogue.places.values())
        """(p,)"""
        self.device_kind, self.device_kinds = _coded(one.kind for one in devices)
        """(d,)"""
        places = catalogue.places.values()
        self.lon = np.array([one.lon for one in places], dtype=np.float64)
        self.lat = np.array([one.lat for one in places], dtype=np.float64)
        self.downstream = _ints((place_at.get(one.downstream, -1) for one in places), len(places))
        """(p,) next place downstream, -1 for none."""
        self.observed, self.properties = _coded(one.observed_property for one in streams)
        """(s,)"""
        self.statistic, self.statistics = _coded(one.statistic for one in streams)
        """(s,)"""
        self.period_s = np.array([one.period_s for one in streams], dtype=np.float64)
        values, codes = np.unique(self.period_s, return_inverse=True)
        self.period = Coded(values, codes.astype(np.int32))
        length = np.array([length_s(one) for one in self.statistics], dtype=np.float64)
        age_s = AGE_PERIODS * self.period_s + (length[self.statistic] if self.count else 0.0)
        self.max_age_us = np.rint(age_s * 1e6).astype(np.int64)
        """(s,) from which age a result is unknown, where the rule says nothing else."""
        self.live = np.flatnonzero(~catalogue.retired).astype(np.int32)
        """Slots that are not retired."""
        observed = self.observed[self.live]
        order = np.argsort(observed, kind="stable")
        cuts = np.searchsorted(observed[order], np.arange(1, len(self.properties)))
        parts = np.split(self.live[order], cuts) if self.properties else []
        self.of_property = dict(zip(self.properties, parts, strict=True))
        """Live slots, ascending, by observed property."""
        self._tagged: dict[str, NDArray[np.bool_]] = {}
        self._limits: dict[str, Coded] = {}
        self._limit_at = _limit_positions(catalogue)
        self._tag_at = _tag_positions(catalogue)
        self.tags = sorted(self._tag_at)

    def tagged(self, tag: str) -> NDArray[np.bool_]:
        """Return (s,) where a tag is on the datastream, its device or its place."""
        if tag not in self._tagged:
            on_place = np.zeros(len(self.places), dtype=np.bool_)
            on_device = np.zeros(len(self.devices), dtype=np.bool_)
            found = np.zeros(self.count, dtype=np.bool_)
            places, devices, streams = self._tag_at[tag]
            on_place[places] = on_device[devices] = found[streams] = True
            found |= on_place[self.place] | on_device[self.device]
            self._tagged[tag] = found
        return self._tagged[tag]

    def limit(self, name: str) -> Coded:
        """Return the station's limit of a name by slot, NaN where it has none."""
        if name not in self._limits:
            slots, given = self._limit_at.get(name, ([], []))
            values, codes = np.unique(np.array(given, dtype=np.float64), return_inverse=True)
            column = np.zeros(self.count, dtype=np.int32)
            column[slots] = codes + 1
            self._limits[name] = Coded(np.r_[np.nan, values], column)
        return self._limits[name]

    def limits_of(self, slots: Slots) -> Sequence[str]:
        """Return the names of the limits that some of these datastreams have."""
        streams = self.catalogue.datastreams
        return sorted({name for slot in slots.tolist() for name in streams[slot].limits})

    def in_domain(self, domains: Sequence[str]) -> NDArray[np.bool_]:
        """Return (s,) whose observed property is of one of some domains."""
        wanted = np.array([one in domains for one in DOMAINS])
        return wanted[self.catalogue.domain]

    def name(self, slot: int) -> str:
        """Return the id of a datastream."""
        return self.catalogue.datastreams[slot].id


def _ints(values: Iterable[int], count: int) -> NDArray[np.int32]:
    return np.fromiter(values, np.int32, count)


def _coded(words: Iterable[str]) -> tuple[NDArray[np.int32], list[str]]:
    """Number words in the order of their first occurrence."""
    known: dict[str, int] = {}
    codes = [known.setdefault(word, len(known)) for word in words]
    return np.array(codes, dtype=np.int32), list(known)


def _limit_positions(catalogue: Catalogue) -> dict[str, tuple[list[int], list[float]]]:
    found: dict[str, tuple[list[int], list[float]]] = defaultdict(lambda: ([], []))
    for one in catalogue.datastreams:
        for name, value in one.limits.items():
            slots, values = found[name]
            slots.append(one.slot)
            values.append(value)
    return dict(found)


def _tag_positions(catalogue: Catalogue) -> dict[str, tuple[list[int], list[int], list[int]]]:
    found: dict[str, tuple[list[int], list[int], list[int]]] = defaultdict(lambda: ([], [], []))
    tables: tuple[Iterable[Place | Device | Datastream], ...] = (
        catalogue.places.values(), catalogue.devices.values(), catalogue.datastreams,
    )  # fmt: skip
    for index, table in enumerate(tables):
        for at, one in enumerate(table):
            for tag in one.tags:
                found[tag][index].append(at)
    return dict(found)
