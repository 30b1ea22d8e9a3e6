"""The machine of a crew: a command becomes an event, or a refusal that says who and what.

    空闲 —派遣→ 已派 —接单→ 已接 —出发→ 途中 —到场→ 到场
    到场 —开始处置→ 处置中 —处置完成→ 完成 —待命→ 空闲

A crew that forgets a button is not held up: it may arrive without having departed, and finish
without having begun. It cannot do anything without having accepted. `decline` gives back what was
not yet accepted, `recall` takes back what is not yet done.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from dispatch.crews.commands import MOST_REASON, NEEDS_REASON, Command, Do
from dispatch.crews.state import CrewState, Status, Task


class EventKind(StrEnum):
    """What happened."""

    DISPATCHED = "dispatched"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    DEPARTED = "departed"
    ARRIVED = "arrived"
    STARTED = "started"
    FINISHED = "finished"
    RECALLED = "recalled"
    READIED = "readied"


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a crew; together, in the order of versions, they are its state."""

    crew: str
    version: int
    """Of the crew after it."""
    kind: EventKind
    status: Status
    """Of the crew after it."""
    at_us: int
    """µs since 1970."""
    actor: str
    reason: str
    assignment: str
    """Which one it belongs to; of `readied` the one that is over, empty where there was none."""
    incident: str
    """Of that assignment."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a command was not done; nothing was."""

    code: str
    """One of `stale`, `busy`, `not_from_here`, `no_reason`, `reason_too_long`, `no_actor`,
    `no_incident`."""
    facts: Mapping[str, str | int] = field(default_factory=dict)
    """What a text about it needs, in the reader's language: see `dispatch.crews.words`."""


_BUSY: Final = (
    Status.ASSIGNED, Status.ACCEPTED, Status.EN_ROUTE, Status.ON_SCENE, Status.HANDLING,
)  # fmt: skip

_ALLOWED: Final[dict[Do, tuple[tuple[Status, ...], Status, EventKind]]] = {
    Do.DISPATCH: ((Status.IDLE, Status.DONE), Status.ASSIGNED, EventKind.DISPATCHED),
    Do.ACCEPT: ((Status.ASSIGNED,), Status.ACCEPTED, EventKind.ACCEPTED),
    Do.DECLINE: ((Status.ASSIGNED,), Status.IDLE, EventKind.DECLINED),
    Do.DEPART: ((Status.ACCEPTED,), Status.EN_ROUTE, EventKind.DEPARTED),
    Do.ARRIVE: ((Status.ACCEPTED, Status.EN_ROUTE), Status.ON_SCENE, EventKind.ARRIVED),
    Do.START: ((Status.ON_SCENE,), Status.HANDLING, EventKind.STARTED),
    Do.FINISH: ((Status.ON_SCENE, Status.HANDLING), Status.DONE, EventKind.FINISHED),
    Do.RECALL: (_BUSY, Status.IDLE, EventKind.RECALLED),
    Do.READY: ((Status.DONE,), Status.IDLE, EventKind.READIED),
}
"""From which states a command goes, where to, and what has happened then."""


def step(standing: CrewState, command: Command) -> tuple[Event, ...] | Refusal:
    """Return what a command makes happen, or why it is refused.

    Who saw another version may not mean the crew as it is now, and is told who changed it. A
    dispatch of a busy crew is told as that before its version is looked at: whoever comes second
    needs to know who sent it where.
    """
    if not command.actor.strip():
        return Refusal("no_actor", {"do": command.do.value})
    is_dispatch = command.do is Do.DISPATCH
    facts = {
        **_who(standing), "do": command.do.value,
        "allowed": " ".join(one.value for one in possible(standing.status)),
    }  # fmt: skip
    if is_dispatch and not standing.status.is_free:
        return Refusal("busy", facts)
    if command.seen != standing.version:
        return Refusal("stale", {**facts, "seen": command.seen})
    origins, status, kind = _ALLOWED[command.do]
    if standing.status not in origins:
        return Refusal("not_from_here", facts)
    if command.do in NEEDS_REASON and not command.reason.strip():
        return Refusal("no_reason", {"do": command.do.value})
    if len(command.reason) > MOST_REASON:
        return Refusal("reason_too_long", {"is": len(command.reason), "most": MOST_REASON})
    if is_dispatch and not (command.incident and command.assignment):
        return Refusal("no_incident", {"crew": standing.crew})
    task = standing.task
    before = (task.assignment, task.incident) if task else ("", "")
    assignment, incident = (command.assignment, command.incident) if is_dispatch else before
    return (
        Event(
            crew=standing.crew,
            version=standing.version + 1,
            kind=kind,
            status=status,
            at_us=command.at_us,
            actor=command.actor,
            reason=command.reason,
            assignment=assignment,
            incident=incident,
        ),
    )


def evolve(standing: CrewState, event: Event) -> CrewState:
    """Return a crew after an event; where it is stays.

    Raises:
        ValueError: the event is not the next one of this crew.
    """
    if (event.crew, event.version) != (standing.crew, standing.version + 1):
        raise ValueError(
            f"event {event.version} of {event.crew} does not follow version {standing.version} "
            f"of {standing.crew}"
        )
    task = standing.task
    if event.kind is EventKind.DISPATCHED:
        task = Task(event.assignment, event.incident, event.at_us, event.actor)
    elif event.status is Status.IDLE:
        task = None
    return replace(
        standing, version=event.version, status=event.status, task=task,
        changed_us=event.at_us, changed_by=event.actor, changed_how=event.kind.value,
    )  # fmt: skip


def possible(status: Status) -> tuple[Do, ...]:
    """Return what can be done with a crew in some state, in the order of `Do`.

    >>> [one.value for one in possible(Status.ASSIGNED)]
    ['accept', 'decline', 'recall']
    """
    return tuple(do for do in Do if status in _ALLOWED[do][0])


def _who(standing: CrewState) -> dict[str, str | int]:
    """Return who did what with a crew last, and where it was sent."""
    return {
        "crew": standing.crew,
        "status": standing.status.value,
        "version": standing.version,
        "by": standing.changed_by,
        "how": standing.changed_how,
        "at_us": standing.changed_us,
        "incident": standing.task.incident if standing.task else "",
        "assigned_by": standing.task.assigned_by if standing.task else "",
    }
