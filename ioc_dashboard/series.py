"""One datastream over time, for a chart: `GET /wall/series?slot=&from=&to=`.

The longer the time, the longer the buckets, and never more points than a screen can show. What is
left out is chosen by LTTB, which keeps peaks and edges; where nothing was heard the line is broken.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, Protocol

import msgspec
import numpy as np
from fastapi import FastAPI, Request, Response
from numpy.typing import NDArray
from tsdownsample import LTTBDownsampler

from devices import PROPERTIES, Catalogue
from ioc_dashboard.answers import answer
from storage.instants import time_us

if TYPE_CHECKING:
    from storage.queries import Readings
    from storage.rollups import Rollup

POINTS_MOST: Final = 2000
"""Half the columns of the widest screen; 40 kB of JSON."""

_BROKEN_MOST: Final = 400
"""Pieces of a line at most; with more the shortest breaks are closed."""

_HOUR_S: Final = 3600
_CHOSEN: Final = (("raw", _HOUR_S // 4), ("1min", 4 * 24 * _HOUR_S), ("1h", 366 * 24 * _HOUR_S))
"""Levels and the longest time that each is chosen for; beyond all of them days. Readings lie in the
order of their arrival: a quarter of an hour of one datastream is 90 ms where the city says 1300/s,
three hours are 2 s."""

_ALLOWED: Final = {"raw": 3 * _HOUR_S, "1min": 31 * 24 * _HOUR_S, "1h": 20 * 366 * 24 * _HOUR_S}
"""The longest time that a page may name a level for."""

_LENGTH_S: Final = {"raw": 0, "1min": 60, "1h": _HOUR_S, "1d": 24 * _HOUR_S}

_ANSWER_WITHIN_S: Final = 5.0
"""After this the database counts as away, and the page is told."""


class Series(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a chart draws: columns of one length, by time."""

    slot: int
    level: str
    """`raw`, or the length of the buckets: `1min`, `1h`, `1d` (days of Beijing)."""
    time_ms: list[int]
    """Of the reading, or the start of the bucket."""
    value: list[float | None]
    """The result, or the mean of the good ones; None where the line is broken."""
    downsampled: bool
    of: int
    """Readings or buckets with a value; more than there are points only where `downsampled`."""
    quality: list[int | None] | None = None
    """Of `raw`: `devices.Quality`."""
    min: list[float | None] | None = None
    """Of buckets."""
    max: list[float | None] | None = None
    """Of buckets."""


class Source(Protocol):
    """Where series come from; `history.DatabaseHistory` is one."""

    async def rollup(self, slots: list[int], level: str, since_us: int, until_us: int) -> Rollup:
        """See `ports.History.rollup`."""

    async def readings(self, slot: int, since_us: int, until_us: int) -> Readings:
        """Return the readings of a datastream, any quality, by time; end exclusive."""


class QueryError(ValueError):
    """A parameter cannot be; the text says which, why, and what would be right."""


@dataclass(frozen=True, slots=True)
class Query:
    """What a page asks for."""

    slot: int
    since_us: int
    until_us: int
    """Exclusive."""
    level: str

    @property
    def gap_floor_us(self) -> int:
        """Distance of neighbours at which a line of buckets is broken."""
        return _LENGTH_S[self.level] * 1_500_000


def parse(parameters: dict[str, str], datastreams: int) -> Query:
    """Read a query.

    Args:
        parameters: `slot`, `from` and `to`; `level` where the page wants to choose.
        datastreams: how many the city has.

    Raises:
        QueryError: one of them is missing or cannot be.

    >>> parse({"slot": "7", "from": "2026-11-24T00:00Z", "to": "2026-11-25T00:00+08:00"}, 9).level
    '1min'
    """
    if odd := sorted(parameters.keys() - {"slot", "from", "to", "level"}):
        raise QueryError(f"{odd[0]!r} is no parameter; there are slot, from, to and level")
    text = parameters.get("slot", "")
    if not (text.isascii() and text.isdigit() and len(text) < 9 and int(text) < datastreams):
        raise QueryError(
            f"slot is {text!r}; it must be the number of a datastream, 0 to {datastreams - 1}"
        )
    since, until = _time(parameters, "from"), _time(parameters, "to")
    if until <= since:
        raise QueryError(f"to is {until.isoformat()}; it must be after from, {since.isoformat()}")
    length_s = (until - since).total_seconds()
    level = parameters.get("level", "")
    if level and level not in _LENGTH_S:
        raise QueryError(f"level is {level!r}; it must be one of {', '.join(_LENGTH_S)}, or absent")
    if length_s > _ALLOWED.get(level, length_s):
        raise QueryError(
            f"from {since.isoformat()} to {until.isoformat()} is {length_s:.0f} s; at level "
            f"{level} it must be at most {_ALLOWED[level]} s"
        )
    chosen = next((name for name, most_s in _CHOSEN if length_s <= most_s), "1d")
    return Query(int(text), time_us(since), time_us(until), level or chosen)


