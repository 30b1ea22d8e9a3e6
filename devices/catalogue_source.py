"""Where programs ask, while they run, whether the city has changed; `ioc` hands one in."""

from __future__ import annotations

from typing import Protocol

from devices.catalogue import Catalogue


class SourceError(RuntimeError):
    """The source cannot be asked now; ask again."""


class CatalogueSource(Protocol):
    """Knows the catalogue in force. For one caller at a time."""

    async def newer(self, digest: str) -> Catalogue | None:
        """Return the catalogue in force, or None if it is the one with this digest.

        Raises:
            SourceError: it cannot be asked now.
        """
        ...
