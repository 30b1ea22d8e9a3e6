"""Texts in force, asked of the database by a program that runs: the registry, or the rules.

What the database last said is kept in the data folder. A program that starts while the database is
away goes on with that: the city's files may lack what was put into force since.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Mapping
from pathlib import Path

import psycopg
import structlog
from psycopg.rows import TupleRow

from devices import SourceError
from storage.versions import Versions

_WITHIN_S = 5.0
"""A database that does not answer by then is away."""

_log = structlog.get_logger()


class DatabaseTexts:
    """One kind of texts; keeps one connection."""

    def __init__(self, url: str, name: str, versions: Versions, copy: Path) -> None:
        """Prepare; the connection is made with the first question.

        Args:
            url: of the database.
            name: `registry` or `rules`.
            versions: of which the newest is in force.
            copy: file that keeps what the database last said.
        """
        self._url = url
        self._name = name
        self._versions = versions
        self._copy = copy
        self._connection: psycopg.AsyncConnection[TupleRow] | None = None

    async def newer(self, digest: str) -> dict[str, str] | None:
        """Return the texts in force, or None if they are those of this digest or there are none.

        Raises:
            SourceError: the database is away.
        """
        try:
            async with asyncio.timeout(_WITHIN_S):
                return await self._versions.newer(await self._connect(), digest)
        except psycopg.errors.UndefinedTable:
            return None  # the schema comes with the first start
        except (psycopg.Error, OSError) as error:  # TimeoutError is an OSError
            await self.close()
            raise SourceError(f"{self._name}: {str(error).strip() or repr(error)}") from error

    def keep(self, texts: Mapping[str, str]) -> None:
        """Keep what the database said; a disk that refuses is told, and no reason to stop."""
        new = self._copy.with_name(f"{self._copy.name}.{os.getpid()}")
        try:
            self._copy.parent.mkdir(parents=True, exist_ok=True)
            new.write_text(json.dumps(texts, ensure_ascii=False), encoding="utf-8")
            new.replace(self._copy)
        except OSError as error:
            _log.warning(f"{self._name} not kept", error=str(error))

    def kept(self) -> dict[str, str] | None:
        """Return what the database last said; None where that is not known."""
        try:
            found: dict[str, str] = json.loads(self._copy.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return found

    async def close(self) -> None:
        """End the connection."""
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()

    async def _connect(self) -> psycopg.AsyncConnection[TupleRow]:
        if self._connection is None:
            self._connection = await psycopg.AsyncConnection.connect(
                self._url, autocommit=True, connect_timeout=3,
                application_name=f"ioc {self._name}",
            )  # fmt: skip
        return self._connection
