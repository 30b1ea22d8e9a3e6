"""What people do with incidents. Each names the versions that its actor saw, of all it touches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from dispatch.incidents.state import Member

MOST_TEXT = 500
"""Characters of a reason or a title."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Command:
    actor: str
    """Who wants it; never empty."""
    at_us: int
    """Now, µs since 1970."""
    reason: str = ""
    """Why; needed for what undoes something."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Open(_Command):
    """Make a new incident, with alerts or with a title."""

    incident: str
    """Its id, new."""
    members: tuple[Member, ...] = ()
    place: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Add(_Command):
    """Take alerts into an incident."""

    incident: str
    seen: int
    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Remove(_Command):
    """Take alerts out of an incident; needs a reason."""

    incident: str
    seen: int
    alerts: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Merge(_Command):
    """Move all members of one incident into another, and close it; needs a reason."""

    into: str
    seen: int
    """Version of `into`."""
    other: str
    """Which is closed."""
    seen_other: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Split(_Command):
    """Move some members of an incident into a new one; needs a reason."""

    incident: str
    seen: int
    alerts: tuple[str, ...]
    """Some, but not all of it."""
    new: str
    """Id of the new incident."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetParent(_Command):
    """Make an incident a part of another one, or of none."""

    incident: str
    seen: int
    parent: str
    """Empty for none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Close(_Command):
    """End an incident; needs a reason."""

    incident: str
    seen: int
    at_work: tuple[str, ...] = ()
    """Ids of crews that are sent to it and not done yet."""


Command: TypeAlias = Open | Add | Remove | Merge | Split | SetParent | Close
