"""Noto Sans SC for documents: of the wall's fonts, only the characters that a document has.

The wall keeps the font as five files for browsers, compressed (WOFF2) and cut by kinds of signs. A
document wants one font: its characters are cut out of each file and put together, 2 s for the first
Chinese character. The outlines stay as they are, and the font keeps its name.

Source:
    SIL Open Font License 1.1, 5: documents made with a font are not under its licence.
"""

from __future__ import annotations

import io
import logging
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from fontTools import merge, subset
from fontTools.ttLib import TTFont

PARTS: Final = ("latin", "chinese-simplified", "100", "107", "109")
"""Of the font, the first that has a character gives it."""

WEIGHTS: Final = ("400", "700")
"""Regular and bold."""

MISSING: Final = "〓"
"""下駄: stands where the font has no character, as printers do it."""

_ALWAYS: Final = f"{MISSING}0123456789 …/"

_UNUSED: Final = ("GSUB", "GPOS", "GDEF", "BASE", "STAT", "vhea", "vmtx", "gasp", "prep")
"""Tables for vertical text, ligatures and hinting only; fonts are hard to merge with them."""


class FontError(ValueError):
    """A font file is missing or is none."""


class Fonts:
    """The wall's font files."""

    def __init__(self, folder: Path) -> None:
        """Remember where they are.

        Args:
            folder: with `noto-sans-sc-{part}-{weight}-normal.woff2`.
        """
        self._folder = folder

    def known(self, texts: Iterable[str]) -> frozenset[str]:
        """Return the characters of some texts that the font has."""
        wanted = _characters(texts)
        found: set[str] = set()
        for part in PARTS:
            with self._open(part, WEIGHTS[0]) as font:
                found |= {one for one in wanted if ord(one) in font.getBestCmap()}
        return frozenset(found)

    def ttf(self, weight: str, texts: Iterable[str]) -> bytes:
        """Return a TrueType font that has all characters of some texts that there are.

        Args:
            weight: one of `WEIGHTS`.
            texts: control characters in them count for nothing.

        Raises:
            FontError: a file is missing or is no font.
        """
        left = {ord(one) for one in _characters(texts)}
        parts = []
        for part in PARTS:
            with self._open(part, weight) as font:
                here = left & set(font.getBestCmap())
                if here:
                    parts.append(_cut(font, here))
                    left -= here
        logging.getLogger("fontTools").setLevel(logging.ERROR)
        whole = merge.Merger().merge(parts)
        # Else the time of this moment is in the file, and no two documents are the same.
        whole.recalcTimestamp = False
        whole["head"].created = whole["head"].modified = 0
        return _bytes(whole).getvalue()

    def _open(self, part: str, weight: str) -> TTFont:
        file = self._folder / f"noto-sans-sc-{part}-{weight}-normal.woff2"
        try:
            return TTFont(file, lazy=True)
        except Exception as error:
            raise FontError(
                f"{file}: {error}; the fonts of documents are those of the wall"
            ) from error


def shown(text: str, known: frozenset[str]) -> str:
    """Return a text as the font can show it: what it has not is `MISSING`, tabs are spaces.

    >>> shown("a龘", frozenset("a"))
    'a〓'
    """
    return "".join(
        one if one in known or one == "\n" else " " if one == "\t" else MISSING
        for one in text
        if one == "\t" or one == "\n" or one.isprintable()
    )


def _characters(texts: Iterable[str]) -> set[str]:
    return {one for text in (*texts, _ALWAYS) for one in text if one.isprintable()}


def _cut(font: TTFont, characters: set[int]) -> io.BytesIO:
    """Return a font with some of its characters."""
    options = subset.Options()
    options.layout_features = []
    options.drop_tables += list(_UNUSED)
    options.hinting = False
    options.notdef_outline = True
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=characters)
    cutter.subset(font)
    font.flavor = None
    return _bytes(font)


def _bytes(font: Any) -> io.BytesIO:  # noqa: ANN401 # fontTools has no types
    out = io.BytesIO()
    font.save(out, reorderTables=None)
    out.seek(0)
    return out
