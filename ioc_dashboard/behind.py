"""What is behind a number and behind an alert: `GET /wall/datastream?slot=`, `GET /wall/alert?id=`.

For visits and for who has to decide: where a reading comes from, its limits and its raw readings
with their quality; an alert's life, with what the rule saw at each step and what people did.
"""

from __future__ import annotations

import asyncio
import heapq
import time
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, Protocol

import msgspec
from fastapi import FastAPI, Request
from fastapi.responses import Response

from devices import PROPERTIES, Catalogue
from ioc_dashboard.answers import answer

if TYPE_CHECKING:
    from storage.alert_life import Life
    from storage.queries import Readings

READINGS_MOST: Final = 12
"""Newest raw readings that are told; the chart has all."""

_READINGS_US: Final = 15 * 60 * 1_000_000
"""How far back they are looked for: readings lie in the order of their arrival, and a quarter of an
hour is found in 90 ms where the city says 1300/s."""

_ANSWER_WITHIN_S: Final = 5.0

Pair = tuple[str, str]
"""Chinese, English."""


class Told(msgspec.Struct, frozen=True):
    """The newest raw readings, newest first; columns of one length."""

    time_ms: list[int]
    result: list[float | None]
    quality: list[int]
    """`devices.Quality`."""


class Behind(msgspec.Struct, frozen=True):
    """A datastream: what is observed, by what, where, and what is held against it."""

    id: str
    device: Pair
    place: Pair
    town: Pair
    gateway: str
    vendor: str
    observed_property: str
    statistic: str
    symbol: str
    """Unit."""
    decimals: int
    period_s: float
    physical_min: float
    physical_max: float
    datum: str
    """What a level is above; empty where nobody says, or it is no level."""
    limits: dict[str, float]
    readings: Told | None
    """None where the database does not answer."""


class Step(msgspec.Struct, frozen=True, omit_defaults=True):
    """One entry in an alert's life."""

    time_ms: int
    kind: str
    """As `rules.alerts.TransitionKind` or `storage.handling.ActionKind`."""
    severity: str | None = None
    evidence: dict[str, Any] | None = None
    """As `rules.alerts.Evidence`; None for what people did."""
    rule_version: int | None = None
    actor: str = ""
    reason: str = ""


class AlertTold(msgspec.Struct, frozen=True):
    """An alert and its life."""

    id: str
    slot: int
    message: Pair
    severity: str
    rule: str
    rule_version: int
    subject: str
    active: bool
    owner: str | None
    plan: str
    life: list[Step]


class Source(Protocol):
    """Where it comes from; `history.DatabaseHistory` is one."""

    async def readings(self, slot: int, since_us: int, until_us: int) -> Readings:
        """Return the readings of a datastream, any quality, by time; end exclusive."""

    async def alert_life(self, alert: str) -> Life | None:
        """Return an alert with all that happened to it; None where there is none of that id."""


def datastream(catalogue: Catalogue, slot: int, readings: Readings | None) -> Behind:
    """Return what is behind a datastream.

    Args:
        catalogue: the city.
        slot: of the datastream.
        readings: its newest ones by time; None where they are not known.
    """
    one = catalogue.datastreams[slot]
    device = catalogue.devices[one.device]
    place = catalogue.places[device.place]
    about = PROPERTIES[one.observed_property]
    return Behind(
        one.id, device.name, place.name, catalogue.towns[place.town].name, device.gateway,
        device.vendor, one.observed_property, one.statistic, about.symbol, about.decimals,
        one.period_s, one.physical_min, one.physical_max, one.datum, one.limits,
        None if readings is None else _newest(readings),
    )  # fmt: skip


def _newest(readings: Readings) -> Told:
    newest = slice(-1, -READINGS_MOST - 1, -1)
    return Told(
        (readings.phenomenon_time_us[newest] // 1000).tolist(),
        [value if value == value else None for value in readings.result[newest].tolist()],
        readings.quality[newest].tolist(),
    )


def told(life: Life) -> AlertTold:
    """Return an alert's life, in the order in which it was stored.

    Transitions are dated by the log, which may be late, and actions by the database's clock.
    """
    row = life.alert
    steps = [
        (
            one.recorded_us,
            Step(
                one.at_us // 1000, one.kind, one.severity, one.evidence, one.rule_version,
                reason=one.evidence.get("reason") or "",
            ),
        )
        for one in life.steps
    ]  # fmt: skip
    done = [
        (one.at_us, Step(one.at_us // 1000, one.kind, actor=one.actor, reason=one.reason))
        for one in life.done
    ]
    return AlertTold(
        row.id, row.datastream, (row.message_zh, row.message_en), row.severity, row.rule,
        row.rule_version, row.subject, row.active, row.owner, row.plan,
        [step for _, step in heapq.merge(steps, done, key=lambda one: one[0])],
    )  # fmt: skip


def route(
    server: FastAPI,
    source: Source,
    catalogue: Catalogue,
    now_us: Callable[[], int] = lambda: time.time_ns() // 1000,
) -> None:
    """Serve both.

    Args:
        server: of the wall.
        source: the database.
        catalogue: the city.
        now_us: µs since 1970.
    """
    last = len(catalogue.datastreams) - 1

    @server.get("/wall/datastream")
    async def read_datastream(request: Request) -> Response:
        text = request.query_params.get("slot", "")
        if not (text.isascii() and text.isdigit() and len(text) < 9 and int(text) <= last):
            why = f"slot is {text!r}; it must be the number of a datastream, 0 to {last}"
            return answer(400, {"error": f"/wall/datastream: {why}"})
        now = now_us()
        try:
            async with asyncio.timeout(_ANSWER_WITHIN_S):
                found = await source.readings(int(text), now - _READINGS_US, now + _READINGS_US)
        except TimeoutError:
            found = None  # what the catalogue knows is told all the same
        return answer(200, datastream(catalogue, int(text), found))

    @server.get("/wall/alert")
    async def read_alert(request: Request) -> Response:
        text = request.query_params.get("id", "")
        try:
            alert = str(uuid.UUID(text))
        except ValueError:
            why = f"id is {text!r}; it must be the id of an alert, a UUID"
            return answer(400, {"error": f"/wall/alert: {why}"})
        try:
            async with asyncio.timeout(_ANSWER_WITHIN_S):
                life = await source.alert_life(alert)
        except TimeoutError:
            why = f"the database did not answer within {_ANSWER_WITHIN_S:g} s; ask again later"
            return answer(503, {"error": f"/wall/alert: {why}"})
        if life is None:
            return answer(404, {"error": f"/wall/alert: there is no alert {alert}"})
        return answer(200, told(life))
