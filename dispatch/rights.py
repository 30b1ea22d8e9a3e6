"""Who may do what, where: the roles of people and screens, and the one question asked of them.

A role is a set of rights; a grant gives somebody a role, everywhere or within one department or one
town. Whatever no grant gives is denied.

Source:
    GB/T 22239-2019, 8.1.4.2 d): administrators get the least they need, and are separated from each
    other: who keeps the accounts handles no alert, and who reads the audit trail keeps no account.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol


class Right(StrEnum):
    """What can be allowed."""

    LOOK = "look"
    """See the wall: alerts, numbers, pictures."""
    HANDLE = "handle"
    """Acknowledge, comment, shelve, reset and judge alerts."""
    DISPATCH = "dispatch"
    """Send crews (指挥)."""
    SUPERVISE = "supervise"
    """File, verify and close cases (监督); apart from `DISPATCH`."""
    REPORT = "report"
    """Tell how a crew's own assignment stands."""
    ADMINISTER = "administer"
    """Keep the accounts."""
    AUDIT = "audit"
    """Read who did what."""


class Role(StrEnum):
    """What somebody is."""

    ANYBODY = "anybody"
    """Of a wall that lets everybody in: sees it."""
    DISPLAY = "display"
    """A screen with a display token: sees the wall, and can send nothing."""
    VIEWER = "viewer"
    DISPATCHER = "dispatcher"
    SUPERVISOR = "supervisor"
    ADMINISTRATOR = "administrator"
    AUDITOR = "auditor"
    CREW = "crew"


RIGHTS: Final[Mapping[Role, frozenset[Right]]] = {
    Role.ANYBODY: frozenset({Right.LOOK}),
    Role.DISPLAY: frozenset({Right.LOOK}),
    Role.VIEWER: frozenset({Right.LOOK}),
    Role.DISPATCHER: frozenset({Right.LOOK, Right.HANDLE, Right.DISPATCH}),
    Role.SUPERVISOR: frozenset({Right.LOOK, Right.HANDLE, Right.SUPERVISE}),
    Role.ADMINISTRATOR: frozenset({Right.LOOK, Right.ADMINISTER}),
    Role.AUDITOR: frozenset({Right.LOOK, Right.AUDIT}),
    Role.CREW: frozenset({Right.REPORT}),
}

ROLES_OF_PEOPLE: Final = tuple(one for one in Role if one not in (Role.ANYBODY, Role.DISPLAY))
"""What an account can be given."""


@dataclass(frozen=True, slots=True, order=True)
class Grant:
    """A role, and how far it reaches."""

    role: Role
    department: str | None = None
    """Id of the department that it is limited to; None: every one."""
    town: str | None = None
    """Id of the town that it is limited to; None: the whole district."""

    def reaches(self, department: str | None, town: str | None) -> bool:
        """Return whether it is valid there; None is what belongs to no single one."""
        return self.department in (None, department) and self.town in (None, town)


class Holder(Protocol):
    """Somebody with grants."""

    @property
    def grants(self) -> tuple[Grant, ...]:
        """All that was given."""


def may(
    who: Holder, right: Right, *, town: str | None = None, department: str | None = None
) -> bool:
    """Return whether somebody may do something to what belongs to a town and a department.

    Args:
        who: with their grants.
        right: what for.
        town: id of the town of what it is done to; None where it belongs to no single town, which
            only an unlimited grant reaches.
        department: likewise.

    >>> from types import SimpleNamespace
    >>> ann = SimpleNamespace(grants=(Grant(Role.DISPATCHER, town="qintong"),))
    >>> may(ann, Right.DISPATCH, town="qintong"), may(ann, Right.DISPATCH, town="baimi")
    (True, False)
    >>> may(ann, Right.DISPATCH)
    False
    """
    return any(right in RIGHTS[one.role] and one.reaches(department, town) for one in who.grants)


def may_somewhere(who: Holder, right: Right) -> bool:
    """Return whether somebody may do something at least in one place.

    Enough to open a page; each thing on it is asked about by `may`.
    """
    return any(right in RIGHTS[one.role] for one in who.grants)
