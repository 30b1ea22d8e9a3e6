"""Findings of one payload, counted so that a bad one cannot make thousands."""

from __future__ import annotations

from typing import Final

from ingest.codecs.decoded import Finding

MOST: Final = 50
"""Findings of one payload; one more says that there were more."""


class Notes:
    """Takes findings about one frame after the other."""

    def __init__(self) -> None:
        """Begin without any."""
        self.found: list[Finding] = []
        self.device = ""
        """Whose frame is being read."""

    def tell(self, code: str, detail: str) -> None:
        """Note a deviation of the present device."""
        if len(self.found) < MOST:
            self.found.append(Finding(code, self.device, detail))
        elif len(self.found) == MOST:
            self.found.append(
                Finding("findings-cut", self.device, f"more than {MOST}; correct these first")
            )
