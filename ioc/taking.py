"""When a city's files become a version in the database, and when they must not.

Files become the first version, and another one each time they changed since they last were. Where
both were changed since they were the same, nothing is done: nobody's work is overwritten.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

import psycopg
from psycopg.rows import TupleRow

from storage.versions import StaleError, Version, Versions

_Connection = psycopg.AsyncConnection[TupleRow]

Texts = Mapping[str, str]

ACTOR = "files"
"""Who makes a version that a start takes from files."""


class DivergedError(ValueError):
    """Files and database were both changed since they were the same."""


class Files(ABC):
    """One kind of a city's files, as they were read."""

    versions: ClassVar[Versions]

    def __init__(self, folder: Path, texts: Texts, digest: str) -> None:
        """Take the city's folder, the texts, and their digest as the versions have it."""
        self.folder = folder
        self.texts = texts
        self.digest = digest

    @abstractmethod
    def meant(self, before: Texts) -> Texts:
        """Return the texts that these files mean where some are in force."""

    @abstractmethod
    def differ(self, before: Texts, wanted: Texts) -> bool:
        """Return whether wanted texts mean something else than those in force."""

    @abstractmethod
    def check(self, before: Texts, wanted: Texts) -> None:
        """Return if wanted texts may follow others, none before the first.

        Raises:
            ValueError: they may not.
        """

    @abstractmethod
    async def put(
        self, connection: _Connection, expected: int, wanted: Texts, note: str
    ) -> Version:
        """Put texts into force as those of these files."""

    @abstractmethod
    def diverged(self, last: int, now: Version) -> str:
        """Say that both were changed since a version (0: never the same), and what to do."""

    async def are_newer(self, connection: _Connection) -> bool:
        """Return whether they changed since they last were in force."""
        last = await self.versions.last_from_files(connection)
        return last is None or last.files_sha256 != self.digest

    async def take(self, connection: _Connection) -> Version:
        """Bring them into force where they are newer; return the version in force.

        Raises:
            DivergedError: they changed, and so did the database, not by them; nothing was done.
            ValueError: they are wrong.
            psycopg.Error: the database refused.
        """
        while True:
            try:
                return await self._take(connection)
            except StaleError:
                continue  # another start took them at the same moment, or somebody changed it

    async def _take(self, connection: _Connection) -> Version:
        # In this order: what is in force is at least as new as what the files were compared with.
        are_newer = await self.are_newer(connection)
        now = await self.versions.current(connection)
        if now is None:
            self.check({}, self.texts)
            return await self.put(
                connection, 0, self.texts, f"first start, from {self.folder.name}"
            )
        if not are_newer:
            return now
        before = await self.versions.texts(connection, now.number)
        wanted = self.meant(before)
        if not self.differ(before, wanted):
            await self.versions.are_the_files(connection, now.number, self.digest)
            return now
        last = await self.versions.last_from_files(connection)
        if last is None or last.number != now.number:
            raise DivergedError(self.diverged(last.number if last else 0, now))
        self.check(before, wanted)
        return await self.put(connection, now.number, wanted, f"from {self.folder.name}")
