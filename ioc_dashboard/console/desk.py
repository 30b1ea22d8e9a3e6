"""A desk: what one browser sees of the queue, in an order that stands still until it asks anew.

Rows change where they stand. What came since is a number (n 条新告警), so that nothing moves under
a cursor; the server sends no more rows than a screen shows.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import msgspec

from devices import DOMAINS
from dispatch import Priority, order
from ioc_dashboard.console.lines import GoneLine, Line, Writer
from ioc_dashboard.console.queue import Queue

if TYPE_CHECKING:
    from storage.queries import AlertRow

ROWS_MOST: Final = 100
"""Rows in one answer: more than any screen shows."""

WATCHED_MOST: Final = 40
"""Datastreams whose newest values a desk may follow."""

TEXT_MOST: Final = 100
"""Characters of a search."""


class State(StrEnum):
    """Which alerts a desk shows."""

    OPEN = "open"
    """All that is to be told."""
    UNACKNOWLEDGED = "unacknowledged"
    ACKNOWLEDGED = "acknowledged"
    SHELVED = "shelved"
    SUPPRESSED = "suppressed"


_APART: Final = (State.SHELVED, State.SUPPRESSED)
"""Lists that people go through alert by alert."""


class Filter(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a desk asks for."""

    state: State = State.OPEN
    domain: str = ""
    """One of `DOMAINS`; empty for all."""
    text: str = ""
    """All words of it must stand in the message, place, town, device, rule, subject or owner."""

    def __post_init__(self) -> None:
        """Check bounds.

        Raises:
            ValueError: one that cannot be.
        """
        if self.domain and self.domain not in DOMAINS:
            raise ValueError(f"domain {self.domain!r} is none of {', '.join(DOMAINS)}")
        if len(self.text) > TEXT_MOST:
            raise ValueError(f"text has {len(self.text)} characters, at most {TEXT_MOST}")

    def fits(self, row: AlertRow, where: str, now_us: int) -> bool:
        """Return whether an alert is among those asked for.

        Args:
            row: the alert.
            where: what may be searched for of its place.
            now_us: µs since 1970.
        """
        if not row.active or (self.domain and row.domain != self.domain):
            return False
        if self.state is State.SUPPRESSED:
            fits = row.suppressed is not None
        elif self.state is State.SHELVED:
            fits = row.suppressed is None and row.is_shelved(now_us)
        else:
            wanted = {State.ACKNOWLEDGED: True, State.UNACKNOWLEDGED: False}.get(self.state)
            fits = row.is_told(now_us) and wanted in (None, row.acknowledged)
        if not fits or not self.text:
            return fits
        told = f"{row.message_zh} {row.message_en} {row.subject} {row.rule} {row.id} {row.owner}"
        text = f"{told.lower()} {where}"
        return all(word in text for word in self.text.lower().split())


class Wish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a browser says to its desk; what it leaves out stays."""

    filter: Filter | None = None
    refresh: bool = False
    """Bring in what is new, in its order."""
    window: tuple[int, int] | None = None
    """First row and how many."""
    expand: str = ""
    """Id of the incident whose alerts are to be shown, or to be shown no more."""
    keep: str = ""
    """Id of the row whose new place is wanted."""
    watch: list[int] | None = None
    """Slots whose newest values are wanted."""


class Rows(msgspec.Struct, frozen=True, tag="rows"):
    """A window of the list."""

    epoch: int
    """Of the order: grows whenever it is another one."""
    total: int
    first: int
    rows: list[Line]
    kept: int | None
    """Where the row that was to be kept stands now."""


@dataclass(frozen=True, slots=True)
class _Item:
    """A place in the order."""

    incident: str
    """Id, of an incident's own row and of its members; empty elsewhere."""
    alert: str
    """Id; empty for an incident's own row."""

    @property
    def id(self) -> str:
        return self.alert or self.incident


@dataclass(frozen=True, slots=True)
class _Entry:
    """Implements `dispatch.Waiting` for an incident or an alert that stands alone."""

    id: str
    severity: str
    active: bool
    acknowledged: bool
    raised_us: int
    rows: list[AlertRow]
    incident: str


