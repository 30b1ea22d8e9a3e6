"""What is in force of the city: as the database has it, or else its files."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import psycopg

from ioc.settings import Settings
from storage.versions import Version, Versions


@dataclass(frozen=True, slots=True)
class InForce:
    """The city's tables, or its rules, as they are in force."""

    what: str
    """`registry` or `rules`."""
    texts: dict[str, str]
    version: Version | None
    """None where they are the city's files: the database has none yet, or it is away."""
    why: str = ""
    """Why it is not asked; empty where it is, or where there is none yet."""

    def __str__(self) -> str:
        """Say which they are."""
        if self.version is not None:
            return f"{self.what} version {self.version.number}"
        return f"the city's files ({self.why or f'no {self.what} yet'})"


def ask(
    settings: Settings, what: str, versions: Versions, files: Callable[[], dict[str, str]]
) -> InForce:
    """Return texts in force: of the database, or of the city's files where it is away.

    Raises:
        ioc.city.CityError: the files are needed and missing.
    """

    async def run() -> InForce | None:
        async with await psycopg.AsyncConnection.connect(
            settings.database_url, autocommit=True, connect_timeout=3
        ) as connection:
            now = await versions.current(connection)
            if now is None:
                return None
            return InForce(what, await versions.texts(connection, now.number), now)

    try:
        found, why = asyncio.run(run()), ""
    except psycopg.errors.UndefinedTable:
        found, why = None, ""
    except (psycopg.Error, OSError):
        found, why = None, "the database is away"
    return found or InForce(what, files(), None, why)
