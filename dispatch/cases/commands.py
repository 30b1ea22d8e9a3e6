"""What people say to a case: which command, of which version, with what."""

from __future__ import annotations

from typing import Final

import msgspec

from dispatch.cases.limits import Limit
from dispatch.cases.steps import CommandKind

FIELDS: Final = ("text", "department", "limit", "mark")
"""Fields of a command that some commands need and others have no use for."""


class Command(msgspec.Struct, frozen=True):
    """What somebody wants to do to a case as they saw it."""

    kind: CommandKind
    version: int
    """Of the case that they saw."""
    text: str = ""
    """Reason, or what was done."""
    department: str = ""
    """Id; to dispatch to another department than the category's."""
    limit: Limit | None = None
    """How much longer, of an extension."""
    mark: int | None = None
    """1 to 5, of an evaluation."""

    def gives(self, field: str) -> bool:
        """Return whether a field of `FIELDS` says something."""
        value = getattr(self, field)
        return bool(value.strip()) if isinstance(value, str) else value is not None
