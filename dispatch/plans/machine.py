"""The machine of started plans: a command becomes an event of its run, or a refusal.

    待办 —do→ 已完成      待办 —skip→ 不适用      已完成, 不适用 —reopen→ 待办

Several owners work on one list at once, so a command is too late only if its own item has changed
since its actor looked; what others did to other items holds nobody up.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from dispatch.plans.commands import MOST_TEXT, Command, Do, Move, Reopen, Skip, Start
from dispatch.plans.plan import Item
from dispatch.plans.run import ItemState, Run, RunItem


class EventKind(StrEnum):
    """What happened to a run."""

    STARTED = "started"
    DONE = "done"
    SKIPPED = "skipped"
    REOPENED = "reopened"
    MOVED = "moved"
    """Its incident was merged into another one, which has it now."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a run; all of them, in order, are its state."""

    run: str
    version: int
    """Of the run after it; the first is 1."""
    kind: EventKind
    at_us: int
    """µs since 1970."""
    actor: str
    incident: str
    """Whose the run is after it."""
    item: str = ""
    """Id of the item that changed; empty where none did."""
    text: str = ""
    """Note or reason."""
    plan: str = ""
    """Of the first event only."""
    items: tuple[Item, ...] = ()
    """Likewise."""
    alert: str = ""
    """Likewise; empty where no rule started it."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a command was not done; nothing was."""

    code: str
    """A key of the texts in `dispatch.plans.words`."""
    facts: Mapping[str, str | int] = field(default_factory=dict)
    """What a text about it needs, in the reader's language."""


_BECOMES: Final = {
    EventKind.DONE: ItemState.DONE,
    EventKind.SKIPPED: ItemState.SKIPPED,
    EventKind.REOPENED: ItemState.OPEN,
}


def decide(standing: Run | None, command: Command) -> tuple[Event, ...] | Refusal:
    """Return what a command makes happen, or why it is refused.

    Args:
        standing: the run that is meant; of `Start` the one of the same plan and incident that there
            is already, None where there is none.
        command: what is wanted.

    Raises:
        ValueError: any other command than `Start` without a run.
    """
    if not command.actor.strip():
        return Refusal("no_actor")
    text = "" if isinstance(command, Move) else command.text
    if len(text) > MOST_TEXT:
        return Refusal("too_long", {"is": len(text), "most": MOST_TEXT})
    if isinstance(command, Start):
        return _start(standing, command)
    if standing is None:
        raise ValueError(f"{type(command).__name__.lower()} needs a run")
    if isinstance(command, Move):
        return (
            Event(
                standing.id, standing.version + 1, EventKind.MOVED, command.at_us, command.actor,
                command.incident,
            ),
        )  # fmt: skip
    return _change(standing, command)


def evolve(standing: Run | None, event: Event) -> Run:
    """Return a run after an event.

    Args:
        standing: before it; None before its first event.
        event: the next one.

    Raises:
        ValueError: the event is not the next one of this run.
    """
    before = (event.run, 0) if standing is None else (standing.id, standing.version)
    if (event.run, event.version - 1) != before or (standing is None) != bool(event.items):
        raise ValueError(
            f"event {event.version} ({event.kind}) of {event.run} does not follow version "
            f"{before[1]} of {before[0]}"
        )
    changed = (event.at_us, event.actor, event.kind.value)
    if standing is None:
        return Run(
            event.run, event.plan, event.incident, 1, event.at_us, event.actor,
            tuple(RunItem(one) for one in event.items), event.alert, *changed,
        )  # fmt: skip
    items = tuple(
        one if one.item.id != event.item else replace(
            one, state=_BECOMES[event.kind], version=event.version, by=event.actor,
            at_us=event.at_us, text=event.text,
        )
        for one in standing.items
    )  # fmt: skip
    return replace(
        standing, version=event.version, incident=event.incident, items=items,
        changed_us=event.at_us, changed_by=event.actor, changed_how=event.kind.value,
    )  # fmt: skip


def _start(standing: Run | None, command: Start) -> tuple[Event, ...] | Refusal:
    if standing is not None:
        return Refusal(
            "already",
            {
                "plan": standing.plan, "incident": standing.incident, "by": standing.started_by,
                "at_us": standing.started_us, "run": standing.id,
            },
        )  # fmt: skip
    return (
        Event(
            command.run, 1, EventKind.STARTED, command.at_us, command.actor, command.incident,
            text=command.text, plan=command.plan.id, items=command.plan.items, alert=command.alert,
        ),
    )  # fmt: skip


def _change(standing: Run, command: Do | Skip | Reopen) -> tuple[Event, ...] | Refusal:
    found = next((one for one in standing.items if one.item.id == command.item), None)
    if found is None:
        known = [one.item.id for one in standing.items]
        near = difflib.get_close_matches(command.item, known, n=1)
        return Refusal(
            "unknown_item",
            {
                "item": command.item, "plan": standing.plan, "known": ", ".join(known),
                "near": near[0] if near else "",
            },
        )  # fmt: skip
    facts = {
        "item": command.item, "state": found.state.value, "by": found.by, "at_us": found.at_us or 0,
        "version": standing.version, "seen": command.seen,
    }  # fmt: skip
    if command.seen > standing.version:
        return Refusal("not_yet", facts)
    kind = _KINDS[type(command)]
    if (found.state is ItemState.OPEN) == (kind is EventKind.REOPENED):
        return Refusal("open" if kind is EventKind.REOPENED else "not_open", facts)
    if found.version > command.seen:
        return Refusal("stale", facts)
    if kind is not EventKind.DONE and not command.text.strip():
        return Refusal("no_reason", {"do": kind.value})
    return (
        Event(
            standing.id, standing.version + 1, kind, command.at_us, command.actor,
            standing.incident, command.item, command.text,
        ),
    )  # fmt: skip


_KINDS: Final = {Do: EventKind.DONE, Skip: EventKind.SKIPPED, Reopen: EventKind.REOPENED}
