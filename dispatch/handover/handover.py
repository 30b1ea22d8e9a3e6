"""A handover 交接班记录 as it stands, its events, and what its signatures are of."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from enum import StrEnum

import msgspec

from dispatch.handover.facts import Facts


class Section(StrEnum):
    """What people may write to, beside what the system says there."""

    SUMMARY = "summary"
    INCIDENTS = "incidents"
    ALERTS = "alerts"
    CASES = "cases"
    DEVICES = "devices"
    CREWS = "crews"
    MAINTENANCE = "maintenance"
    TASKS = "tasks"
    """What the next shift is to do."""


class Side(StrEnum):
    """For which of the two shifts somebody signs."""

    OUTGOING = "outgoing"
    """交班: who hands over; signs first."""
    INCOMING = "incoming"
    """接班: who takes over."""


class EventKind(StrEnum):
    """What happened to a handover."""

    DRAFTED = "drafted"
    """The system wrote its part, for the first time or anew."""
    EDITED = "edited"
    SIGNED = "signed"
    REOPENED = "reopened"
    """The first signature was taken back, so that it can be edited."""


class Content(msgspec.Struct, frozen=True):
    """What is signed."""

    facts: Facts
    notes: Mapping[Section, str] = {}
    """What people wrote, by section; empty ones are left out."""


class Signature(msgspec.Struct, frozen=True):
    """That somebody stands for what the handover says."""

    side: Side
    by: str
    at_us: int
    """µs since 1970."""
    sha256: str
    """Of the content that was signed (`sealed`), hexadecimal."""


class Event(msgspec.Struct, frozen=True, omit_defaults=True):
    """One step in the life of a handover: all that `apply` needs."""

    handover: str
    """Its key, e.g. `2026-10-01-day`."""
    version: int
    """Of the handover after it; the first is 1."""
    kind: EventKind
    at_us: int
    """µs since 1970; never before that of the event before it."""
    by: str
    facts: Facts | None = None
    """Of a draft."""
    section: Section | None = None
    """Of an edit."""
    text: str = ""
    """Of an edit: what stands there from now on. Of a reopening: why."""
    signature: Signature | None = None
    """Of a signature."""


class Handover(msgspec.Struct, frozen=True):
    """A handover as its events left it."""

    key: str
    version: int
    """Of its newest event."""
    content: Content
    changed_us: int
    changed_by: str
    changed: EventKind
    outgoing: Signature | None = None
    incoming: Signature | None = None

    @property
    def is_signed(self) -> bool:
        """Whether both have signed: it never changes again."""
        return self.incoming is not None

    @property
    def status(self) -> str:
        """`draft`, `outgoing` once who hands over has signed, `signed` once both have."""
        return "signed" if self.incoming else "outgoing" if self.outgoing else "draft"


def sealed(content: Content) -> bytes:
    """Return what a signature is of: JSON in UTF-8, keys in order, the same wherever it is made."""
    return msgspec.json.encode(content, order="deterministic")


def digest(content: Content) -> str:
    """Return the SHA-256 of a content, hexadecimal."""
    return hashlib.sha256(sealed(content)).hexdigest()
