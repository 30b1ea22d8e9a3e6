"""Commands become events of a handover, with the clock given; or a refusal, and nothing is done.

    draft → edit … → sign (outgoing) → sign (incoming): for ever
                   ←    reopen

A signature is of one content: nobody edits below it. Who takes over must not have handed over, and
nobody signs while a P1 waits for somebody to acknowledge it.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import Final, TypeAlias

import msgspec

from dispatch.handover.facts import Facts
from dispatch.handover.handover import (
    Content,
    Event,
    EventKind,
    Handover,
    Section,
    Side,
    Signature,
    digest,
)
from dispatch.handover.refusals import Fact, Refusal, RefusalCode

MOST_TEXT: Final = 4000
"""Characters of what people write to one section, or as a reason."""

MOST_NAME: Final = 100
"""Characters of a name."""

FRESH_US: Final = 30 * 60_000_000
"""Who hands over signs facts that are this old at most, µs: 30 min to read and write."""

EARLY_US: Final = 60 * 60_000_000
"""So long before the end of the shift it can be signed, µs: later ones would miss what happens."""

_NAMED: Final = 20
"""Alerts that a refusal names."""


class Draft(msgspec.Struct, frozen=True):
    """Let the system write its part, anew where there is one; what people wrote stays."""

    seen: int
    """Version that its author saw; 0 where there was none."""
    facts: Facts


class Edit(msgspec.Struct, frozen=True):
    """Write to a section; what stood there is replaced."""

    seen: int
    section: str
    text: str
    """Empty takes it away."""


class Sign(msgspec.Struct, frozen=True):
    """Stand for what it says."""

    seen: int
    side: Side
    unacknowledged: Sequence[str] = ()
    """Ids of active P1 alerts that nobody acknowledged, now; shelved and suppressed ones not."""


class Reopen(msgspec.Struct, frozen=True):
    """Take the first signature back."""

    seen: int
    reason: str


Command: TypeAlias = Draft | Edit | Sign | Reopen


def decide(before: Handover | None, command: Command, at_us: int, by: str) -> Event | Refusal:
    """Return what a command does to a handover, or why nothing is done.

    The same arguments give the same answer; nothing is changed.

    Args:
        before: as it stands now; None where there is none yet, and only a draft can be made.
        command: what is wanted.
        at_us: now, µs since 1970. A clock that was put back counts as standing still.
        by: who wants it.
    """
    if not by.strip():
        return Refusal(RefusalCode.MISSING, "by")
    if len(by) > MOST_NAME:
        return _too_long("by", by, MOST_NAME)
    by = by.strip()
    if before is None:
        if not isinstance(command, Draft):
            return Refusal(RefusalCode.UNKNOWN_HANDOVER)
        if command.seen != 0:
            return Refusal(RefusalCode.STALE_VERSION, "seen", {"seen": command.seen, "version": 0})
        return _drafted(command.facts.shift.key, 1, command, at_us, by)
    at_us = max(at_us, before.changed_us)
    if before.outgoing is not None and before.incoming is not None:
        return Refusal(
            RefusalCode.SIGNED,
            facts={"outgoing": before.outgoing.by, "incoming": before.incoming.by,
                   "at_us": before.incoming.at_us},
        )  # fmt: skip
    if command.seen != before.version:
        return _stale(before, command.seen)
    match command:
        case Sign():
            return _signed(before, command, at_us, by)
        case Reopen():
            return _reopened(before, command, at_us, by)
    if before.outgoing is not None:
        facts: dict[str, Fact] = {"by": before.outgoing.by, "at_us": before.outgoing.at_us}
        return Refusal(RefusalCode.HALF_SIGNED, facts=facts)
    if isinstance(command, Draft):
        return _drafted(before.key, before.version + 1, command, at_us, by)
    return _edited(before, command, at_us, by)


def apply(before: Handover | None, event: Event) -> Handover:
    """Return the handover after an event.

    Raises:
        ValueError: it does not follow what is there.
    """
    version = 0 if before is None else before.version
    if event.version != version + 1 or (before is not None and before.key != event.handover):
        raise ValueError(
            f"version {event.version} of {event.handover} does not follow version {version}"
        )
    notes = {} if before is None else dict(before.content.notes)
    facts = event.facts or (None if before is None else before.content.facts)
    if facts is None:
        raise ValueError(f"{event.handover} has no facts; the first event must be a draft")
    outgoing = None if before is None else before.outgoing
    incoming = None
    if event.section is not None:
        notes.pop(event.section, None)
        if event.text:
            notes[event.section] = event.text
    if event.kind is EventKind.REOPENED:
        outgoing = None
    if event.signature is not None and event.signature.side is Side.OUTGOING:
        outgoing = event.signature
    elif event.signature is not None:
        incoming = event.signature
    return Handover(
        event.handover, event.version, Content(facts, notes), event.at_us, event.by, event.kind,
        outgoing, incoming,
    )  # fmt: skip


def _drafted(key: str, version: int, command: Draft, at_us: int, by: str) -> Event | Refusal:
    shift = command.facts.shift
    if shift.key != key:
        return Refusal(RefusalCode.OTHER_SHIFT, "facts", {"shift": shift.key, "right": key})
    if at_us < shift.from_us:
        return Refusal(RefusalCode.NOT_BEGUN, facts={"from_us": shift.from_us})
    return Event(key, version, EventKind.DRAFTED, at_us, by, facts=command.facts)


def _edited(before: Handover, command: Edit, at_us: int, by: str) -> Event | Refusal:
    words = [one.value for one in Section]
    if command.section not in words:
        near = difflib.get_close_matches(command.section, words, n=1, cutoff=0.3)
        return Refusal(
            RefusalCode.UNKNOWN_WORD, "section",
            {"word": command.section[:MOST_NAME], "near": near[0] if near else None,
             "right": words},
        )  # fmt: skip
    if len(command.text) > MOST_TEXT:
        return _too_long("text", command.text, MOST_TEXT)
    return Event(
        before.key, before.version + 1, EventKind.EDITED, at_us, by,
        section=Section(command.section), text=command.text.strip(),
    )  # fmt: skip


def _signed(before: Handover, command: Sign, at_us: int, by: str) -> Event | Refusal:
    first = before.outgoing
    if command.side is Side.OUTGOING:
        refused = _unfit_outgoing(before, at_us)
    elif first is None:
        refused = Refusal(RefusalCode.NOT_SIGNED, "side")
    elif _same(first.by, by):
        refused = Refusal(RefusalCode.SAME_PERSON, "by", {"by": first.by})
    else:
        refused = None
    if refused is None and command.unacknowledged:
        waiting: dict[str, Fact] = {
            "alerts": list(command.unacknowledged[:_NAMED]), "count": len(command.unacknowledged),
        }  # fmt: skip
        refused = Refusal(RefusalCode.UNACKNOWLEDGED_P1, facts=waiting)
    if refused is not None:
        return refused
    signature = Signature(command.side, by, at_us, digest(before.content))
    return Event(
        before.key, before.version + 1, EventKind.SIGNED, at_us, by, signature=signature
    )  # fmt: skip


def _unfit_outgoing(before: Handover, at_us: int) -> Refusal | None:
    """Return why who hands over cannot sign."""
    if before.outgoing is not None:
        facts: dict[str, Fact] = {
            "side": Side.OUTGOING, "by": before.outgoing.by, "at_us": before.outgoing.at_us,
        }  # fmt: skip
        return Refusal(RefusalCode.SIGNED_ALREADY, "side", facts)
    shift, drafted_us = before.content.facts.shift, before.content.facts.drafted_us
    if at_us < shift.until_us - EARLY_US:
        early: dict[str, Fact] = {
            "until_us": shift.until_us, "from_us": shift.until_us - EARLY_US,
        }  # fmt: skip
        return Refusal(RefusalCode.TOO_EARLY, facts=early)
    if at_us - drafted_us > FRESH_US:
        old: dict[str, Fact] = {
            "drafted_us": drafted_us, "age_s": (at_us - drafted_us) // 1_000_000,
            "most_s": FRESH_US // 1_000_000,
        }  # fmt: skip
        return Refusal(RefusalCode.OLD_DRAFT, facts=old)
    return None


def _reopened(before: Handover, command: Reopen, at_us: int, by: str) -> Event | Refusal:
    if before.outgoing is None:
        return Refusal(RefusalCode.NOT_SIGNED)
    if not command.reason.strip():
        return Refusal(RefusalCode.MISSING, "reason")
    if len(command.reason) > MOST_TEXT:
        return _too_long("reason", command.reason, MOST_TEXT)
    return Event(
        before.key, before.version + 1, EventKind.REOPENED, at_us, by, text=command.reason.strip()
    )  # fmt: skip


def _same(one: str, other: str) -> bool:
    """Return whether two names are one person's, however they were typed."""
    return "".join(one.split()).casefold() == "".join(other.split()).casefold()


def _stale(before: Handover, seen: int) -> Refusal:
    facts: dict[str, Fact] = {
        "seen": seen, "version": before.version, "by": before.changed_by, "done": before.changed,
        "at_us": before.changed_us,
    }  # fmt: skip
    return Refusal(RefusalCode.STALE_VERSION, "seen", facts)


def _too_long(field: str, text: str, most: int) -> Refusal:
    return Refusal(RefusalCode.TOO_LONG, field, {"length": len(text), "most": most})
