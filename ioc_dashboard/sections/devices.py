"""设备: which devices and gateways are heard, and how well they keep to their protocols."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from devices import DOMAINS, Catalogue
from devices.calendar import BEIJING
from ioc_dashboard.ports import History
from ioc_dashboard.sections.section import REFRESH_S, Now
from storage.instants import instant

DAYS: Final = 7
"""Days of findings that a score stands on, today among them."""

MOST: Final = 60
"""Rows of a list that are sent; no screen shows more."""


class TownDevices(msgspec.Struct, frozen=True):
    """How many devices of a town are heard."""

    town: int
    """Index in the atlas."""
    devices: list[int]
    """(4,) by domain."""
    silent: list[int]
    """(4,) by domain."""


class GatewayLine(msgspec.Struct, frozen=True):
    """A field gateway with the devices behind it."""

    id: str
    zh: str
    en: str
    devices: int
    silent: int
    newest_ms: int | None
    """Phenomenon time of the newest reading that came through it."""


class SilentDevice(msgspec.Struct, frozen=True):
    """A device of which nothing is heard."""

    device: int
    """Index in the atlas."""
    newest_ms: int | None


class Score(msgspec.Struct, frozen=True):
    """How well one device keeps to its protocol."""

    id: str
    zh: str
    en: str
    vendor: str
    messages: int
    score: float | None
    """Messages without a finding, per cent; None where they are not counted."""
    findings: list[tuple[str, int]]
    """Code and count, most frequent first."""


class Devices(msgspec.Struct, frozen=True):
    """The page's part."""

    towns: list[TownDevices]
    """Those with the largest share of silent devices first."""
    gateways: list[GatewayLine]
    """Silent ones first, then those with silent devices, then the rest; the first ones."""
    gateways_total: int
    gateways_silent: int
    """Gateways behind which no device is heard."""
    silent: list[SilentDevice]
    """Never heard first, then the longest silent; the first ones."""
    silent_total: int
    scores: list[Score] | None
    """Lowest first; None until the database has said. Of devices with findings only."""
    strangers: int | None
    """Devices that introduced themselves and stand in no registry; None: not known."""
    days: int = DAYS


class DevicesSection:
    """Implements `Section`."""

    page = "devices"
    every_s = 2
    refresh_s = REFRESH_S

    def __init__(self, catalogue: Catalogue) -> None:
        """Index devices by town, domain and gateway."""
        self._catalogue = catalogue
        names = list(catalogue.devices)
        index = {name: at for at, name in enumerate(names)}
        self._device_of_slot = np.array(
            [index[one.device] for one in catalogue.datastreams], dtype=np.int64
        )
        domain = np.full(len(names), -1, dtype=np.int64)
        alive = ~catalogue.retired
        # The first datastream says of which domain a device is; retired ones count nowhere.
        for slot in np.flatnonzero(alive)[::-1]:
            domain[self._device_of_slot[slot]] = catalogue.domain[slot]
        towns = {town: at for at, town in enumerate(catalogue.towns)}
        self._domain = domain
        self._town = np.array(
            [towns[catalogue.places[one.place].town] for one in catalogue.devices.values()],
            dtype=np.int64,
        )
        gateways = {name: at for at, name in enumerate(catalogue.gateways)}
        self._gateway = np.array(
            [gateways[one.gateway] for one in catalogue.devices.values()], dtype=np.int64
        )
        self._scores: list[Score] | None = None
        self._strangers: int | None = None

    async def refresh(self, history: History, now_us: int) -> None:
        """Read findings of the last days, and who waits in the lobby."""
        today = instant(now_us).astimezone(BEIJING).date()
        found = await history.conformance(today - timedelta(days=DAYS - 1), today)
        scores = [
            Score(
                one.device or one.gateway,
                *self._names(one.gateway, one.device),
                self._vendor(one.device),
                one.messages,
                None if one.score is None else round(one.score, 2),
                [(code, each.count) for code, each in one.found.items()][:4],
            )
            for one in found
            if one.deviant
        ]
        scores.sort(key=lambda one: (101.0 if one.score is None else one.score, one.id))
        self._scores = scores[:MOST]
        known = {(one.gateway, name) for one in self._catalogue.devices.values()
                 for name in (one.id, one.field_id)}  # fmt: skip
        self._strangers = sum(pair not in known for pair in await history.contacts())

    def _vendor(self, device: str) -> str:
        known = self._catalogue.devices.get(device)
        return known.vendor if known else ""

    def show(self, now: Now) -> Devices:
        """Return counts and lists as they are now."""
        newest_us = np.zeros(len(self._town), dtype=np.int64)
        np.maximum.at(newest_us, self._device_of_slot, now.state.time_us)
        counts = self._domain >= 0
        silent = now.silent & counts
        gateways = self._gateways(counts, silent, newest_us)
        quiet = np.flatnonzero(silent)
        quiet = quiet[np.argsort(newest_us[quiet], kind="stable")]
        return Devices(
            towns=self._towns(counts, silent),
            gateways=gateways[:MOST],
            gateways_total=len(gateways),
            gateways_silent=sum(one.silent == one.devices for one in gateways),
            silent=[SilentDevice(int(at), _ms(newest_us[at])) for at in quiet[:MOST]],
            silent_total=int(quiet.size),
            scores=self._scores,
            strangers=self._strangers,
        )

    def _towns(
        self, counts: NDArray[np.bool_],
        silent: NDArray[np.bool_],
    ) -> list[TownDevices]:  # fmt: skip
        shape = (len(self._catalogue.towns), len(DOMAINS))
        of = self._town * shape[1] + self._domain
        devices = np.bincount(of[counts], minlength=shape[0] * shape[1]).reshape(shape)
        missing = np.bincount(of[silent], minlength=shape[0] * shape[1]).reshape(shape)
        share = missing.sum(axis=1) / np.maximum(devices.sum(axis=1), 1)
        return [
            TownDevices(int(at), devices[at].tolist(), missing[at].tolist())
            for at in np.argsort(-share, kind="stable")
            if devices[at].any()
        ]

    def _gateways(
        self, counts: NDArray[np.bool_],
        silent: NDArray[np.bool_],
        newest_us: NDArray[np.int64],
    ) -> list[GatewayLine]:  # fmt: skip
        n = len(self._catalogue.gateways)
        devices = np.bincount(self._gateway[counts], minlength=n)
        missing = np.bincount(self._gateway[silent], minlength=n)
        newest = np.zeros(n, dtype=np.int64)
        np.maximum.at(newest, self._gateway, newest_us)
        lines = [
            GatewayLine(
                one.id, *one.name, int(devices[at]), int(missing[at]), _ms(newest[at])
            )
            for at, one in enumerate(self._catalogue.gateways.values())
            if devices[at]
        ]  # fmt: skip
        lines.sort(key=lambda one: (-one.silent / one.devices, one.newest_ms or 0, one.id))
        return lines

    def _names(self, gateway: str, device: str) -> tuple[str, str]:
        """Return what people call it: its own name, or that of its gateway and what it says."""
        if known := self._catalogue.devices.get(device):
            return known.name
        behind = self._catalogue.gateways.get(gateway)
        zh, en = behind.name if behind else (gateway, gateway)
        return (f"{zh} {device}".strip(), f"{en} {device}".strip())


def _ms(us: np.int64 | int) -> int | None:
    return int(us) // 1000 or None