class Desk:
    """Not safe for several threads: its socket owns it."""

    def __init__(self, queue: Queue, writer: Writer, now_us: int) -> None:
        """Begin with all that is open."""
        self._queue, self._writer = queue, writer
        self.filter = Filter()
        self.watched: list[int] = []
        self._window = (0, ROWS_MOST // 2)
        self._expanded: set[str] = set()
        self._epoch = 0
        self._order: list[_Item] = []
        self._covered: set[str] = set()
        self._fresh: set[str] = set()
        self._kept = ""
        self.freeze(now_us)

    @property
    def fresh(self) -> int:
        """How many alerts fit and are not on the list yet."""
        return len(self._fresh)

    def do(self, wish: Wish, now_us: int) -> None:
        """Do what the browser says."""
        if wish.filter is not None:
            self.filter, self._kept = wish.filter, ""
        if wish.keep:
            self._kept = wish.keep
        if wish.window is not None:
            first, many = wish.window
            self._window = (max(0, first), min(max(1, many), ROWS_MOST))
        if wish.watch is not None:
            known = range(len(self._queue.where))
            self.watched = [one for one in wish.watch[:WATCHED_MOST] if one in known]
        if wish.filter is not None or wish.refresh:
            self.freeze(now_us)
        elif wish.expand:
            self._turn(wish.expand, now_us)

    def freeze(self, now_us: int) -> None:
        """Put all that fits now into its order."""
        queue = self._queue
        where = queue.where
        rows = [row for row in queue.open() if self.filter.fits(row, where[row.datastream], now_us)]
        self._covered = {row.id for row in rows}
        self._fresh = set()
        self._order = []
        for entry in order(self._entries(rows)):
            if len(entry.rows) == 1:
                self._order.append(_Item("", entry.rows[0].id))
                continue
            self._order.append(_Item(entry.incident, ""))
            if entry.incident in self._expanded:
                self._order += [_Item(entry.incident, row.id) for row in order(entry.rows)]
        self._epoch += 1

    def notice(self, changed: Iterable[str], now_us: int) -> None:
        """Count what is new among alerts that changed; an empty list takes it up at once."""
        for name in changed:
            row = self._queue.get(name)
            fits = (
                row is not None
                and name not in self._covered
                and self.filter.fits(row, self._queue.where[row.datastream], now_us)
            )
            (self._fresh.add if fits else self._fresh.discard)(name)
        if self._fresh and not self._order:
            self.freeze(now_us)

    def rows(self, now_us: int) -> Rows:
        """Return the window as it stands."""
        first, many = self._window
        items = self._order[first : first + many]
        kept = None
        if self._kept:
            kept = next((at for at, one in enumerate(self._order) if one.id == self._kept), None)
        lines = [self._line(one, now_us) for one in items]
        return Rows(self._epoch, len(self._order), first, lines, kept)

    def _entries(self, rows: list[AlertRow]) -> Iterable[_Entry]:
        """Return alerts that stand alone, and incidents with several of them."""
        together: dict[str, list[AlertRow]] = {}
        for row in rows:
            found = None if self.filter.state in _APART else self._queue.incident_of(row.id)
            together.setdefault(found.id if found else f"alert {row.id}", []).append(row)
        for incident, members in together.items():
            worst = min(members, key=lambda row: Priority.of_colour(row.severity))
            grave = [row for row in members if row.severity == worst.severity]
            yield _Entry(
                incident if len(members) > 1 else members[0].id, worst.severity, True,
                all(row.acknowledged for row in grave), min(row.raised_us for row in grave),
                members, incident,
            )  # fmt: skip

    def _members(self, incident: str, now_us: int) -> list[AlertRow]:
        queue = self._queue
        return [
            row
            for row in queue.members(incident)
            if self.filter.fits(row, queue.where[row.datastream], now_us)
        ]

    def _turn(self, incident: str, now_us: int) -> None:
        """Show the alerts of an incident below it, or show them no more."""
        at = next((at for at, one in enumerate(self._order) if one == _Item(incident, "")), None)
        if at is None:
            return
        if incident in self._expanded:
            self._expanded.discard(incident)
            self._order = [one for one in self._order if one.incident != incident or not one.alert]
        else:
            self._expanded.add(incident)
            rows = order(self._members(incident, now_us))
            self._order[at + 1 : at + 1] = [_Item(incident, row.id) for row in rows]
            self._covered |= {row.id for row in rows}
            self._fresh -= self._covered
        self._epoch += 1

    def _line(self, item: _Item, now_us: int) -> Line:
        queue = self._queue
        if not item.alert:
            found = queue.incidents.get(item.incident)
            if found is None:
                return GoneLine(item.incident)
            return self._writer.incident(
                found, self._members(item.incident, now_us), queue.crews_at(item.incident),
                is_expanded=item.incident in self._expanded,
            )  # fmt: skip
        row = queue.get(item.alert)
        if row is None:
            return GoneLine(item.alert)
        return self._writer.alert(
            row, now_us, queue.incident_of(row.id), is_member=bool(item.incident)
        )
