"""Why something was not done to a handover: a code and facts; the reader's language is another's.

A refusal says what is wrong (`code`), where (`field`) and what would be right (`facts`). Nothing
was done.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import TypeAlias

import msgspec

Fact: TypeAlias = str | int | Sequence[str] | None


class RefusalCode(StrEnum):
    """What is wrong."""

    UNKNOWN_HANDOVER = "unknown_handover"
    """There is no such handover: `handover`."""
    STALE_VERSION = "stale_version"
    """Somebody was first: `seen`, `version`, `by`, `done`, `at_us`."""
    SIGNED = "signed"
    """Both have signed, the last at `at_us`: `outgoing`, `incoming`. It never changes again."""
    HALF_SIGNED = "half_signed"
    """`by` has signed; what was signed is edited only once it is reopened."""
    NOT_SIGNED = "not_signed"
    """Nobody has signed: there is nothing to reopen, and nobody to take over from."""
    SIGNED_ALREADY = "signed_already"
    """`by` has signed for this `side` at `at_us`."""
    SAME_PERSON = "same_person"
    """`by` cannot take over from themselves."""
    UNACKNOWLEDGED_P1 = "unacknowledged_p1"
    """`alerts` of P1 that nobody acknowledged, ids; `count` are there in all."""
    NOT_BEGUN = "not_begun"
    """The shift begins at `from_us`; there is nothing to hand over."""
    TOO_EARLY = "too_early"
    """The shift ends at `until_us`; it is signed from `from_us` on."""
    OLD_DRAFT = "old_draft"
    """The facts are of `drafted_us`, `age_s` old; at most `most_s` is right. Draft it anew."""
    OTHER_SHIFT = "other_shift"
    """The facts are of `shift`, the handover of `right`."""
    MISSING = "missing"
    """A field is empty that is needed."""
    TOO_LONG = "too_long"
    """A text has `length` characters; `most` is right."""
    UNKNOWN_WORD = "unknown_word"
    """`word` is not known; `near` is the nearest of those that are, or None; `right` are they."""


class Refusal(msgspec.Struct, frozen=True):
    """Why nothing was done."""

    code: RefusalCode
    field: str = ""
    """Where: the field of the command; empty where it is the command itself."""
    facts: Mapping[str, Fact] = {}
    """As the code says."""
