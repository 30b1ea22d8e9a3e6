"""SenML packs of field gateways: due readings become MQTT payloads.

Source:
    RFC 8428, JSON representation. A record that changes the device carries its base name; the
    first one carries the base time, whole seconds, so that base and offset add up to the µs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from devices import PROPERTIES, Catalogue
from simulators.sites import Column

MAX_READINGS: Final = 250
"""Readings in one pack: some 12 kB, below the 20 kB that rumqttd takes by default."""


class Record(msgspec.Struct, omit_defaults=True):
    """One SenML record; None where a field is left out."""

    bn: str | None = None
    bt: int | None = None
    n: str | None = None
    u: str | None = None
    v: float | msgspec.UnsetType | None = msgspec.UNSET
    """None is written as null: what a broken driver does."""
    t: float | None = None
    """Offset from the base time, seconds, six decimals."""


@dataclass(frozen=True, slots=True)
class PackDraft:
    """The readings of one gateway that go out together."""

    gateway: str
    slot: NDArray[np.int32]
    time_us: NDArray[np.int64]
    """Phenomenon time, µs since 1970, rising."""
    value: Column
    protocol: str = "senml"
    """What all of them are written in."""


class PackBuilder:
    """Groups readings by gateway and writes them; knows each datastream's name and unit."""

    def __init__(self, catalogue: Catalogue, protocols: Sequence[str] = ()) -> None:
        """Prepare what is written for each slot.

        Args:
            catalogue: the city.
            protocols: of each slot; none: SenML for all.
        """
        spoken = protocols or ["senml"] * len(catalogue.datastreams)
        senders = list(zip(catalogue.gateway_of, spoken, strict=True))
        order = {name: number for number, name in enumerate(catalogue.gateways)}
        self._senders = sorted(set(senders), key=lambda one: (order[one[0]], one[1]))
        numbers = {one: number for number, one in enumerate(self._senders)}
        self._sender = np.array([numbers[one] for one in senders], dtype=np.int32)
        self._words = [
            (f"{one.device}/", one.observed_property, PROPERTIES[one.observed_property].unit)
            for one in catalogue.datastreams
        ]
        self._encoder = msgspec.json.Encoder()

    def group(
        self, slot: NDArray[np.int32], time_us: NDArray[np.int64], value: Column
    ) -> Iterator[PackDraft]:
        """Split readings, the earliest first, into packs of one gateway and protocol each."""
        if not len(slot):
            return
        owner = self._sender[slot]
        order = np.argsort(owner, kind="stable")
        owner = owner[order]
        cuts = np.flatnonzero(np.diff(owner)) + 1
        for rows in np.split(order, cuts):
            gateway, protocol = self._senders[int(self._sender[slot[rows[0]]])]
            for begin in range(0, len(rows), MAX_READINGS):
                part = rows[begin : begin + MAX_READINGS]
                yield PackDraft(gateway, slot[part], time_us[part], value[part], protocol)

    def records(self, draft: PackDraft) -> list[Record]:
        """Return the pack's records, in the order of the draft."""
        base_s = int(draft.time_us[0]) // 1_000_000
        records = []
        device = ""
        for slot, time_us, value in zip(
            draft.slot.tolist(), draft.time_us.tolist(), draft.value.tolist(), strict=True
        ):
            base, name, unit = self._words[slot]
            offset_us = time_us - base_s * 1_000_000
            records.append(
                Record(
                    bn=None if base == device else base,
                    n=name,
                    u=unit,
                    v=value,
                    t=offset_us / 1e6 if offset_us else None,
                )
            )
            device = base
        records[0].bt = base_s
        return records

    def encode(self, records: Sequence[Record]) -> bytes:
        """Write the payload."""
        return self._encoder.encode(records)
