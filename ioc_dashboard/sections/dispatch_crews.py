"""Crews on the wall: how each stands, at what, and how old its position is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from dispatch.crews import CrewState, Pending, Status
from dispatch.crews.advice import is_on_shift
from ioc_dashboard.arrangements import Arrangements
from ioc_dashboard.sections.naming import Name, Naming, Title

if TYPE_CHECKING:
    from storage.dispatch_picture import Picture

STATES: Final = (
    "idle", "assigned", "accepted", "en_route", "on_scene", "handling", "done", "off_shift",
)  # fmt: skip
"""As `dispatch.crews.Status`, and idle ones that are not on shift: nobody can send them."""

_FIRST: Final = ("assigned", "accepted", "en_route", "on_scene", "handling", "done", "idle",
                 "off_shift")  # fmt: skip
"""Who has something to do stands before who waits."""


class CrewLine(msgspec.Struct, frozen=True):
    """A crew as it stands."""

    id: str
    """Never shown; a row is known by it."""
    name: Name | None
    """None: it stands in no file any more, and is at work all the same."""
    state: int
    """Index in `STATES`."""
    since_ms: int | None
    """When its status changed last; None: never."""
    task: Title | None
    """The incident that it was sent to; None where it has none."""
    priority: int | None
    """Of that incident, 1–4; None without an active alert."""
    position_ms: int | None
    """When it was where it was seen last; None: nobody knows where it is."""


class Told(msgspec.Struct, frozen=True):
    """An assignment that nobody has accepted."""

    id: str
    """Never shown; a row is known by it."""
    crew: Name | None
    task: Title
    assigned_ms: int
    posts: list[Name]
    """Who was told already, in their order."""
    following: Name | None
    """Who is told next; None: the chain is at its end."""
    following_ms: int | None
    """When that is due."""


def crew_lines(
    picture: Picture, arrangements: Arrangements, naming: Naming, now_us: int
) -> list[CrewLine]:
    """Return all crews: those with a task first, by how far they are, in the order of the file."""
    known = {one.id: one for one in picture.incidents} | dict(picture.parts)
    lines = []
    for one in picture.crews.values():
        incident = known.get(one.task.incident) if one.task else None
        position = one.position
        priority = incident.priority if incident else None
        lines.append(
            CrewLine(
                id=one.crew,
                name=naming.crew(one.crew),
                state=STATES.index(_state(one, arrangements, now_us)),
                since_ms=one.changed_us // 1000 or None,
                task=naming.title(incident, picture) if one.task else None,
                priority=priority and int(priority),
                position_ms=position.at_us // 1000 if position else None,
            )
        )
    lines.sort(key=lambda one: _FIRST.index(STATES[one.state]))
    return lines


def told_lines(picture: Picture, naming: Naming) -> list[Told]:
    """Return assignments that nobody has accepted: most posts told first, then the oldest."""
    known = {one.id: one for one in picture.incidents} | dict(picture.parts)
    waiting = sorted(picture.waiting, key=lambda one: (-one.told, one.assigned_us, one.assignment))
    return [_told(one, naming.title(known.get(one.incident), picture), naming) for one in waiting]


def _told(one: Pending, task: Title, naming: Naming) -> Told:
    following = one.chain[one.told] if one.told < len(one.chain) else None
    return Told(
        id=one.assignment,
        crew=naming.crew(one.crew),
        task=task,
        assigned_ms=one.assigned_us // 1000,
        posts=[step.name for step in one.chain[: one.told]],
        following=following.name if following else None,
        following_ms=(one.assigned_us + following.after_us) // 1000 if following else None,
    )


def _state(one: CrewState, arrangements: Arrangements, now_us: int) -> str:
    crew = arrangements.roster.crews.get(one.crew)
    if one.status is not Status.IDLE or crew is None:
        return one.status.value
    is_there = is_on_shift(crew.shifts, arrangements.calendar, now_us)
    return one.status.value if is_there else "off_shift"
