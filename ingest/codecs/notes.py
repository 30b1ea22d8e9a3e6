"""Findings of one payload, a bounded number of them, in words that every database can hold."""

from __future__ import annotations

import re
from typing import Final

from ingest.codecs.decoded import Finding

_MOST: Final = 50
"""Findings of one payload; more are evidence of nothing new."""

_LONGEST: Final = 300
"""Characters of a detail."""

_LONGEST_NAME: Final = 128
"""Characters of a device's name."""

_SURROGATES: Final = re.compile("[\ud800-\udfff]")


class Notes:
    """Collects findings."""

    def __init__(self) -> None:
        """Begin with none."""
        self.findings: list[Finding] = []

    def add(self, code: str, device: str, detail: str) -> None:
        """Note a deviation; from the 51st on nothing."""
        if len(self.findings) < _MOST:
            self.findings.append(
                Finding(code, clean(device[:_LONGEST_NAME]), clean(detail[:_LONGEST]))
            )


def clean(text: str) -> str:
    r"""Return a text without NUL and lone surrogates, which PostgreSQL does not store.

    >>> clean("a\0\ud800")
    'a␀�'
    """
    if text.isascii() and "\0" not in text:
        return text
    return _SURROGATES.sub("\ufffd", text.replace("\0", "␀"))
