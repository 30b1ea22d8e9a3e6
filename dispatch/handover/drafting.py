"""The draft that the system writes: of all that is known, what the next shift must be told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from dispatch.cases import Case
from dispatch.handover.activity import Activity
from dispatch.handover.facts import (
    AlertLine,
    CaseLine,
    CrewLine,
    DeviceLine,
    Facts,
    IncidentLine,
    MaintenanceLine,
    Name,
    Shift,
)
from dispatch.queue import Priority, order

MOST: Final = 30
"""Devices that are named one by one: more are an outage, and that is an incident."""


class OpenAlert(msgspec.Struct, frozen=True):
    """An active alert as it stands."""

    id: str
    domain: str
    severity: str
    """Warning colour."""
    message: Name
    raised_us: int
    acknowledged: bool
    suppressed: bool
    owner: str = ""
    shelved_until_us: int | None = None
    """Exclusive; may be past, and is over then."""
    shelved_by: str = ""
    shelve_reason: str = ""
    active: bool = True


class Given(msgspec.Struct, frozen=True):
    """What is known when a draft is made; in any order."""

    activity: Activity
    alerts: Sequence[OpenAlert]
    incidents: Sequence[IncidentLine]
    """Open ones."""
    cases: Sequence[Case]
    """Open ones."""
    devices: Sequence[DeviceLine]
    """That are not heard."""
    crews: Sequence[CrewLine]
    """At work."""
    maintenance: Sequence[MaintenanceLine]
    """That is not over; also what has not begun yet."""
    categories: Mapping[str, Name] = {}
    """Names of cases' categories, by id."""
    departments: Mapping[str, Name] = {}


def draft(shift: Shift, at_us: int, given: Given) -> Facts:
    """Return what the system says of a shift.

    Args:
        shift: which.
        at_us: now, µs since 1970.
        given: all that is known.
    """
    told = [one for one in given.alerts if not one.suppressed]
    shelved = [one for one in told
               if one.shelved_until_us is not None and one.shelved_until_us > at_us]  # fmt: skip
    hidden = {one.id for one in shelved}
    waiting = [one for one in told if not one.acknowledged and one.id not in hidden]
    return Facts(
        shift=shift,
        drafted_us=at_us,
        activity=given.activity,
        incidents=tuple(
            sorted(given.incidents, key=lambda one: (one.priority or 9, one.opened_us, one.id))
        ),
        unacknowledged=tuple(_alert(one) for one in order(waiting)),
        shelved=tuple(
            _alert(one) for one in sorted(shelved, key=lambda one: (one.shelved_until_us, one.id))
        ),
        expiring=sum(one.shelved_until_us <= shift.next_until_us
                     for one in shelved if one.shelved_until_us is not None),
        cases=_cases(given, at_us, shift.next_until_us),
        devices=tuple(
            sorted(given.devices, key=lambda one: (one.newest_us or 0, one.id))[:MOST]
        ),
        offline=len(given.devices),
        crews=tuple(sorted(given.crews, key=lambda one: (one.since_us, one.id))),
        maintenance=tuple(
            sorted(
                (one for one in given.maintenance
                 if at_us < one.until_us and one.from_us < shift.next_until_us),
                key=lambda one: (one.from_us, one.id),
            )
        ),
    )  # fmt: skip


def _alert(one: OpenAlert) -> AlertLine:
    is_shelved = one.shelved_until_us is not None
    return AlertLine(
        one.id, int(Priority.of_colour(one.severity)), one.domain, one.message, one.raised_us,
        one.owner, one.shelved_until_us, one.shelved_by if is_shelved else "",
        one.shelve_reason if is_shelved else "",
    )  # fmt: skip


def _cases(given: Given, at_us: int, until_us: int) -> tuple[CaseLine, ...]:
    """Return cases whose limit is over or will be before a time; what is paused has no limit."""
    found = [
        CaseLine(
            one.number, given.categories.get(one.report.category, (one.report.category,) * 2),
            given.departments.get(one.department, (one.department,) * 2), one.stage.word,
            one.clock.due_us, one.clock.is_late(at_us), one.is_supervised,
        )
        for one in given.cases
        if one.clock is not None and one.clock.due_us is not None and one.clock.due_us <= until_us
    ]  # fmt: skip
    return tuple(sorted(found, key=lambda one: (one.due_us, one.number)))
