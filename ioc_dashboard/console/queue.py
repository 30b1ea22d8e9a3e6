"""The queue: every open alert and the incident it belongs to, as the database last told it.

Kept once for all who look. What one of them sees of it, and in which order it stands still for
them, is `desk`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from devices import Catalogue
from dispatch import Priority
from dispatch.crews import CrewState
from dispatch.incidents import Incident

if TYPE_CHECKING:
    from storage.queries import AlertRow

CLEARED_KEPT: Final = 5000
"""Newest alerts that are over and kept all the same: they stand grey on the lists of those who have
not asked for new ones, with their last words."""

CHIMING: Final = Priority.P2
"""What sounds once when it comes."""


@dataclass(frozen=True, slots=True)
class Counts:
    """How much there is, whatever anybody filters."""

    open: list[int]
    """(4,) told ones by priority, P1 first."""
    unacknowledged: list[int]
    """(4,) likewise, those that nobody has taken."""
    shelved: int
    suppressed: int
    oldest_us: int | None
    """When the oldest unacknowledged one was raised, µs since 1970; None without one."""


class Queue:
    """Alerts by id, incidents and crews. Not safe for several threads: the console owns it."""

    def __init__(self, catalogue: Catalogue) -> None:
        """Start with nothing known.

        Args:
            catalogue: the city; alerts of slots that it does not have are left out.
        """
        self._slots = len(catalogue.datastreams)
        self.where = [_words_of(catalogue, slot) for slot in range(self._slots)]
        """What one may search for, by slot: place, town, device, lower case."""
        self._rows: dict[str, AlertRow] = {}
        self._cleared: dict[str, None] = {}
        """Those that are over, the oldest first."""
        self.incidents: dict[str, Incident] = {}
        """Open ones."""
        self._incident_of: dict[str, str] = {}
        self.crews: Mapping[str, CrewState] = {}
        self.chimes = 0
        """How many P2 came that nobody had acknowledged; grows only."""
        self._shelved: set[str] = set()
        self._counts: Counts | None = None
        self.is_known = False
        """Whether all that is open was read at least once."""

    def __len__(self) -> int:
        """Return how many alerts are open."""
        return len(self._rows) - len(self._cleared)

    def get(self, alert: str) -> AlertRow | None:
        """Return an alert, open or over lately; None where it is not known."""
        return self._rows.get(alert)

    def open(self) -> Iterator[AlertRow]:
        """Return all that is open, told or not, in no order."""
        return (row for row in self._rows.values() if row.active)

    def incident_of(self, alert: str) -> Incident | None:
        """Return the open incident that has an alert; None without one."""
        return self.incidents.get(self._incident_of.get(alert, ""))

    def members(self, incident: str) -> list[AlertRow]:
        """Return the alerts of an incident that are known here, in no order."""
        found = self.incidents.get(incident)
        rows = (self._rows.get(one) for one in found.members) if found else ()
        return [row for row in rows if row is not None]

    def crews_at(self, incident: str) -> list[CrewState]:
        """Return who was sent to an incident and is not back, by id."""
        return [
            one
            for one in self.crews.values()
            if one.task and one.task.incident == incident and not one.status.is_free
        ]

    def take(self, rows: Iterable[AlertRow], now_us: int) -> set[str]:
        """Take in alerts, and return the ids of those that changed.

        Args:
            rows: in any order; a version older than what is known changes nothing.
            now_us: µs since 1970.
        """
        changed = set()
        for row in rows:
            before = self._rows.get(row.id)
            if row.datastream >= self._slots or row.drill:
                continue
            if before is not None and (
                (row.version, row.handled) <= (before.version, before.handled)
                and row.suppressed == before.suppressed
            ):
                continue
            if before is None and not row.active:
                continue  # over before anybody here saw it
            self._chime(before, row, now_us)
            self._rows[row.id] = row
            self._keep(row)
            changed.add(row.id)
        if changed:
            self._counts = None
        return changed

    def missing(self, ids: set[str]) -> list[str]:
        """Return what is open here and not among some ids: what is told of it was not heard."""
        return [row.id for row in self.open() if row.id not in ids]

    def take_incidents(self, found: Iterable[Incident], *, complete: bool = False) -> set[str]:
        """Take in incidents as they stand, and return the ids of those that changed.

        Args:
            found: open ones are kept, those that are over forgotten.
            complete: these are all there are.
        """
        changed = set()
        seen = set()
        for one in found:
            seen.add(one.id)
            before = self.incidents.get(one.id)
            if before is not None and before.version >= one.version:
                continue
            self._forget(one.id)
            changed.add(one.id)
            if one.is_open:
                self.incidents[one.id] = one
                self._incident_of |= dict.fromkeys(one.members, one.id)
        if complete:
            for gone in self.incidents.keys() - seen:
                self._forget(gone)
                changed.add(gone)
        return changed

    def take_crews(self, crews: Mapping[str, CrewState]) -> bool:
        """Take in how crews stand; return whether that was news."""
        before, self.crews = self.crews, {**self.crews, **crews}
        return before != self.crews

    def pass_time(self, now_us: int) -> set[str]:
        """Return the ids of those whose shelving has ended by itself since the last call."""
        back = {name for name in self._shelved if self._rows[name].is_told(now_us)}
        self._shelved -= back
        if back:
            self._counts = None
        return back

    def counts(self, now_us: int) -> Counts:
        """Return how much there is."""
        if self._counts is None:
            waiting, told = [0] * len(Priority), [0] * len(Priority)
            shelved = suppressed = 0
            oldest: int | None = None
            for row in self.open():
                if row.suppressed is not None:
                    suppressed += 1
                elif row.is_shelved(now_us):
                    shelved += 1
                else:
                    at = Priority.of_colour(row.severity) - 1
                    told[at] += 1
                    if not row.acknowledged:
                        waiting[at] += 1
                        oldest = row.raised_us if oldest is None else min(oldest, row.raised_us)
            self._counts = Counts(told, waiting, shelved, suppressed, oldest)
        return self._counts

    def _keep(self, row: AlertRow) -> None:
        """Note what an alert is to the lists beside it."""
        self._shelved.discard(row.id)
        self._cleared.pop(row.id, None)
        if row.shelved_until_us is not None and row.active:
            self._shelved.add(row.id)
        if not row.active:
            self._cleared[row.id] = None
            while len(self._cleared) > CLEARED_KEPT:
                gone = next(iter(self._cleared))
                del self._cleared[gone], self._rows[gone]

    def _chime(self, before: AlertRow | None, row: AlertRow, now_us: int) -> None:
        def calls(one: AlertRow | None) -> bool:
            return (
                one is not None
                and one.active
                and not one.acknowledged
                and one.is_told(now_us)
                and Priority.of_colour(one.severity) == CHIMING
            )

        if self.is_known and calls(row) and not calls(before):
            self.chimes += 1

    def _forget(self, incident: str) -> None:
        before = self.incidents.pop(incident, None)
        for alert in before.members if before else ():
            if self._incident_of.get(alert) == incident:
                del self._incident_of[alert]


def _words_of(catalogue: Catalogue, slot: int) -> str:
    device = catalogue.devices[catalogue.datastreams[slot].device]
    place = catalogue.places[device.place]
    town = catalogue.towns[place.town]
    return " ".join((*place.name, *town.name, *device.name, device.id)).lower()
