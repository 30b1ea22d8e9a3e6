"""What field gateways publish, and what must become of each reading."""

from __future__ import annotations

import random
from dataclasses import dataclass

import msgspec

from devices import DOMAINS, Catalogue
from devices.refusal import Reason
from tests.small_city import BRIDGE, LOCK, PONDING, RAIN, SPEED

POISON = 7.77
"""A value in range that the database refuses, as it would refuse one its columns cannot hold."""

GHOST = "gw-ghost"
"""A gateway that the catalogue does not have."""

# Around the limits of `tests.small_city.RULES`, inside and outside of the hysteresis.
VALUES = {
    BRIDGE: (3.0, 3.74, 3.77, 3.8, 3.9, 4.2, 4.54, 4.57, 4.6, 5.0),
    LOCK: (1.0, 1.94, 1.97, 2.0, 2.5),
    SPEED: (8.0, 14.0, 17.0, 17.9, 19.0, 22.0, 24.0, 40.0),
    PONDING: (0.1, 0.9),
    RAIN: (0.0, 12.5),
}

SLOTS = {"gw-bridge": (BRIDGE, RAIN), "gw-lock": (LOCK,), "gw-road": (SPEED, PONDING)}

_BEYOND = {BRIDGE: 99.0, LOCK: -5.0, SPEED: 500.0, PONDING: 2.0, RAIN: -1.0}
_DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class Reading:
    """One measurement of a message."""

    slot: int
    """Of its datastream; -1 where there is none."""
    time_us: int
    value: float
    domain: str
    reason: Reason | None
    """Why it must end in quarantine; None for a good one."""


@dataclass(frozen=True, slots=True, eq=False)
class Message:
    """One message of a field gateway: the same object however often it is delivered."""

    number: int
    """Counts all messages of the world in the order they were made."""
    gateway: str
    boot: str
    seq: int
    """-1 for a message without a number of its own."""
    payload: bytes
    readings: tuple[Reading, ...]

    @property
    def topic(self) -> str:
        return f"up/{self.gateway}/senml"

    @property
    def properties(self) -> dict[str, str]:
        return {} if self.seq < 0 else {"boot": self.boot, "seq": str(self.seq)}

    def __str__(self) -> str:
        return f"{self.gateway} #{self.number} {self.boot or 'unnumbered'}:{self.seq}"


class Author:
    """Writes messages; a time is given once to a datastream, so that a reading is one row."""

    def __init__(self, rng: random.Random, catalogue: Catalogue, dirt: float) -> None:
        """Prepare; `dirt` is the share of readings that must be refused."""
        self._rng = rng
        self._catalogue = catalogue
        self._dirt = dirt
        self._given: set[tuple[int, int]] = set()
        self.messages: list[Message] = []

    def write(self, gateway: str, boot: str, seq: int, now_us: int) -> Message:
        """Write the next message of a gateway."""
        rng = self._rng
        if gateway == GHOST:
            readings = [Reading(-1, now_us, 0.0, "unknown", Reason.UNKNOWN_GATEWAY)]
        else:
            readings = [
                self._reading(rng.choice(SLOTS[gateway]), now_us)
                for _ in range(rng.choice((1, 1, 2, 3)))
            ]
        payload = msgspec.json.encode([self._senml(one) for one in readings])
        # Without a number two deliveries of such a message are two messages: nobody knows better.
        if seq >= 0 and gateway != GHOST and rng.random() < self._dirt / 3:
            readings = [Reading(-1, now_us, 0.0, "unknown", Reason.UNDECODABLE)]
            payload = payload[:-2]
        one = Message(len(self.messages), gateway, boot, seq, payload, tuple(readings))
        self.messages.append(one)
        return one

    def _reading(self, slot: int, now_us: int) -> Reading:
        rng = self._rng
        late_s = rng.choice((0, 0, 0, 0, 1, 40, 90))
        time_us = now_us // 1000 * 1000 - late_s * 1_000_000
        while (slot, time_us) in self._given:
            time_us += 1000
        self._given.add((slot, time_us))
        domain = DOMAINS[self._catalogue.domain[slot]]
        if rng.random() >= self._dirt:
            return Reading(slot, time_us, rng.choice(VALUES[slot]), domain, None)
        match rng.randrange(4):
            case 0 if slot in (BRIDGE, LOCK):
                return Reading(slot, time_us, POISON, domain, Reason.UNSTORABLE)
            case 1:
                return Reading(-1, time_us, 1.0, "unknown", Reason.UNKNOWN_DATASTREAM)
            case 2:
                ahead_us = time_us + _DAY_S * 1_000_000
                return Reading(slot, ahead_us, 1.0, domain, Reason.FUTURE)
            case _:
                return Reading(slot, time_us, _BEYOND[slot], domain, Reason.OUT_OF_PHYSICAL_RANGE)

    def _senml(self, one: Reading) -> dict[str, object]:
        name = "nobody/speed" if one.slot < 0 else self._catalogue.datastreams[one.slot].id
        return {"n": name, "t": one.time_us / 1e6, "v": one.value}
