"""Passwords: which are good enough, and how one is kept.

Kept is argon2id with the parameters of RFC 9106 (64 MiB, three passes): a tenth of a second and
more for each guess. So at most two are computed at once, each in a thread beside the event loop.

Source:
    NIST SP 800-63B-4, 3.1.1.2: length and a list of what is commonly used, no rules on kinds of
    characters, NFKC. RFC 9106, 4: the second recommended parameters.
"""

from __future__ import annotations

import asyncio
import re
import unicodedata
from enum import StrEnum
from pathlib import Path
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

AT_LEAST: Final = 12
"""Characters."""

AT_MOST: Final = 128
"""Characters: more than anybody remembers, and no way to make the server hash megabytes."""

_AT_ONCE: Final = 2
"""Of 64 MiB each."""

_DIFFERENT: Final = 5
"""Characters that differ: below is a key held down."""

_PARTS: Final = frozenset(
    (Path(__file__).parent / "common_passwords.txt").read_text(encoding="utf-8").split()
)


class Weakness(StrEnum):
    """Why a password is not good enough; names a word."""

    SHORT = "people.weak.short"
    LONG = "people.weak.long"
    COMMON = "people.weak.common"
    NAME = "people.weak.name"


def weakness(password: str, name: str) -> Weakness | None:
    """Return why a password is not good enough for somebody; None where it is.

    >>> weakness("Password-2026!!", "ann"), weakness("ann-ann-ann-ann", "ann")
    (<Weakness.COMMON: 'people.weak.common'>, <Weakness.NAME: 'people.weak.name'>)
    >>> weakness("溱湖簖蟹八月初八开捕啦啦", "ann") is None
    True
    """
    if len(password) > AT_MOST:
        return Weakness.LONG
    kept = unicodedata.normalize("NFKC", password)
    if not AT_LEAST <= len(kept) <= AT_MOST:
        return Weakness.SHORT if len(kept) < AT_LEAST else Weakness.LONG
    plain = kept.casefold()
    whose = unicodedata.normalize("NFKC", name).strip().casefold()
    if len(whose) >= 2 and len(plain.replace(whose, "")) < AT_LEAST - 4:
        return Weakness.NAME
    if len(set(plain)) < _DIFFERENT or _is_common(plain):
        return Weakness.COMMON
    return None


def _is_common(plain: str) -> bool:
    """Return whether a password is nothing but common ones, years, digits and signs in a row.

    >>> _is_common("admin@123456"), _is_common("qwertyuiop123"), _is_common("qw9tyu!opd3f")
    (True, True, False)
    """
    texts = (plain, plain.translate(_LIKE_LETTERS))
    return any(all(_of_common_parts(one) for one in _words(text)) for text in texts)


def _words(text: str) -> list[str]:
    """Return what is between digits and signs; a few single letters are none."""
    found = re.split(r"[\W\d_]+", text)
    single = sum(len(one) == 1 for one in found)
    return [one for one in found if len(one) > 1 or (one and single > 3)]


_LIKE_LETTERS: Final = str.maketrans("@4301$57", "aaeoisst")


def _of_common_parts(word: str) -> bool:
    """Return whether a word can be cut into common ones."""
    reached = {0}
    for end in range(1, len(word) + 1):
        if any(word[begin:end] in _PARTS for begin in reached):
            reached.add(end)
    return len(word) in reached


class Passwords:
    """Hashes and checks; safe to call concurrently."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        """Take argon2's parameters; None are those of RFC 9106."""
        self._hasher = hasher or PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)
        self._at_once = asyncio.Semaphore(_AT_ONCE)
        self._nobodys: str | None = None

    async def hash(self, password: str) -> str:
        """Return a password as it is kept."""
        async with self._at_once:
            return await asyncio.to_thread(self._hasher.hash, _normal(password))

    async def matches(self, kept: str | None, password: str) -> bool:
        """Return whether a password is the one that is kept.

        Args:
            kept: from `hash`; None where there is none, which takes as long and is never right.
            password: as it was given.
        """
        if self._nobodys is None:  # whoever comes first waits for it, known or not
            self._nobodys = await self.hash("of nobody")
        async with self._at_once:
            is_right = await asyncio.to_thread(
                self._verify, kept or self._nobodys or "", _normal(password)
            )
        return is_right and kept is not None

    def is_outdated(self, kept: str) -> bool:
        """Return whether a hash was made with other parameters than these."""
        return self._hasher.check_needs_rehash(kept)

    def _verify(self, kept: str, password: str) -> bool:
        try:
            return self._hasher.verify(kept, password)
        except (VerificationError, InvalidHashError):
            return False


def _normal(password: str) -> str:
    # Whatever is longer is nobody's: it is not worth hashing.
    return unicodedata.normalize("NFKC", password[: AT_MOST + 1])
