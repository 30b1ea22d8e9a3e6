"""What a section is asked, and what it is told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import msgspec
import numpy as np
from numpy.typing import NDArray

from ioc_dashboard.explaining import Explanation
from ioc_dashboard.ports import History
from ioc_dashboard.state import LatestValues
from rules.indices import Report

if TYPE_CHECKING:
    from storage.dispatch_picture import Picture
    from storage.queries import AlertRow

REFRESH_S = 60.0
"""How often a section usually reads the database again: what it asks there moves by the minute."""


@dataclass(frozen=True, slots=True, eq=False)
class Now:
    """The present, as all sections see it. Arrays are the hub's own: read them, change nothing."""

    us: int
    """Now, µs since 1970."""
    state: LatestValues
    """Newest reading of every datastream."""
    believable: NDArray[np.bool_]
    """(s,) where the newest reading may stand for the present: heard, good, a number."""
    silent: NDArray[np.bool_]
    """(d,) devices all of whose datastreams are silent, in the catalogue's order."""
    alerts: Sequence[AlertRow]
    """Alerts that are told, active or cleared lately, drills among them; no order."""
    dispatch: Picture | None = None
    """Incidents, cases and crews as the database last told them; None before it did."""
    dispatch_us: int = 0
    """When it did, by the wall's clock, µs since 1970."""


class Section(Protocol):
    """One page's own part of the picture."""

    page: str
    """Id of the page."""
    every_s: int
    """Seconds between two answers while somebody looks."""
    refresh_s: float
    """Seconds between two looks into the database; usually `REFRESH_S`."""

    async def refresh(self, history: History, now_us: int) -> None:
        """Ask the database what is needed of the past; at the start, then each `refresh_s`.

        May wait for a database that is away, for as long as it is; until then `show` says what
        it knows, with gaps where it knows nothing.
        """

    def show(self, now: Now) -> msgspec.Struct:
        """Return the page's part now. Numbers nobody knows are None, never 0."""


@runtime_checkable
class Explains(Protocol):
    """A section that can tell why an index of its page is what it is."""

    def explain(self, index: str, now: Now, report: Report) -> Explanation | None:
        """Return the reasons, or None where it shows no such index or knows nothing yet."""
