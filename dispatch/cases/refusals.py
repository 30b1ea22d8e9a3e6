"""Why something was not done to a case: a code and facts, so that the reader's language can differ.

A refusal says what is wrong (`code`), where (`field`) and what would be right (`facts`). Nothing
was done, not half of it either.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import TypeAlias

import msgspec

Fact: TypeAlias = str | int | float | Sequence[str] | Sequence[Mapping[str, object]] | None


class RefusalCode(StrEnum):
    """What is wrong."""

    UNKNOWN_CASE = "unknown_case"
    """There is no such case: `case`."""
    STALE_VERSION = "stale_version"
    """Somebody was first: `seen`, `version`, `by`, `role`, `done`, `at_us`."""
    WRONG_ROLE = "wrong_role"
    """`role` does not do that; `right` are those that do."""
    OTHER_DEPARTMENT = "other_department"
    """The case is another department's: `department`; `right` is whose it is."""
    WRONG_STAGE = "wrong_stage"
    """The case is at `stage`; it can be done at `right`."""
    ENDED = "ended"
    """The case has ended with `outcome`, at `at_us`."""
    NOT_CLOSED = "not_closed"
    """Only a closed case can be marked; `outcome` is how it ended, or None."""
    SUSPENDED = "suspended"
    """The case is suspended (挂账); `right` are the commands that can be given."""
    NOT_SUSPENDED = "not_suspended"
    """The case is not suspended."""
    EXTENSION_ASKED = "extension_asked"
    """Somebody asked for more time already: `limit`."""
    NO_EXTENSION_ASKED = "no_extension_asked"
    """Nobody asked for more time."""
    OTHER_TIME = "other_time"
    """`unit` is not of the time in which the clock runs; `right` are those that are."""
    MISSING = "missing"
    """A field is empty that is needed."""
    UNUSED = "unused"
    """A field was given that this command has no use for; `right` are those it has."""
    TOO_LONG = "too_long"
    """A text has `length` characters; `most` is right."""
    UNKNOWN_WORD = "unknown_word"
    """`word` is not known; `near` is the nearest of those that are, or None; `right` are they."""
    OUT_OF_RANGE = "out_of_range"
    """`value` is not within `least` and `most`."""
    DUPLICATE = "duplicate"
    """Likely reported already: `originals`, each with `case`, `number`, `distance_m`."""


class Refusal(msgspec.Struct, frozen=True):
    """Why nothing was done."""

    code: RefusalCode
    field: str = ""
    """Where: the field of the command or report; empty where it is the command itself."""
    facts: Mapping[str, Fact] = {}
    """As the code says."""
