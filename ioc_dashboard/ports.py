"""What the hub needs from the world, as small protocols.

The real ones are `feed.KafkaReadings`, `alerts.DatabaseAlerts`, `dispatching.DatabaseDispatch` and
`history.DatabaseHistory`.
None of them gives up: a lost broker or database is retried until it is there again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from devices import Batch, Tick
from devices.record import Record

if TYPE_CHECKING:
    from storage.camera_events import Seen
    from storage.conformance import Conformance
    from storage.dispatch_picture import Picture
    from storage.maintenance import Announced
    from storage.queries import AlertRow
    from storage.rollups import Rollup


class Readings(Protocol):
    """The log from now on."""

    async def run(self, deliver: Callable[[Record | Tick], None]) -> None:
        """Call `deliver` for each record, in order within a partition, until cancelled."""


class AlertRows(Protocol):
    """The alerts, now and whenever one changes."""

    @property
    def connected(self) -> bool:
        """False while the list may be missing changes."""

    @property
    def judged_us(self) -> int | None:
        """Up to which time the rules have judged everything, µs since 1970; None: not known."""

    async def run(self, deliver: Callable[[Sequence[AlertRow], bool], None]) -> None:
        """Call `deliver(rows, complete)` until cancelled.

        `complete` says that these are all there are: alerts not among them are forgotten.
        """


class Dispatching(Protocol):
    """Incidents, cases and crews, now and whenever one changes."""

    async def run(self, deliver: Callable[[Picture], None]) -> None:
        """Call `deliver` with a whole picture until cancelled; it replaces the one before.

        While the database is away nothing is delivered, and the last picture grows older.
        """


class History(Protocol):
    """What the database remembers."""

    async def latest(self) -> Batch:
        """Return the newest reading of every datastream; waits until there is a database."""

    async def trend(
        self, slots: Sequence[int], since_us: int, bucket_s: int
    ) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
        """Return start µs, mean and maximum of each bucket with data, by time, each (m,)."""

    async def conformance(self, first: date, last: date) -> Sequence[Conformance]:
        """Return what was found of devices on these days of receipt (Beijing), both inclusive."""

    async def contacts(self) -> Sequence[tuple[str, str]]:
        """Return gateway and device, as it names itself, of all that introduced themselves."""

    async def rollup(
        self, slots: Sequence[int], level: str, since_us: int, until_us: int
    ) -> Rollup:
        """Return buckets with readings, each datastream for itself, by datastream and time.

        The newest bucket is not over: it holds what there is so far.

        Args:
            slots: datastreams.
            level: `1min`, `1h`, or `1d` (days of Beijing).
            since_us: first start of a bucket, µs since 1970, inclusive.
            until_us: last start, exclusive.
        """

    async def camera_events(self, after: int, again: Sequence[int], most: int) -> Seen:
        """Return what cameras saw lately; see `storage.camera_events.camera_events`."""

    async def maintenance(self, until_us: int) -> Sequence[Announced]:
        """Return what maintenance was announced to go on beyond a time, µs since 1970."""