def _time(parameters: dict[str, str], name: str) -> datetime:
    # A plus that a page did not escape comes as a space.
    text = parameters.get(name, "").replace(" ", "+")
    right = f"{name} must be a time with its offset, like 2026-11-24T12:00:00+08:00"
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise QueryError(f"{name} is {text!r}; {right}") from None
    if found.tzinfo is None:
        raise QueryError(f"{name} is {text!r}, of no time zone; {right}")
    if not 1970 < found.year < 2200:
        raise QueryError(f"{name} is {text!r}; its year must be 1971 to 2199")
    return found.astimezone(UTC)


async def series(query: Query, source: Source, catalogue: Catalogue) -> Series:
    """Return what a query asks for, with at most `POINTS_MOST` points."""
    one = catalogue.datastreams[query.slot]
    decimals = PROPERTIES[one.observed_property].decimals + 2
    gap_us = max(query.gap_floor_us, int(one.period_s * 2.5e6))
    if query.level == "raw":
        found = await source.readings(query.slot, query.since_us, query.until_us)
        times, value = found.phenomenon_time_us, found.result
    else:
        buckets = await source.rollup([query.slot], query.level, query.since_us, query.until_us)
        times, value = buckets.start_us, buckets.mean
    kept = thin(times, value, gap_us, POINTS_MOST)
    of = int((~np.isnan(value)).sum())
    broken = kept < 0
    at = np.where(broken, -kept - 1, kept)

    def column(values: NDArray[np.float64]) -> list[float | None]:
        return [
            None if gap or number != number else round(number, decimals)
            for gap, number in zip(broken.tolist(), values[at].tolist(), strict=True)
        ]

    shown = {
        "slot": query.slot, "level": query.level, "of": of,
        # A break stands right behind the last point before it.
        "time_ms": (times[at] // 1000 + broken).tolist(),
        "value": column(value), "downsampled": int((~broken).sum()) < of,
    }  # fmt: skip
    if query.level == "raw":
        quality = found.quality[at].tolist()
        return Series(
            **shown,
            quality=[None if gap else one for gap, one in zip(broken, quality, strict=True)],
        )
    return Series(**shown, min=column(buckets.min), max=column(buckets.max))


def thin(
    times: NDArray[np.int64], value: NDArray[np.float64], gap_us: int, most: int
) -> NDArray[np.int64]:
    """Choose at most `most` points of a line, broken where it was broken.

    Args:
        times: rising, shape (n,).
        value: NaN where there is none, shape (n,).
        gap_us: neighbours that are further apart are not joined.
        most: points, breaks included; at least 4 times `_BROKEN_MOST`.

    Returns:
        Indexes of points in order; `-index - 1` is a break behind a point.

    Source:
        Steinarsson, S.: Downsampling time series for visual representation, University of Iceland
        2013: largest triangle, three buckets (LTTB).

    >>> thin(np.array([0, 1, 9]), np.array([1.0, 2.0, 3.0]), 5, 2000).tolist()
    [0, 1, -2, 2]
    """
    known = np.flatnonzero(~np.isnan(value))
    if not known.size:
        return known
    step = np.diff(times[known])
    # A point without a value breaks the line too, wherever it stands.
    broken = (step > gap_us) | (np.diff(known) > 1)
    if broken.sum() >= _BROKEN_MOST:
        longest = np.argsort(np.where(broken, -step, 1), kind="stable")[: _BROKEN_MOST - 1]
        broken = np.isin(np.arange(broken.size), longest)
    pieces = np.split(known, np.flatnonzero(broken) + 1)
    # Each piece has its two ends; the rest is shared out by what a piece holds.
    spare = max(0, most - 3 * len(pieces))
    chosen: list[NDArray[np.int64]] = []
    for piece in pieces:
        number = piece.size
        if known.size + len(pieces) > most:
            number = min(piece.size, 2 + spare * piece.size // known.size)
        chosen += [_lttb(piece, times, value, number), -piece[-1:] - 1]
    return np.concatenate(chosen[:-1])


def _lttb(
    piece: NDArray[np.int64], times: NDArray[np.int64], value: NDArray[np.float64], number: int
) -> NDArray[np.int64]:
    if number >= piece.size:
        return piece
    if number < 3:
        return piece[[0, -1]]
    kept = LTTBDownsampler().downsample(times[piece], value[piece], n_out=number)
    return piece[kept.astype(np.int64)]


def route(server: FastAPI, source: Source, catalogue: Catalogue) -> None:
    """Serve series."""

    @server.get("/wall/series")
    async def read_series(request: Request) -> Response:
        try:
            query = parse(dict(request.query_params), len(catalogue.datastreams))
            async with asyncio.timeout(_ANSWER_WITHIN_S):
                found = await series(query, source, catalogue)
        except QueryError as error:
            return answer(400, {"error": f"/wall/series: {error}"})
        except TimeoutError:
            why = f"the database did not answer within {_ANSWER_WITHIN_S:g} s; ask again later"
            return answer(503, {"error": f"/wall/series: {why}"})
        return answer(200, found)
