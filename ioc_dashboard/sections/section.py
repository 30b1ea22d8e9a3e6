"""What a section is asked, and what it is told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

from ioc_dashboard.ports import History
from ioc_dashboard.state import LatestValues

if TYPE_CHECKING:
    from storage.queries import AlertRow

REFRESH_S = 60.0
"""How often a section reads the database again: what it asks there moves by the minute.
One that follows something faster says so by an attribute `refresh_s`."""


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


class Section(Protocol):
    """One page's own part of the picture."""

    page: str
    """Id of the page."""
    every_s: int
    """Seconds between two answers while somebody looks."""

    async def refresh(self, history: History, now_us: int) -> None:
        """Ask the database what is needed of the past; at the start, then each `REFRESH_S`.

        May wait for a database that is away, for as long as it is; until then `show` says what
        it knows, with gaps where it knows nothing.
        """

    def show(self, now: Now) -> msgspec.Struct:
        """Return the page's part now. Numbers nobody knows are None, never 0."""
